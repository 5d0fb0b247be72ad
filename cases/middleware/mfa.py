"""Two-factor authentication for administrators: if the portal requires it, nothing else is accessible before."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from cases.accounts.mfa_adapter import SecretUnreadable
from cases.models import User

SET_IT_UP_FIRST = _("Set up two-factor authentication first.")

# What a person needs to set it up or to leave, and what does not depend on who asks. Everything else is closed,
# including the portal's admin and any URL added later.
OPEN = {
    "account_logout",
    "account_reauthenticate",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "condition_by_link",
    "health_live",
    "health_ready",
    "metrics",
    "mfa_activate_totp",
    "mfa_index",
    "mfa_reauthenticate",
    "unsubscribe",
}


class MfaMissing(PermissionDenied):
    """A form arrived from a person who must set it up first (portal.errors keeps what they typed)."""


def is_missing(user: object) -> bool:
    """Tell whether `user` must set up an authenticator app first. No query if the portal does not require it."""
    if not settings.REQUIRE_STAFF_MFA or not isinstance(user, User):
        return False
    if not user.is_administrator and not user.is_staff:
        return False
    return not is_mfa_enabled(user, [Authenticator.Type.TOTP])


class RequireMfaMiddleware:
    """Redirects an administrator without an authenticator app to the page that sets it up. API calls with such a
    person's session get a 403."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        if not is_missing(request.user):
            return None
        request.mfa_is_missing = True  # type: ignore[attr-defined]  # the page says why it is shown
        match = request.resolver_match
        if match is not None and match.view_name in OPEN:
            return None
        if match is not None and match.route.startswith("api/"):
            return JsonResponse({"detail": str(SET_IT_UP_FIRST)}, status=403)
        if request.method == "POST":
            raise MfaMissing
        return redirect("mfa_activate_totp")


class SecretUnreadableMiddleware:
    """Responds with a page that says what to do if a stored secret cannot be decrypted. Forms say it themselves."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, SecretUnreadable):
            return None
        return render(request, "mfa/secret_unreadable.html", {"sentence": str(exception)}, status=503)
