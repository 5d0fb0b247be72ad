"""How people get in: what allauth is told about this portal."""

import smtplib
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

logger = structlog.get_logger(__name__)


class PortalAccountAdapter(DefaultAccountAdapter):
    """Accounts are made by administrators."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Sends a mail of allauth's. That the server cannot be reached is logged: the page must not tell by an error
        that the address is known."""
        try:
            super().send_mail(template_prefix, email, context)
        except (smtplib.SMTPException, OSError):
            logger.exception("account e-mail could not be sent", template=template_prefix)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
