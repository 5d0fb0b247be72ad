"""The settings of portal.setting_registry with their present values, for administrators.

Secrets are left out: for an address, only the kind, host and port are shown.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from cases.core.clock import portal_now
from cases.core.wall_clock import time_text
from cases.lifecycle.closed_days import unknown_years
from portal.setting_registry import GROUPS, SETTINGS
from portal.setting_types import Setting, SettingGroup

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

PARTS = ("Django", "celery", "django-celery-beat", "flower", "django-allauth", "djangorestframework", "psycopg")


@dataclass(frozen=True)
class SettingNow:
    """A setting and its present value, written as in the environment."""

    setting: Setting
    value: str

    @property
    def default(self) -> str:
        """The default as people read it."""
        is_address = self.setting.is_secret and not self.setting.told_default
        return place_of(self.setting.default) if is_address else self.setting.default_told

    @property
    def is_changed(self) -> bool:
        """Whether the value differs from the default."""
        return self.value_told != self.default

    @property
    def value_told(self) -> str:
        """The value as people read it."""
        return self.setting.with_unit(self.value)

    @property
    def in_words(self) -> "_StrPromise | str":
        """What the value means. Empty if that is obvious."""
        if self.setting.name == "RELEASE_HOLIDAYS":
            return unknown_years(portal_now()) if self.value else ""
        return (self.setting.choices or {}).get(self.value, "")


def groups_now() -> list[tuple[SettingGroup, list[SettingNow]]]:
    """Return the groups of the settings page, each with the values of its settings."""
    shown = [group for group in GROUPS if group.on_page]
    return [(group, [SettingNow(setting, value_of(setting.name)) for setting in group.settings]) for group in shown]


def value_of(name: str) -> str:
    """Return the value of a setting as it would be written in the environment, without secrets.

    For a secret without a reader of its own, only the place is shown.
    """
    if read := READERS.get(name):
        return str(read())
    value = str(getattr(settings, name))
    return place_of(value) if SETTINGS[name].is_secret else value


def place_of(url: str) -> str:
    """Return kind, host and port of an address, or of several separated by ";", but never its credentials. Empty for no
    address. For one that cannot be read reliably return only the kind, because a password with a slash in it looks like
    a host.
    """
    return "; ".join(_place_of(part) for part in url.split(";")) if url else ""


def _place_of(url: str) -> str:
    kind, found, rest = url.partition("://")
    if not found:
        return "…"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    except ValueError:
        return f"{kind}://…"
    is_certain = "@" not in rest.removeprefix(parts.netloc) and rest.count("@") <= 1
    return f"{kind}://{host}{port}" if is_certain else f"{kind}://…"


def _mail_server() -> str:
    if not settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend"):
        return str(settings.EMAIL_BACKEND)
    kind = "smtp+tls" if settings.EMAIL_USE_TLS else "smtp+ssl" if settings.EMAIL_USE_SSL else "smtp"
    return f"{kind}://{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"


def _database() -> str:
    config = settings.DATABASES["default"]
    if connection.vendor == "sqlite":
        is_own = str(config["NAME"]).startswith(str(settings.VAR_DIR))
        return SETTINGS["DATABASE_URL"].told_default if is_own else "SQLite"
    port = f":{config['PORT']}" if config.get("PORT") else ""
    return f"{connection.vendor}://{config.get('HOST') or 'localhost'}{port}"


def _documents() -> str:
    bucket = settings.STORAGES["default"]["OPTIONS"].get("bucket_name")
    return f"s3://{bucket}" if bucket else SETTINGS["FILE_STORAGE_URL"].told_default


# Settings whose name or form in `settings` differs from that in the environment.
READERS: dict[str, Callable[[], object]] = {
    "RELEASE_TIME_OF_DAY": lambda: time_text(settings.RELEASE_TIME_OF_DAY),
    "NOTIFICATION_DIGEST_TIME": lambda: time_text(settings.NOTIFICATION_DIGEST_TIME),
    "RELEASE_REMINDER_TIME": lambda: time_text(settings.RELEASE_REMINDER_TIME),
    "RELEASE_MAIL_HOURS": lambda: "-".join(map(time_text, settings.RELEASE_MAIL_HOURS or ())),
    "RELEASE_ETA_WINDOW_DAYS": lambda: settings.RELEASE_ETA_WINDOW.days,
    "FILE_STORAGE_URL": _documents,
    "CLEANUP_SESSIONS_DAYS": lambda: settings.CLEANUP_SESSIONS.days,
    "CLEANUP_SECURITY_STATE_DAYS": lambda: settings.CLEANUP_SECURITY_STATE.days,
    "CLEANUP_FORM_TOKENS_DAYS": lambda: settings.CLEANUP_FORM_TOKENS.days,
    "CLEANUP_UNSENT_FORMS_DAYS": lambda: settings.CLEANUP_UNSENT_FORMS.days,
    "CLEANUP_NOTIFICATIONS_DAYS": lambda: settings.CLEANUP_NOTIFICATIONS.days,
    "PORTAL_URL": lambda: place_of(settings.PORTAL_URL),
    "DATABASE_URL": _database,
    "REDIS_URL": lambda: place_of(settings.CELERY_BROKER_URL),
    "EMAIL_URL": _mail_server,
}


def versions() -> list[tuple[str, str]]:
    """Return the portal's main components and their versions."""
    database = ".".join(str(number) for number in connection.get_database_version())
    installed = [(name, _version(name)) for name in PARTS]
    return [
        ("Python", sys.version.split()[0]),
        (connection.display_name, database),
        *((name, version) for name, version in installed if version),
    ]


def _version(distribution: str) -> str:
    """Return its version, or an empty string if it is not installed, because Flower may run elsewhere."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
