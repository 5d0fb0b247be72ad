"""The portal's URLs, and some that end in an error, which is how error pages are opened."""

from allauth.core.ratelimit import respond_429
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
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


@login_not_required
def without_token(request: HttpRequest) -> HttpResponse:
    answer: HttpResponse = import_string(settings.CSRF_FAILURE_VIEW)(request)
    return answer


@login_not_required
def too_often(request: HttpRequest) -> HttpResponse:
    answer: HttpResponse = respond_429(request)
    return answer


def broken(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


def without_database(request: HttpRequest) -> HttpResponse:
    raise OperationalError


urlpatterns = [
    path("errors/400/", bad_request),
    path("errors/csrf/", without_token),
    path("errors/429/", too_often),
    path("errors/500/", broken),
    path("errors/503/", without_database),
    *portal_urls,
]
