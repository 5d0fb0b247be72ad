"""The views of the case list in the menu of every page."""

from django import template
from django.template import Context

from cases.selectors import saved_views
from cases.selectors.saved_views import ShownView

register = template.Library()


@register.simple_tag(takes_context=True)
def pinned_views(context: Context) -> list[ShownView]:
    """Return the views that the person has pinned. One statement, or none on a page that has read all their views."""
    if views := context.get("views_of_person"):
        return [view for view in views if view.is_pinned]
    return saved_views.pinned_views(context["user"])
