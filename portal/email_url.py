"""EMAIL_URL: an SMTP server, or a provider that is reached through its API by django-anymail."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern

SMTP = "django.core.mail.backends.smtp.EmailBackend"
# What each provider requires, in the order of user, password and host in the URL.
PROVIDERS = {
    "brevo": ("API_KEY", "", ""),
    "mailgun": ("API_KEY", "", "SENDER_DOMAIN"),
    "mailjet": ("API_KEY", "SECRET_KEY", ""),
    "postmark": ("SERVER_TOKEN", "", ""),
    "resend": ("API_KEY", "", ""),
    "sendgrid": ("API_KEY", "", ""),
    "sparkpost": ("API_KEY", "", ""),
}
# What proves that an event comes from the provider: user and password of its requests, or the key of its signature.
# Other parameters of that kind don't count, because django-anymail would not check them.
WEBHOOK_SECRETS = {"WEBHOOK_SECRET", "MAILGUN_WEBHOOK_SIGNING_KEY", "SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY"}


def provider_in(url: str) -> str:
    """Return the provider that `url` names, such as `mailgun`. Empty for an SMTP server."""
    scheme = urlsplit(url).scheme
    return scheme if scheme in PROVIDERS else ""


def email_settings(url: str) -> dict[str, Any]:
    """Return Django's email settings for `url`. ImproperlyConfigured if a provider's key is missing.

    `mailgun://KEY@mg.example.com?webhook_secret=user:password` sends through Mailgun. Further parameters are settings
    of django-anymail, for all providers (`webhook_secret`) or for this one (`webhook_signing_key`).
    """
    provider = provider_in(url)
    if not provider:
        return _server_settings(url)
    parts = urlsplit(url)
    given = (unquote(parts.username or ""), unquote(parts.password or ""), parts.hostname or "")
    anymail: dict[str, Any] = {"IGNORE_UNSUPPORTED_FEATURES": True}
    for name, value in zip(PROVIDERS[provider], given, strict=True):
        if name and not value:
            raise ImproperlyConfigured(f"EMAIL_URL: {provider} needs its {name}.")
        if name:
            anymail[f"{provider.upper()}_{name}"] = value
    for name, value in parse_qsl(parts.query):
        anymail["WEBHOOK_SECRET" if name == "webhook_secret" else f"{provider.upper()}_{name.upper()}"] = value
    return {"EMAIL_BACKEND": f"anymail.backends.{provider}.EmailBackend", "ANYMAIL": anymail}


def _server_settings(url: str) -> dict[str, Any]:
    try:
        found = dict(environ.Env.email_url_config(url))
    except (ImproperlyConfigured, ValueError):
        found = {}
    if not found or (found["EMAIL_BACKEND"] == SMTP and not _names_a_server(found)):
        # The error does not repeat the URL, which may hold a password.
        raise ImproperlyConfigured(
            f"EMAIL_URL must begin with smtp://, smtp+tls://, smtp+ssl:// or a provider ({', '.join(PROVIDERS)}), "
            "name a server, and a port must be a number. User and password must be ASCII."
        )
    return found


def _names_a_server(found: dict[str, Any]) -> bool:
    """Tell whether smtplib can reach and greet it. Without a host, it would use this machine as the server."""
    host, words = found["EMAIL_HOST"] or "", (found["EMAIL_HOST_USER"] or "", found["EMAIL_HOST_PASSWORD"] or "")
    has_labels = all(label for label in host.removesuffix(".").split("."))
    return bool(host) and has_labels and all(word.isascii() for word in words)


def has_webhook(settings: dict[str, Any]) -> bool:
    """Tell whether the provider's events can be distinguished from forged ones because it shares a secret with the
    portal."""
    return bool(WEBHOOK_SECRETS & {name for name, value in settings.get("ANYMAIL", {}).items() if value})


def tracking_urls(provider: str) -> list[URLPattern]:
    """Return the path of the webhook of `provider`. Others have none, because nothing would prove their events."""
    from anymail.urls import urlpatterns

    return [each for each in urlpatterns if each.name == f"{provider}_tracking_webhook"]
