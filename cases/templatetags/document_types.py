"""What a page asks about the type of a document."""

from django import template

from cases.documents import file_types
from cases.models import CaseDocument

register = template.Library()


@register.filter
def is_shown(document: CaseDocument) -> bool:
    """Tell whether browsers show it in a page."""
    return file_types.is_shown(document.content_type)


@register.filter
def is_image(document: CaseDocument) -> bool:
    """Tell whether it is a picture."""
    return document.content_type.startswith("image/")
