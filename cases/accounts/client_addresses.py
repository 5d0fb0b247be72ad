"""The client's address in the log: the one that limits go by, which the client can't choose."""

from typing import Any

import structlog
from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django_structlog.signals import bind_extra_request_metadata


def bind_address(sender: Any, request: HttpRequest, **kwargs: Any) -> None:
    """Add the address to the lines of this request, with LOG_CLIENT_IP."""
    if settings.LOG_CLIENT_IP:
        structlog.contextvars.bind_contextvars(ip=_address_of(request))


def _address_of(request: HttpRequest) -> str:
    try:
        return str(get_adapter().get_client_ip(request))
    except PermissionDenied:  # a proxy sends none, or what is none
        return "unknown"


def connect() -> None:
    """Call `bind_address` for each request from now on."""
    bind_extra_request_metadata.connect(bind_address, dispatch_uid="bind_address")
