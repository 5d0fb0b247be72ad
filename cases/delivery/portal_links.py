"""Full addresses of pages, at PORTAL_URL, for emails and other programs."""

from django.conf import settings
from django.urls import reverse

from cases.models import Case


def portal_url(name: str, *args: object) -> str:
    """Return the full address of the page `name`."""
    return str(settings.PORTAL_URL) + reverse(name, args=args)


def case_url(case: Case) -> str:
    """Return the full address of the page of `case`."""
    return portal_url("case_detail", case.pk)
