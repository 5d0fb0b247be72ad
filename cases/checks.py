"""System checks: report settings that would break the release promise at startup, not at midnight."""

from collections.abc import Sequence
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model

from cases.accounts.mfa_adapter import SecretUnreadable
from cases.lifecycle import stored_clock
from cases.models import PortalClock


@register
def visibility_timeout_exceeds_eta_window(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check that Redis does not deliver ETA tasks again while they wait: its visibility timeout must be longer."""
    visibility = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    window = settings.RELEASE_ETA_WINDOW.total_seconds()
    if visibility > window:
        return []
    return [
        Error(
            f"The broker's visibility_timeout ({visibility} s) is not longer than RELEASE_ETA_WINDOW_DAYS "
            f"({window:.0f} s).",
            hint="Raise RELEASE_VISIBILITY_TIMEOUT or lower RELEASE_ETA_WINDOW_DAYS.",
            id="cases.E001",
        )
    ]


@register(Tags.database)
def settings_name_the_stored_clock(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn if TIME_ZONE is not the portal's: this process refuses to release. Not an error, because `migrate` runs it
    too."""
    if not _has_table(databases, PortalClock):
        return []
    sentence = stored_clock.mismatch()
    return [checks.Warning(sentence, hint=f"See {stored_clock.REMEDY} --help.", id="cases.W001")] if sentence else []


@register(Tags.database)
def stored_secrets_fit_the_secret_key(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Try the secret of the latest second factor. A warning: if the key is lost, the portal must still start, so
    that administrators can remove the second factors."""
    if not _has_table(databases, Authenticator):
        return []
    latest = Authenticator.objects.filter(type=Authenticator.Type.TOTP).order_by("-pk").first()
    if latest is None or _is_readable(latest.data["secret"]):
        return []
    return [
        checks.Warning(
            "SECRET_KEY can't decrypt the secrets of authenticator apps. People who use one can't sign in.",
            hint="Add the previous key to SECRET_KEY_FALLBACKS, or turn off two-factor authentication under People.",
            id="cases.W002",
        )
    ]


@register(Tags.database)
def database_is_of_this_version(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Look for applied migrations without a file. Only a warning, because a version that is rolled back must start."""
    if not _has_table(databases, MigrationRecorder.Migration):
        return []
    loader = MigrationLoader(connection)
    unknown = [name for app, name in loader.applied_migrations.keys() - loader.disk_migrations if app == "cases"]
    if not unknown:
        return []
    return [
        checks.Warning(
            f"The database was created by another version of the portal. It has an unknown migration, {min(unknown)}.",
            hint="Use the version that created it, or an empty database (for SQLite: delete var/).",
            id="cases.W003",
        )
    ]


def _is_readable(secret: str) -> bool:
    try:
        decrypt(secret)
    except SecretUnreadable:
        return False
    return True


def _has_table(databases: Sequence[str] | None, model: type[Model]) -> bool:
    """Tell whether the check may ask the database, and the first migration has run."""
    return "default" in (databases or ()) and model._meta.db_table in connection.introspection.table_names()
