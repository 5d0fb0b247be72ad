"""Refusals of the domain as API answers."""

from typing import Any

from django.http import Http404
from rest_framework.response import Response
from rest_framework.views import exception_handler as default_handler

from cases.errors import CaseError
from cases.models import Case


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """A CaseError answers with its status and sentence, under the field that it is about."""
    if isinstance(error, CaseError):
        return Response({error.field: [error.message]} if error.field else {"detail": error.message}, error.status)
    if isinstance(error, Case.DoesNotExist):
        # It was visible a moment ago, and changed before the verb had its lock.
        error = Http404()
    return default_handler(error, context)
