"""Constraints shared by several tables."""

import datetime as dt

from django.db import models
from django.db.models import Q

from cases.core.calendar_periods import AFTER_LAST_DATE, FIRST_DATE


def one_of(choices: type[models.TextChoices], *, field: str, name: str) -> models.CheckConstraint:
    """Constrain `field` to the values of its `choices`."""
    return models.CheckConstraint(name=name, condition=Q(**{f"{field}__in": choices.values}))


def within_calendar(name: str) -> Q:
    """Match rows whose moment in the field `name`, if any, can be expressed in every time zone."""
    first, end = (dt.datetime.combine(date, dt.time(), tzinfo=dt.UTC) for date in (FIRST_DATE, AFTER_LAST_DATE))
    return Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": first, f"{name}__lt": end})
