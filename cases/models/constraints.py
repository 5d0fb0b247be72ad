"""Constraints that several tables have."""

import datetime as dt

from django.db import models
from django.db.models import Q


def one_of(choices: type[models.TextChoices], *, field: str, name: str) -> models.CheckConstraint:
    """Constrain `field` to the values of its `choices`."""
    return models.CheckConstraint(name=name, condition=Q(**{f"{field}__in": choices.values}))


def within_calendar(name: str) -> Q:
    """Match rows whose moment in the field `name`, if they have one, can be told in every time zone."""
    first, last = dt.datetime(1900, 1, 1, tzinfo=dt.UTC), dt.datetime(9000, 1, 1, tzinfo=dt.UTC)
    return Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": first, f"{name}__lt": last})
