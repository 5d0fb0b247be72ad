"""The languages of people: what somebody has chosen comes before what the browser asks for."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation


def chosen_by(person: object) -> str:
    """Return the language that `person` has chosen. Empty for none, also where the chosen one no longer exists."""
    code = getattr(person, "language", "")
    return code if code in dict(settings.LANGUAGES) else ""


def language_of(person: object) -> str:
    """Return the language of emails to `person`."""
    return chosen_by(person) or settings.LANGUAGE_CODE


class ReadersLanguageMiddleware:
    """Answers a person in the language of the profile. Others, and strangers, are left to Django's LocaleMiddleware,
    which reads the browser's wish and stands before this one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = chosen_by(request.user)
        if not language:
            return self.get_response(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
            return response
