"""The type of a request that a view of the portal answers."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from cases.models import User


class PortalRequest(HttpRequest):
    """A request after the middleware: a person is signed in, and `htmx` says whether HTMX requests part of a page."""

    user: User
    htmx: HtmxDetails
