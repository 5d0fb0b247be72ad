"""The portal's URLs, and some that end in what nobody wishes for: how the pages of errors are opened."""

from django.conf import settings
from django.core.exceptions import BadRequest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.module_loading import import_string

from portal.urls import handler500
from portal.urls import urlpatterns as portal_urls

__all__ = ["handler500", "urlpatterns"]


def bad_request(request: HttpRequest) -> HttpResponse:
    raise BadRequest


def without_token(request: HttpRequest) -> HttpResponse:
    answer: HttpResponse = import_string(settings.CSRF_FAILURE_VIEW)(request)
    return answer


def broken(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


def without_database(request: HttpRequest) -> HttpResponse:
    raise OperationalError


urlpatterns = [
    path("errors/400/", bad_request),
    path("errors/csrf/", without_token),
    path("errors/500/", broken),
    path("errors/503/", without_database),
    *portal_urls,
]
