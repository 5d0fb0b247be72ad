"""Addresses of pages as they are sent by email or given to other programs: whole ones, at PORTAL_URL."""

from django.conf import settings
from django.urls import reverse

from cases.models import Case


def portal_url(name: str, *args: object) -> str:
    """Return the whole address of the page `name`."""
    return str(settings.PORTAL_URL) + reverse(name, args=args)


def case_url(case: Case) -> str:
    """Return the whole address of the page of `case`."""
    return portal_url("case_detail", case.pk)
