"""Constraints that several tables have."""

from django.db import models
from django.db.models import Q


def one_of(choices: type[models.TextChoices], *, field: str, name: str) -> models.CheckConstraint:
    """Constrain `field` to the values of its `choices`."""
    return models.CheckConstraint(name=name, condition=Q(**{f"{field}__in": choices.values}))
