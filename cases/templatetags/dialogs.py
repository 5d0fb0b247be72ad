"""The dialog of the portal's pages."""

from typing import Any

from django import template
from django.forms import BaseForm
from django.template import Context
from django.urls import reverse

register = template.Library()


@register.simple_block_tag(takes_context=True)
def dialog(
    context: Context,
    content: str,
    key: str,
    *,
    heading: str,
    button: str,
    action: str = "",
    pk: int | None = None,
    form: BaseForm | None = None,
    danger: bool = False,
    foot: str = "",
) -> str:
    """Draw a dialog around `content`: a form that posts to the URL named `action` of the object `pk`.

    A button with `data-opens="dialog-<key>"` opens it. The one whose key is the context's `open` opens with the page.
    Without an `action` a script gives the form its address. A `form` in which people write adds its token.
    `foot` is a template whose text stays in sight above the buttons.
    """
    slots: dict[str, Any] = {
        "content": content,
        "key": key,
        "heading": heading,
        "button": button,
        "address": reverse(action, args=[pk]) if action else "",
        "form": form,
        "danger": danger,
        "foot": foot,
    }
    # The same engine and context as an include, so that the page's own values can be read.
    shell = context.template.engine.get_template("cases/includes/dialog.html")  # type: ignore[union-attr]
    with context.push(**slots):
        return shell.render(context)
