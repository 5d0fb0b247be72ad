"""Names that people give to things of the portal."""

from django.utils.translation import gettext as _

from cases.core import limits
from cases.core.errors import CaseError
from cases.core.text import clean_line


def clean_name(name: str, longest: int = limits.NAME) -> str:
    """Return `name` as it is stored. CaseError about the form's `name` if nothing in it is visible or it is too
    long."""
    name = clean_line(name)
    if not name:
        raise CaseError(_("Enter a name."), field="name")
    limits.check_length(name, longest, field="name")
    return name
