"""The bell in the header of every page."""

from typing import Any

from django import template
from django.template import Context

from cases.selectors import notifications

register = template.Library()


@register.inclusion_tag("cases/includes/bell.html", takes_context=True)
def bell(context: Context) -> dict[str, Any]:
    """Draw the bell with the number of unread notifications. One statement."""
    count = notifications.count_unread(context["user"])
    return {"count": count, "in_words": notifications.in_words(count), "path": context["request"].path}
