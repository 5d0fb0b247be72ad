"""The Retry-After header."""

from typing import TypeVar

from django.http import HttpResponseBase

from cases.core.errors import CaseError

Response = TypeVar("Response", bound=HttpResponseBase)


def with_retry_after(response: Response, error: CaseError) -> Response:
    """Return `response`, the answer to `error`, with Retry-After where waiting helps."""
    if error.retry_after:
        response["Retry-After"] = str(error.retry_after)
    return response
