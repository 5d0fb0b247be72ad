"""What list filters have in common: they read an address, name the active filters, and write such addresses."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.forms.renderers import BaseRenderer
from django.forms.utils import flatatt
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.core import calendar_periods
from cases.forms.release import ReleaseDateInput

SELECTED = SafeString(" selected")


@dataclass(frozen=True)
class Chip:
    """An active filter in words, and the query without it."""

    text: str
    without: str


class DayField(forms.DateField):
    """A day within the calendar's years, or none. Outside them, a day has no moments in some time zones."""

    default_error_messages: ClassVar = {"invalid": _("Enter a date.")}

    def __init__(self, *, attrs: dict[str, Any] | None = None, **options: Any) -> None:
        validators = [
            MinValueValidator(calendar_periods.FIRST_DATE, _("Enter a date.")),
            MaxValueValidator(calendar_periods.LAST_DATE, _("Enter a date.")),
        ]
        super().__init__(required=False, widget=ReleaseDateInput(**(attrs or {})), validators=validators, **options)


class ShortSelect(forms.Select):
    """A select without groups and templates.

    Django's own renders two templates for each option, and the dozens of options in the case filter took a tenth of the
    time of its list.
    """

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: BaseRenderer | None = None
    ) -> SafeString:
        """Return the select as HTML."""
        chosen = self.format_value(value)
        options = format_html_join(
            "",
            '\n<option value="{}"{}>{}</option>',
            ((key, SELECTED if str(key) in chosen else "", label) for key, label in self.choices),
        )
        attributes = flatatt(self.build_attrs(self.attrs, attrs))
        return format_html('<select name="{}"{}>{}\n</select>', name, attributes, options)


class FilterForm(forms.Form):
    """The filters of one list. `query` is its address, and `without_chip` are the fields that are elsewhere on the
    page."""

    without_chip: ClassVar[tuple[str, ...]] = ()
    day_format: ClassVar[str] = "DAY_FORMAT"
    query: QueryDict

    def chips(self) -> list[Chip]:
        """Return the active filters, each with the query without it."""
        on = [field for field in self if field.name not in self.without_chip and self.query.get(field.name)]
        return [Chip(self._in_words(field), self.query_with(**{field.name: ""})) for field in on]

    def query_with(self, **changes: str) -> str:
        """Return the query of this list's first page with `changes`. An empty value takes its field out."""
        query = {name: str(self.query.get(name, "")) for name in self.fields} | changes
        return urlencode({key: value for key, value in query.items() if value})

    def _in_words(self, field: forms.BoundField) -> str:
        value = self.query[field.name]
        chosen = dict(getattr(field.field, "choices", [])).get(value, value)
        day = getattr(self, "cleaned_data", {}).get(field.name)
        shown = date_format(day, self.day_format) if isinstance(day, dt.date) else chosen
        return gettext("%(field)s: %(value)s") % {"field": field.label, "value": shown}
