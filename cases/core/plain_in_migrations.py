"""Fields that migrations see as Django's own, so that no migration imports code of the portal, which changes."""

from typing import Any

from django.db import models


class PlainInMigrations:
    """Mixin for a model field. Migrations see the Django field that it extends, and no function of the portal.

    Defaults, validators and paths are applied in Python. The database never sees them.
    """

    def deconstruct(self) -> Any:
        """Return the field for a migration, as `Field.deconstruct` does."""
        name, _path, args, kwargs = super().deconstruct()  # type: ignore[misc]
        plain = next(base for base in type(self).__mro__ if base.__module__.startswith("django."))
        kept = {key: value for key, value in kwargs.items() if not _is_ours(value)}
        return name, f"django.db.models.{plain.__name__}", args, kept


class CharField(PlainInMigrations, models.CharField[str, str]):
    """A CharField with a default or validators of the portal."""


class FileField(PlainInMigrations, models.FileField):
    """A FileField whose path a function of the portal chooses."""


def _is_ours(value: Any) -> bool:
    parts = value if isinstance(value, list) else [value]
    return any(callable(part) and part.__module__.startswith("cases.") for part in parts)
