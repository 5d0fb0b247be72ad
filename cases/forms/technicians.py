"""Technicians to choose from, in forms and filters."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.lifecycle.deputies import away_until
from cases.models import Case, User
from cases.models.user import INVITED

BY_NAME = ("first_name", "last_name", "username")


def who_take_cases() -> QuerySet[User]:
    """Return the people who can be given a case, by name: those who have signed in before (User.takes_cases)."""
    return User.objects.filter(role=User.Role.TECHNICIAN, is_active=True).exclude(INVITED).order_by(*BY_NAME)


def colleagues_of(technician: User) -> QuerySet[User]:
    """Return the people who may take over the cases of `technician`."""
    return who_take_cases().exclude(pk=technician.pk)


def filter_choices(*, by: User) -> list[tuple[str, str]]:
    """Return key and name of every technician but `by`, those with a deactivated account last."""
    others = User.objects.filter(role=User.Role.TECHNICIAN).exclude(pk=by.pk)
    return [(str(each.pk), each.display_name) for each in others.order_by("-is_active", *BY_NAME)]


def others_with_cases(asked: Iterable[str], *, by: User) -> list[tuple[str, str]]:
    """Return the key and name of people `asked` for by key who are no longer technicians but still have cases assigned.

    At most one statement, and none if `asked` is empty.
    """
    keys = {key for key in asked if limits.is_key(key)}
    if not keys:
        return []
    theirs = Case.objects.visible_to(by).filter(assigned_to=OuterRef("pk"))
    people = {str(each.pk): each.display_name for each in User.objects.filter(Exists(theirs), pk__in=keys)}
    return [(key, name) for key, name in people.items() if key in keys]


def _away(person: User, until: dt.date) -> str:
    words = gettext("%(name)s (away until %(day)s)")
    return words % {"name": person.display_name, "day": date_format(until, "DAY_SHORT_FORMAT")}


class TechnicianFilterField(forms.ChoiceField):
    """Whose cases a list shows. It also accepts the keys in `accepted`, which are not offered."""

    accepted: frozenset[str] = frozenset()
    default_error_messages: ClassVar = {"invalid_choice": _("Technician not found.")}

    def valid_value(self, value: str) -> bool:
        return value in self.accepted or super().valid_value(value)


class TechnicianField(forms.ModelChoiceField[User]):
    """A technician, chosen by name. The form sets `queryset` to those who can be chosen."""

    default_error_messages: ClassVar = {"required": _("Choose a technician.")}

    def __init__(self, **options: Any) -> None:
        select = forms.Select(attrs={"class": "form-select"})
        super().__init__(queryset=User.objects.none(), widget=select, **options)
        # The last day of each technician who is away today. Read when the choices are shown.
        self._away: dict[int, dt.date] | None = None

    def label_from_instance(self, person: User) -> str:
        if self._away is None:
            self._away = away_until()
        until = self._away.get(person.pk)
        return _away(person, until) if until else person.display_name
