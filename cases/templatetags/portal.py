"""Small helpers of the templates."""

import datetime as dt

from django import forms, template
from django.forms import BoundField
from django.utils.safestring import SafeString

from cases import zones

register = template.Library()


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Whether the field is drawn as a checkbox."""
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def with_class(field: BoundField, css_class: str) -> SafeString:
    """The field's input with `css_class` and, where it has errors, marked and described by them."""
    own_class = str(field.field.widget.attrs.get("class") or css_class)
    attributes: dict[str, str | bool] = {"class": own_class}
    if field.errors:
        attributes |= {
            "class": f"{own_class} is-invalid",
            "aria-invalid": "true",
            "aria-describedby": f"{field.auto_id}_error",
        }
    elif field.help_text:
        attributes["aria-describedby"] = f"{field.auto_id}_helptext"
    return field.as_widget(attrs=attributes)


@register.filter
def portal_time(moment: dt.datetime | None, format_: str) -> str:
    """When something is or was released: `moment` by the portal's clock, whatever the reader's is. Nothing for None."""
    return zones.on_portal_clock(moment, format_) if moment else ""
