"""django-allauth account adapter."""

import ipaddress
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from cases.accounts import login_attempts
from cases.models import User

# In the session of a person who has given the password but not the second factor yet.
SIGNING_IN = "signing_in"
WRONG_LOGIN = _("Incorrect username or password.")


class PortalAccountAdapter(DefaultAccountAdapter):
    """Only administrators create accounts."""

    error_messages: ClassVar[dict[str, Any]] = DefaultAccountAdapter.error_messages | {
        # The same message for both ways to sign in: it does not say which part was wrong.
        "username_password_mismatch": WRONG_LOGIN,
        "email_password_mismatch": WRONG_LOGIN,
        "incorrect_password": _("Incorrect password."),
        "enter_current_password": _("Incorrect current password."),
        "incorrect_code": _("This code is incorrect or has already been used."),
        "invalid_password_reset": _("This link is no longer valid."),
        "rate_limited": _("Too many attempts. Wait a few minutes, then try again."),
        "too_many_login_attempts": _(
            "Too many failed sign-in attempts. Wait five minutes and try again, or reset your password."
        ),
    }

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the guess. ValidationError if there have been too many. allauth takes a right one back."""
        identifiers = [value for name, value in credentials.items() if name != "password"]
        self._login_failed_rl_usage = login_attempts.count(request, login_attempts.at_login(*identifiers))
        if self._login_failed_rl_usage is None:
            raise self.validation_error("too_many_login_attempts")

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Log that a password was wrong."""
        identifiers = [str(value) for name, value in credentials.items() if name != "password"]
        login_attempts.log_wrong(login_attempts.at_login(*identifiers))

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the client's address, as far as BEHIND_PROXY reveals it.

        An IPv4 client of an IPv6 socket keeps its own: limits go by the network of an IPv6 address, which all of those
        share.
        """
        address = ipaddress.ip_address(super().get_client_ip(request))
        return str(getattr(address, "ipv4_mapped", None) or address)

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Keep what the password was given for, while the second factor is still to come."""
        request.session[SIGNING_IN] = user.get_session_auth_hash()
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in. Send the person back to the start if the credentials have ended since the password was given."""
        if not constant_time_compare(request.session.pop(SIGNING_IN, ""), user.get_session_auth_hash()):
            request.session.flush()
            messages.error(request, _("Your session has ended. Sign in to continue."))
            raise ImmediateHttpResponse(redirect("account_login"))
        super().login(request, user)

    def is_safe_url(self, url: str) -> bool:
        """Tell whether `next` may lead there.

        False if it is not an address: Django rejects those, and allauth cannot read them.
        """
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Refuse. A page that talks to a mail server waits for it, and the response time would reveal which addresses
        are known."""
        raise ImproperlyConfigured(f"{template_prefix}: emails about accounts go through the outbox.")

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
