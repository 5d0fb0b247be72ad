"""Domain errors as API responses."""

import math
from typing import Any, cast

from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, NotAuthenticated, NotFound, Throttled, UnsupportedMediaType
from rest_framework.response import Response
from rest_framework.views import exception_handler as default_handler

from cases.core.errors import CaseError
from cases.core.retry_after import with_retry_after
from cases.models import Case


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return a CaseError as a response with its status and message, under the field that it is about."""
    if isinstance(error, CaseError):
        said = {error.field: [error.message]} if error.field else {"detail": error.message}
        return with_retry_after(Response(said, error.status), error)
    if isinstance(error, Throttled):
        wait = math.ceil(cast(Any, error).wait)
        error.detail = ErrorDetail(_("Too many requests. Try again in %(seconds)s seconds.") % {"seconds": wait})
    if isinstance(error, NotAuthenticated):
        error.detail = ErrorDetail(_("Send a token: “Authorization: Token advp_…”."), error.default_code)
    if isinstance(error, UnsupportedMediaType):
        error.detail = ErrorDetail(_("Send the body as JSON, and say so in its Content-Type."), error.default_code)
    if isinstance(error, Http404 | Case.DoesNotExist):
        # Without Django's words, which name the model in English. A case that was visible a moment ago may have changed
        # before the verb had its lock.
        error = NotFound()
    return default_handler(error, context)
