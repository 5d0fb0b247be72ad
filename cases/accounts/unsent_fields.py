"""What was typed into a form, for a page that does not know the form."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import is_valid_path
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from cases.accounts import unsent_forms

LINES, LINE = "textarea", "text"
# What people type: its label, and how it is edited. Everything else is a choice, which is sent along in hidden fields.
TEXTS: Mapping[str, tuple[StrOrPromise, str]] = {
    "name": (_("Name"), LINE),
    "title": (_("Title"), LINE),
    "description": (_("Description"), LINES),
    "guidance": (_("Guidance"), LINES),
    "text": (_("Note"), LINES),
    "message": (_("Message"), LINES),
    "answer": (_("Answer"), LINES),
    "reason": (_("Reason"), LINES),
    "release_date": (_("Release date"), "date"),
    "release_time": (_("Release time"), "time"),
    "first_name": (_("First name"), LINE),
    "last_name": (_("Last name"), LINE),
    "email": (_("Email"), LINE),
}


@dataclass(frozen=True)
class Field:
    """A field of the form. Without a label it is hidden."""

    name: str
    value: str
    label: StrOrPromise = ""
    kind: str = "hidden"

    @property
    def is_text(self) -> bool:
        return self.kind in (LINES, LINE)


def fields_of(typed: Mapping[str, str]) -> list[Field]:
    """Return the fields with what was typed: first the visible ones in the order of TEXTS, then the others."""
    texts = [Field(name, typed[name], *about) for name, about in TEXTS.items() if name in typed]
    return texts + [Field(name, value) for name, value in typed.items() if name not in TEXTS]


def has_text(fields: list[Field]) -> bool:
    """Tell whether anything was typed that would be lost."""
    return any(field.is_text and field.value.strip() for field in fields)


def texts_in(request: HttpRequest) -> list[Field]:
    """Return what was typed into a form of the portal. Nothing for an address without a view: no form posts there."""
    # A middleware may have failed before the view was looked for.
    if request.method != "POST" or not (request.resolver_match or is_valid_path(request.path_info)):
        return []
    fields = fields_of(unsent_forms.typed(request.POST))
    return fields if has_text(fields) else []


def texts_left_in(request: HttpRequest) -> list[Field]:
    """Do the same as `texts_in` for an error page. Return nothing if the form cannot be read: that may be the error."""
    try:
        return texts_in(request)
    except Exception:  # noqa: BLE001  (the page is shown without it, and what it says may be what was typed)
        return []
