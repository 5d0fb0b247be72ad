"""How people get in: what allauth is told about this portal."""

import ipaddress
import smtplib
from typing import Any, ClassVar

import structlog
from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from cases import guesses, languages
from cases.addresses import for_mail_server
from cases.models import User

# In the session of somebody who has given the password and not yet the second factor.
SIGNING_IN = "signing_in"
WRONG_LOGIN = _("That user name or password is not right.")

logger = structlog.get_logger(__name__)


class PortalAccountAdapter(DefaultAccountAdapter):
    """Accounts are made by administrators."""

    error_messages: ClassVar[dict[str, Any]] = DefaultAccountAdapter.error_messages | {
        # The same for both ways to sign in: what was typed is not judged.
        "username_password_mismatch": WRONG_LOGIN,
        "email_password_mismatch": WRONG_LOGIN,
        "incorrect_password": _("That password is not right."),
        "enter_current_password": _("That is not your present password."),
        "incorrect_code": _("That code is not right, or it has been used."),
        "invalid_password_reset": _("This link is no longer good."),
        "rate_limited": _("That was too often. Wait a few minutes and try again."),
        "too_many_login_attempts": _(
            "Too many failed login attempts. Wait five minutes and try again, or choose a new password."
        ),
    }

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Counts the guess; ValidationError if there have been too many. allauth takes a right one back."""
        identifiers = [value for name, value in credentials.items() if name != "password"]
        self._login_failed_rl_usage = guesses.count(request, guesses.at_login(*identifiers))
        if self._login_failed_rl_usage is None:
            raise self.validation_error("too_many_login_attempts")

    def get_client_ip(self, request: HttpRequest) -> str:
        """The client's address, as far as BEHIND_PROXY reveals it. An IPv4 client of an IPv6 socket keeps its own:
        limits go by the network of an IPv6 address, which all of those share."""
        address = ipaddress.ip_address(super().get_client_ip(request))
        return str(getattr(address, "ipv4_mapped", None) or address)

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Keeps what the password was given for, while the second factor is still to come."""
        request.session[SIGNING_IN] = user.get_session_auth_hash()
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def login(self, request: HttpRequest, user: User) -> None:
        """Signs in. Sends back to the start where the credentials have ended since the password was given."""
        if not constant_time_compare(request.session.pop(SIGNING_IN, ""), user.get_session_auth_hash()):
            request.session.flush()
            messages.error(request, _("Your session has ended. Sign in to continue."))
            raise ImmediateHttpResponse(redirect("account_login"))
        super().login(request, user)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Sends a mail of allauth's. That the server cannot be reached is logged: the page must not tell by an error
        that the address is known."""
        try:
            super().send_mail(template_prefix, email, context)
        except (smtplib.SMTPException, OSError):
            logger.exception("account e-mail could not be sent", template=template_prefix)

    def send_invitation(self, person: User) -> bool:
        """Mails `person` the link that sets a password, as for one who forgot it. False where the server cannot be
        reached: whoever invites is told. Not to be called within a transaction."""
        token = default_token_generator.make_token(person)
        path = reverse("account_reset_password_from_key", args=[user_pk_to_url_str(person), token])
        context = {"person": person, "link": settings.PORTAL_URL + path}
        try:
            # Whoever invites somebody who has chosen none yet speaks the same language, or so one may hope.
            with translation.override(languages.chosen_by(person) or translation.get_language()):
                super().send_mail("account/email/invitation", person.email, context)
        except (smtplib.SMTPException, OSError):
            logger.exception("invitation could not be sent", person_id=person.pk)
            return False
        return True

    def render_mail(self, template_prefix: str, email: str, *args: Any, **kwargs: Any) -> Any:
        """Writes a mail of allauth's; its address by IDNA 2008."""
        return super().render_mail(template_prefix, for_mail_server(email), *args, **kwargs)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


def send_invitation(person: User) -> bool:
    """PortalAccountAdapter.send_invitation, for whoever has no adapter at hand."""
    return bool(get_adapter().send_invitation(person))
