"""The list of people, filtered from the URL, and the forms with which administrators manage accounts."""

from typing import Any, cast

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.text_fields import LineField, ProseField
from cases.forms.seen_values import SeenValuesMixin
from cases.forms.single_values import SingleValuesForm
from cases.forms.technicians import TechnicianField, colleagues_of
from cases.models import User
from cases.models.user import INVITED
from cases.selectors import search

SELECT = {"class": "form-select"}
# Each is an index of the table.
ORDERS = {"user_name": ("username",), "newest": ("-date_joined", "-id")}
BY_NAME = ("last_name", "first_name", "username")


class PeopleFilter(django_filters.FilterSet):
    """`role`, `active` (yes, no, or invited), `q`, which is searched in names and addresses, and `sort`."""

    q = django_filters.CharFilter(
        method="search",
        label=_("Search"),
        max_length=limits.SEARCH,
        validators=[limits.validate_word_count],
        widget=forms.TextInput(attrs={"class": "form-control", "type": "search", "placeholder": _("Name or email")}),
    )
    role = django_filters.ChoiceFilter(
        label=_("Role"), empty_label=_("All roles"), choices=User.Role.choices, widget=forms.Select(attrs=SELECT)
    )
    active = django_filters.ChoiceFilter(
        method="with_access",
        label=_("Access"),
        empty_label=_("All accounts"),
        choices=[("yes", _("Active")), ("no", _("Deactivated")), ("invited", _("Invited"))],
        widget=forms.Select(attrs=SELECT),
    )
    sort = django_filters.ChoiceFilter(
        method="in_order",
        label=_("Sort by"),
        empty_label=_("By last name"),
        choices=[("user_name", _("By username")), ("newest", _("Newest first"))],
        widget=forms.Select(attrs=SELECT),
    )

    class Meta:
        model = User
        fields: list[str] = []

    def search(self, people: QuerySet[User], name: str, text: str) -> QuerySet[User]:
        return search.people_matching(people, text)

    def with_access(self, people: QuerySet[User], name: str, answer: str) -> QuerySet[User]:
        return people.filter(INVITED) if answer == "invited" else people.filter(is_active=answer == "yes")

    def in_order(self, people: QuerySet[User], name: str, key: str) -> QuerySet[User]:
        return people.order_by(*ORDERS[key])


class NamesForm(forms.ModelForm[User]):
    """A person's name and address."""

    email = forms.EmailField(
        label=_("Email address"), max_length=limits.EMAIL, error_messages={"required": _("Enter an email address.")}
    )
    first_name = LineField(label=_("First name"), required=False, max_length=limits.NAME)
    last_name = LineField(label=_("Last name"), required=False, max_length=limits.NAME)

    class Meta:
        model = User
        fields: tuple[str, ...] = ("email", "first_name", "last_name")


class InviteForm(NamesForm):
    """Invite a person with a role."""

    class Meta:
        model = User
        fields = ("email", "first_name", "last_name", "role")
        labels = {"role": _("Role")}
        error_messages = {"role": {"required": _("Choose a role.")}}
        widgets = {"role": forms.Select(attrs=SELECT)}


class CorrectForm(SeenValuesMixin, NamesForm):
    """A person's new name or address.

    Values that are sent as they were shown keep their current state. A person without an address, as another system may
    have created them, does not need one.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = bool(self.initial.get("email"))


class RoleForm(forms.Form):
    """A person's new role."""

    role = forms.ChoiceField(
        choices=User.Role.choices,
        label=_("Role"),
        widget=forms.Select(attrs=SELECT),
        error_messages={"required": _("Choose a role.")},
    )


class HandOverForm(SingleValuesForm):
    """The colleague who gets a technician's open cases, and an optional reason."""

    to = TechnicianField(label=_("Technician"), empty_label=_("Choose a technician"))
    reason = ProseField(required=False, max_length=limits.REASON)

    def __init__(self, *args: Any, technician: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(TechnicianField, self.fields["to"]).queryset = colleagues_of(technician)


class SecondFactorForm(forms.Form):
    """The reason for removing a person's second factor."""

    reason = ProseField(
        max_length=limits.REASON,
        error_messages={"required": _("Enter a reason. It will be saved in the account history.")},
    )
