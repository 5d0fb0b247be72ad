"""Pages are for people who are signed in. What a person typed after their session ended is kept."""

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.accounts import unsent_forms
from cases.accounts.unsent_fields import fields_of, has_text
from cases.lifecycle import form_tokens
from cases.lifecycle.form_tokens import FormToken
from cases.middleware.parent_page import page_of
from cases.models import User

# What HTMX and scripts show instead of the response that they requested.
PART = "cases/includes/trouble.html"


class SignedInMiddleware(LoginRequiredMiddleware):
    """Requires people to sign in, and keeps what they typed until then. It also rejects a form from another person's
    page: in a browser that two people share, a page of the first may still be open."""

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: Any, view_kwargs: Any
    ) -> Any:
        refused = super().process_view(request, view_func, view_args, view_kwargs)
        if refused is not None or not is_form(request) or not request.user.is_authenticated:
            return refused
        token = token_of(request)
        if token is not None and token.user_id != request.user.pk:
            return other_person(request)
        if unsent_forms.FIELD in request.POST:
            request.sends_again = True  # type: ignore[attr-defined]
        return None

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = cast(HttpResponse, self.get_response(request))
        if getattr(request, "sends_again", False) and response.status_code < 400:
            unsent_forms.forget(cast(User, request.user))
        return response

    def handle_no_permission(  # type: ignore[override]  # Django's own only redirects
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponse:
        if is_form(request):
            return session_ended(request)
        return super().handle_no_permission(request, view_func)


def session_ended(request: HttpRequest) -> HttpResponse:
    """Respond to a form that came too late: nothing was done.

    Signing in leads back to what was typed, or else to the page of the button.
    """
    if wants_part(request):
        context = {"has_ended": True, "sign_in": _sign_in(page_of(request))}
        return render(request, PART, context, status=403)
    token, typed = token_of(request, max_age=settings.SESSION_COOKIE_AGE), unsent_forms.typed(request.POST)
    fields = fields_of(typed)
    if token is None or not has_text(fields):
        messages.info(request, _("Your session has ended. Nothing was changed."))
        return redirect_to_login(page_of(request))
    is_kept = unsent_forms.keep(user_id=token.user_id, path=request.get_full_path(), fields=typed)
    back = reverse("unsent_form") if is_kept else page_of(request)
    context = {"fields": fields, "is_kept": is_kept, "sign_in": _sign_in(back), "has_file": bool(request.FILES)}
    return render(request, "cases/session_ended.html", context, status=403)


def other_person(request: HttpRequest) -> HttpResponse:
    """Respond to a form from another person's page."""
    template = PART if wants_part(request) else "403_csrf.html"
    return render(request, template, {"is_of_another": True, "back": page_of(request)}, status=403)


def wants_part(request: HttpRequest) -> bool:
    """Tell whether HTMX requests part of a page."""
    return bool(request.htmx)  # type: ignore[attr-defined]  # of django_htmx's middleware


def is_form(request: HttpRequest) -> bool:
    """Tell whether a form of a page was sent, and not a request to the API."""
    return request.method == "POST" and not request.path.startswith("/api/")


def token_of(request: HttpRequest, max_age: int | None = None) -> FormToken | None:
    """Return the token of the form that was sent, if it has a valid one."""
    return form_tokens.read(form_tokens.sent_in(request), max_age=max_age)


def _sign_in(back: str) -> str:
    return reverse("account_login") + "?" + urlencode({"next": back})
