"""Markdown in pages."""

from django import template
from django.utils.safestring import SafeString

from cases.core import markdown

register = template.Library()


@register.filter(name="markdown")
def rendered(text: str) -> SafeString:
    """Return a person's Markdown as HTML. Nothing in it can be a script, an image or a link within the portal."""
    return markdown.render(text)
