"""Responds in the language that people have chosen."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from cases.core.languages import chosen_by


class ReadersLanguageMiddleware:
    """Use the language of the profile.

    Without one, keep the language that Django's LocaleMiddleware, which runs earlier, has read from the browser.
    """

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
