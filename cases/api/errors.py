"""Refusals of the domain as API answers."""

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler as default_handler

from cases.errors import CaseError


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """A CaseError answers with its status and sentence, under the field that it is about."""
    if isinstance(error, CaseError):
        return Response({error.field: [error.message]} if error.field else {"detail": error.message}, error.status)
    return default_handler(error, context)
