"""Technicians to choose from, in forms and filters."""

from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cases.models import User
from cases.models.user import INVITED

BY_NAME = ("first_name", "last_name", "username")


def active_technicians() -> QuerySet[User]:
    """Return who may be given a case, by name."""
    return User.objects.filter(role=User.Role.TECHNICIAN, is_active=True).order_by(*BY_NAME)


def colleagues_of(technician: User) -> QuerySet[User]:
    """Return who may take over the cases of `technician`: those who have signed in before."""
    return active_technicians().exclude(INVITED).exclude(pk=technician.pk)


def filter_choices(*, by: User) -> list[tuple[str, str]]:
    """Return key and name of every technician but `by`, those with a deactivated account last."""
    others = User.objects.filter(role=User.Role.TECHNICIAN).exclude(pk=by.pk)
    return [(str(each.pk), each.display_name) for each in others.order_by("-is_active", *BY_NAME)]


class TechnicianField(forms.ModelChoiceField[User]):
    """A technician, chosen by name. The form sets `queryset` to those who can be chosen."""

    default_error_messages: ClassVar = {"required": _("Choose a technician.")}

    def __init__(self, **options: Any) -> None:
        select = forms.Select(attrs={"class": "form-select"})
        super().__init__(queryset=User.objects.none(), widget=select, **options)

    def label_from_instance(self, person: User) -> str:
        return person.display_name
