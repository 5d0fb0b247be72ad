"""Technicians to choose from, in forms and filters."""

import datetime as dt
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.lifecycle.deputies import away_until
from cases.models import User
from cases.models.user import INVITED

BY_NAME = ("first_name", "last_name", "username")


def who_take_cases() -> QuerySet[User]:
    """Return who may be given a case, by name: those who have signed in before (User.takes_cases)."""
    return User.objects.filter(role=User.Role.TECHNICIAN, is_active=True).exclude(INVITED).order_by(*BY_NAME)


def colleagues_of(technician: User) -> QuerySet[User]:
    """Return who may take over the cases of `technician`."""
    return who_take_cases().exclude(pk=technician.pk)


def filter_choices(*, by: User) -> list[tuple[str, str]]:
    """Return key and name of every technician but `by`, those with a deactivated account last."""
    others = User.objects.filter(role=User.Role.TECHNICIAN).exclude(pk=by.pk)
    return [(str(each.pk), each.display_name) for each in others.order_by("-is_active", *BY_NAME)]


def _away(person: User, until: dt.date) -> str:
    words = gettext("%(name)s (away until %(day)s)")
    return words % {"name": person.display_name, "day": date_format(until, "DAY_SHORT_FORMAT")}


class TechnicianField(forms.ModelChoiceField[User]):
    """A technician, chosen by name. The form sets `queryset` to those who can be chosen."""

    default_error_messages: ClassVar = {"required": _("Choose a technician.")}

    def __init__(self, **options: Any) -> None:
        select = forms.Select(attrs={"class": "form-select"})
        super().__init__(queryset=User.objects.none(), widget=select, **options)
        # Who is away today, read when the choices are shown.
        self._away: dict[int, dt.date] | None = None

    def label_from_instance(self, person: User) -> str:
        if self._away is None:
            self._away = away_until()
        until = self._away.get(person.pk)
        return _away(person, until) if until else person.display_name
