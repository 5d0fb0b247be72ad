"""The header that says when to try again."""

from typing import TypeVar

from django.http import HttpResponseBase

from cases.core.errors import CaseError, QuotaReached

Response = TypeVar("Response", bound=HttpResponseBase)


def with_retry_after(response: Response, error: CaseError) -> Response:
    """`response`, which answers `error`, with Retry-After where it is one that time mends."""
    if isinstance(error, QuotaReached):
        response["Retry-After"] = str(error.retry_after)
    return response
