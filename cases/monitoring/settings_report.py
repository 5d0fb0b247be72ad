"""The settings that shape the portal, as administrators read them. docs/settings.md says the same of each; a test
compares the two.

Read-only, and without secrets: of an address only the kind, the host and the port are told.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

PARTS = ("Django", "celery", "django-celery-beat", "flower", "django-allauth", "djangorestframework", "psycopg")


@dataclass(frozen=True)
class Setting:
    """A setting: the environment variable, its default as text, what it means, and how to read what it is now.

    `words` says in a sentence what some values mean.
    """

    name: str
    default: str
    meaning: "_StrPromise"
    read: Callable[[], object]
    words: "dict[str, _StrPromise] | None" = None

    @property
    def value(self) -> str:
        """What it is now, written as in the environment."""
        return str(self.read())

    @property
    def is_changed(self) -> bool:
        """Whether it is another than the default."""
        return self.value != self.default

    @property
    def in_words(self) -> "_StrPromise | str":
        """What the present value means; empty where the value speaks for itself."""
        return (self.words or {}).get(self.value, "")


@dataclass(frozen=True)
class Group:
    """Settings under one heading."""

    key: str
    label: "_StrPromise"
    settings: list[Setting]


def place_of(url: str) -> str:
    """Kind, host and port of an address, or of several that are separated by ";"; never what opens it.

    Of one that cannot be read for certain the kind alone: a password with a slash in it looks like a host.
    """
    return "; ".join(_place_of(part) for part in url.split(";"))


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
        return "SQLite (var/)" if is_own else "SQLite"
    port = f":{config['PORT']}" if config.get("PORT") else ""
    return f"{connection.vendor}://{config.get('HOST') or 'localhost'}{port}"


def _documents() -> str:
    storage = settings.STORAGES["default"]
    if bucket := storage["OPTIONS"].get("bucket_name"):
        return f"s3://{bucket}"
    return "var/documents/"


RELEASE = [
    Setting(
        "TIME_ZONE",
        "UTC",
        _("The portal's zone: every schedule is wall clock there."),
        lambda: settings.TIME_ZONE,
    ),
    Setting(
        "RELEASE_TIME_OF_DAY",
        "00:00",
        _("When a schedule without a time is reached."),
        lambda: settings.RELEASE_TIME_OF_DAY.isoformat("minutes"),
    ),
    Setting(
        "RELEASE_MIN_DAYS",
        "7",
        _(
            "The nearest date that a technician may choose, in days from today; "
            "administrators may choose any future moment."
        ),
        lambda: settings.RELEASE_MIN_DAYS,
    ),
    Setting(
        "RELEASE_DEFAULT_DAYS",
        "7",
        _("The date that is proposed, and taken where none is given, in days from today."),
        lambda: settings.RELEASE_DEFAULT_DAYS,
    ),
    Setting(
        "RELEASE_MAX_DAYS",
        "365",
        _("The furthest date that a technician may choose, in days from today."),
        lambda: settings.RELEASE_MAX_DAYS,
    ),
    Setting(
        "RELEASE_MEMBER_VIEW",
        "hidden",
        _("What members see of a completed case before its release: hidden, in_progress or announced."),
        lambda: settings.RELEASE_MEMBER_VIEW,
        {
            "hidden": _("Members see nothing of it; it leaves their list when it is completed."),
            "in_progress": _("For members it goes on looking like a case in progress."),
            "announced": _("Members see its number, its title and the date of its release."),
        },
    ),
    Setting(
        "RELEASE_ETA_WINDOW_DAYS",
        "8",
        _("ETA tasks are published for releases that are at most so many days away; later ones a minute before."),
        lambda: settings.RELEASE_ETA_WINDOW.days,
    ),
    Setting(
        "RELEASE_ETA_PER_INSTANT",
        "4",
        _(
            "ETA tasks published for the same 50 milliseconds. The first one releases every case, "
            "the others share a large wave and stand in for a worker that dies."
        ),
        lambda: settings.RELEASE_ETA_PER_INSTANT,
    ),
    Setting(
        "RELEASE_BATCH_SIZE",
        "2000",
        _("So many cases are released in one transaction."),
        lambda: settings.RELEASE_BATCH_SIZE,
    ),
    Setting(
        "SWEEP_INTERVAL",
        "10",
        _("Whole seconds between two sweeps, which release whatever is due."),
        lambda: settings.SWEEP_INTERVAL,
    ),
]

DOCUMENTS = [
    Setting(
        "DOCUMENT_MAX_MB",
        "20",
        _("How large a document may be, in megabytes; uploads are cut off there."),
        lambda: settings.DOCUMENT_MAX_MB,
    ),
    Setting(
        "DOCUMENT_ORPHAN_DAYS",
        "7",
        _("Days after which a stored file that no document names is deleted."),
        lambda: settings.DOCUMENT_ORPHAN_DAYS,
    ),
    Setting(
        "FILE_STORAGE_URL",
        "var/documents/",
        _("Where documents are kept: in a folder, or in a bucket that speaks S3."),
        _documents,
    ),
]

CLEAN_UP = [
    Setting(
        "CLEANUP_SESSIONS_DAYS",
        "7",
        _("Days after which an expired session is deleted, with its address and browser."),
        lambda: settings.CLEANUP_SESSIONS.days,
    ),
    Setting(
        "CLEANUP_SECURITY_STATE_DAYS",
        "1",
        _("Days after which expired counts of guesses, lock-outs and used codes are deleted."),
        lambda: settings.CLEANUP_SECURITY_STATE.days,
    ),
    Setting(
        "CLEANUP_FORM_TOKENS_DAYS",
        "30",
        _("Days for which a form that was sent is remembered, so that it is not sent twice."),
        lambda: settings.CLEANUP_FORM_TOKENS.days,
    ),
    Setting(
        "CLEANUP_UNSENT_FORMS_DAYS",
        "1",
        _("Days for which text is kept for a person whose session ended before it was sent."),
        lambda: settings.CLEANUP_UNSENT_FORMS.days,
    ),
]

LIMITS = [
    Setting(
        "MAX_OPEN_DRAFTS",
        "100",
        _("How many drafts a member may have at a time."),
        lambda: settings.MAX_OPEN_DRAFTS,
    ),
    Setting(
        "MAX_SUBMISSIONS_PER_HOUR",
        "100",
        _("How many cases a member may submit in an hour."),
        lambda: settings.MAX_SUBMISSIONS_PER_HOUR,
    ),
    Setting(
        "MAX_NOTES_PER_HOUR",
        "300",
        _("How many internal notes a person may add in an hour."),
        lambda: settings.MAX_NOTES_PER_HOUR,
    ),
    Setting(
        "MAX_UPLOADS_PER_HOUR",
        "300",
        _("How many documents a person may attach in an hour."),
        lambda: settings.MAX_UPLOADS_PER_HOUR,
    ),
    Setting(
        "MAX_API_CALLS_PER_MINUTE",
        "600",
        _("How many API calls a person may make in a minute."),
        lambda: settings.MAX_API_CALLS_PER_MINUTE,
    ),
]

MACHINE = [
    Setting(
        "PORTAL_URL",
        "http://127.0.0.1:8000",
        _(
            "Where people reach the portal: links in e-mails; "
            "with https:// cookies are secure, http is redirected and HSTS is on."
        ),
        lambda: place_of(settings.PORTAL_URL),
    ),
    Setting(
        "REQUIRE_STAFF_MFA",
        "False",
        _(
            "Administrators, and whoever may enter the Django admin, reach nothing before they have set up "
            "an authenticator app."
        ),
        lambda: settings.REQUIRE_STAFF_MFA,
    ),
    Setting(
        "API_TOKEN_DAYS",
        "90",
        _("Days until an API token expires, where nothing else is chosen; 365 at most."),
        lambda: settings.API_TOKEN_DAYS,
    ),
    Setting(
        "API_TOKENS_PER_PERSON",
        "10",
        _("How many API tokens a person may have; 100 at most."),
        lambda: settings.API_TOKENS_PER_PERSON,
    ),
    Setting("DATABASE_URL", "SQLite (var/)", _("The database, which is the truth about every release."), _database),
    Setting(
        "REDIS_URL",
        "redis://127.0.0.1:6379",
        _("The broker, which carries wake-ups and holds no truth."),
        lambda: place_of(settings.CELERY_BROKER_URL),
    ),
    Setting("EMAIL_URL", "smtp://127.0.0.1:1025", _("The mail server that e-mails are handed to."), _mail_server),
    Setting(
        "EMAIL_TIMEOUT",
        "10",
        _("Seconds after which a mail server that does not answer is given up."),
        lambda: settings.EMAIL_TIMEOUT,
    ),
    Setting(
        "DEFAULT_FROM_EMAIL",
        "Advisor Portal <portal@localhost>",
        _("The sender of e-mails; its domain is the domain of Message-IDs."),
        lambda: settings.DEFAULT_FROM_EMAIL,
    ),
]

GROUPS = [
    Group("release", _("The release"), RELEASE),
    Group("documents", _("Documents"), DOCUMENTS),
    Group("clean-up", _("Clean-up"), CLEAN_UP),
    Group("limits", _("Limits for each person"), LIMITS),
    Group("machine", _("The machine"), MACHINE),
]


def versions() -> list[tuple[str, str]]:
    """The main parts of the portal and their versions."""
    database = ".".join(str(number) for number in connection.get_database_version())
    installed = [(name, _version(name)) for name in PARTS]
    return [
        ("Python", sys.version.split()[0]),
        (connection.display_name, database),
        *((name, version) for name, version in installed if version),
    ]


def _version(distribution: str) -> str:
    """Empty where it is not installed: Flower may run elsewhere."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
