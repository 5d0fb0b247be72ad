"""The bell in the header of every page."""

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from cases.selectors import notifications
from cases.templatetags.portal import icon

register = template.Library()

# Written here because every page has it, and a separate template takes twice as long.
BELL = (
    '<a class="header-button bell" id="bell" href="{address}"{current}>{icon}'
    '<span class="visually-hidden">{name}</span> <span class="bell-count" id="bell-count"{hidden}>{count}'
    '<span class="visually-hidden"> {unread}</span></span></a>'
)
CURRENT = SafeString(' aria-current="page"')
HIDDEN = SafeString(" hidden")


@register.simple_tag(takes_context=True)
def bell(context: Context) -> SafeString:
    """Draw the bell with the number of unread notifications. One statement."""
    count, address = notifications.count_unread(context["user"]), reverse("notifications")
    return format_html(
        BELL,
        address=address,
        current=CURRENT if context["request"].path == address else "",
        icon=icon("bell"),
        name=_("Notifications"),
        hidden="" if count else HIDDEN,
        count=notifications.in_words(count),
        unread=_("unread"),
    )
