"""Small helpers of the templates."""

import datetime as dt
import functools

from django import forms, template
from django.contrib.messages.storage.base import Message
from django.forms import BoundField
from django.template import Context
from django.templatetags.static import static
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from cases.core import browsers, reader_timezones, text
from cases.lifecycle import form_tokens
from cases.middleware import toasts
from cases.models import User
from cases.templatetags import navigation
from cases.templatetags.shown_errors import errors_shown

register = template.Library()

# How long a moment is shown by its age.
RECENT = dt.timedelta(days=7)

# States that look the same as another.
DRAWN_AS = {"announced": "scheduled", "changed": "new", "danger": "alert", "warning": "alert"}


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Tell whether the field is drawn as a checkbox."""
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def with_class(field: BoundField, css_class: str) -> SafeString:
    """Return the field's input with `css_class`, marked if it has errors.

    Django itself links it to its help and errors.
    """
    own_class = str(field.field.widget.attrs.get("class") or css_class)
    if not field.errors:
        return field.as_widget(attrs={"class": own_class})
    return field.as_widget(attrs={"class": f"{own_class} is-invalid", "autofocus": True})


@register.filter
def as_shown(field: BoundField) -> SafeString:
    """Return a hidden input with what the field showed before it was changed (cases.forms.seen_values)."""
    return field.as_hidden(only_initial=True)


@register.filter
def portal_time(moment: dt.datetime | None, format_: str) -> str:
    """Say when something is or was released: `moment` by the portal's clock, independent of the reader's."""
    return reader_timezones.on_portal_clock(moment, format_) if moment else ""


@register.filter
def readers_time(moment: dt.datetime, format_: str) -> str:
    """Say when something else happened, next to a release: `moment` by the reader's clock, with its zone if it
    differs."""
    return reader_timezones.on_readers_clock(moment, format_)


@register.filter
def ago(moment: dt.datetime) -> SafeString:
    """Say how long ago something happened within a week, then the date. The reader's exact time is in the title."""
    passed = timezone.now() - moment
    if passed < dt.timedelta(minutes=1):
        words = _("just now")
    elif passed < RECENT:
        words = _("%(age)s ago") % {"age": timesince(moment, moment + passed, depth=1)}
    else:
        words = formats.date_format(timezone.localtime(moment), "DAY_SHORT_FORMAT")
    exact = formats.date_format(timezone.localtime(moment), "MOMENT_SECONDS_FORMAT")
    at = moment.isoformat(timespec="seconds")
    # On paper the age is another tomorrow: the title takes its place.
    ages = '<time class="age" datetime="{}" title="{}"><span>{}</span></time>'
    return format_html(ages if passed < RECENT else '<time datetime="{}" title="{}">{}</time>', at, exact, words)


@register.simple_tag
@functools.cache  # a list has dozens, and finding the address takes longer than everything else
def icon(name: str) -> SafeString:
    """Draw a symbol from cases/icons.svg next to words that say the same, so screen readers skip it."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("cases/icons.svg"), name
    )


@register.simple_tag
def back_link(words: object, to: str, *arguments: object) -> SafeString:
    """Draw the link above a heading, back to the page of the view named `to` or at that address."""
    address = to if to.startswith("/") else reverse(to, args=arguments)
    return format_html(
        '<nav class="crumbs" aria-label="{}"><a href="{}">{}{}</a></nav>', _("Back"), address, icon("back"), words
    )


@register.simple_tag
def state(key: str, words: object, *, pill: bool = False) -> SafeString:
    """Draw a state as a shape and a word. A `pill` also has a background color and is for the heading of a page."""
    return _drawn_state(key, str(words), pill)


@functools.lru_cache(maxsize=1000)  # a list has dozens, of few states
def _drawn_state(key: str, words: str, pill: bool) -> SafeString:
    shape = icon(f"state-{DRAWN_AS.get(key, key)}")
    return format_html('<span class="{}state state-{}">{}{}</span>', "badge " if pill else "", key, shape, words)


@register.simple_tag(takes_context=True)
def error_prefix(context: Context) -> str:
    """Return the prefix for the title of a page with an error, because a title is read first."""
    return _("Error:") + " " if errors_shown(context.flatten()) else ""


@register.simple_tag(takes_context=True)
def form_token(context: Context, form: forms.BaseForm | None = None) -> SafeString:
    """Return the hidden field of a form in which people write or create something (cases.lifecycle.form_tokens). The
    content of a bound `form` is not saved yet, so scripts ask before a person leaves it."""
    user = context["request"].user
    if not isinstance(user, User):
        return SafeString("")
    unsaved = " data-unsaved" if getattr(form, "is_bound", False) else ""
    field = f'<input type="hidden" name="{{}}" value="{{}}" autocomplete="off"{unsaved}>'
    return format_html(field, form_tokens.FIELD, form_tokens.new(user))


@register.simple_tag(takes_context=True, name="navigation")
def links_of_navigation(context: Context) -> list[navigation.NavigationLink]:
    """Return the main navigation of the person who is logged in, on this page."""
    return navigation.links(context["user"], context["request"].path)


@register.simple_tag(takes_context=True, name="account_navigation")
def links_of_account(context: Context) -> list[navigation.NavigationLink]:
    """Return the pages of the account of the person who is logged in, on this page."""
    return navigation.account_links(context["user"], context["request"].path)


@register.filter
def bdi(words: object) -> str:
    """Return a person's words for a sentence of the portal, as HTML: they cannot turn the direction of what follows."""
    return text.isolated_html(str(words))


@register.filter
def isolate(words: object) -> str:
    """Return a person's words for a sentence where there are no tags: in emails, titles and attributes."""
    return text.isolated(str(words))


@register.filter
def breakable(address: str) -> SafeString:
    """Return an email address as HTML whose line may break after the "@"."""
    mailbox, at, domain = address.rpartition("@")
    return format_html("{}{}<wbr>{}", mailbox, at, domain)


@register.filter
def toast_level(message: Message) -> str:
    """Return how a message looks: success, info, warning or danger."""
    return toasts.level_of(message)


@register.filter
def toast_undo(message: Message) -> toasts.UndoButton | None:
    """Return what the button *Undo* beside a message does, where there is one."""
    return toasts.undo_of(message)


@register.filter
def browser_name(user_agent: str) -> str:
    """Return the names of a session's browser and device."""
    return browsers.name_of(user_agent)
