"""Read settings from the environment and from a `.env` file. The environment takes precedence."""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from portal.setting_registry import SETTINGS

UNSET = object()


class Environment:
    """Values of the settings in portal.setting_registry, by name."""

    def __init__(self, dotenv: Path) -> None:
        """Read the file that ENV_FILE names, else `dotenv`, if there is one.

        ImproperlyConfigured for a named file that is missing: all settings would silently be their defaults.
        """
        self._env = environ.Env()
        named = self("ENV_FILE")
        file = Path(named) if named else dotenv
        if named and (not file.exists() or file.is_dir()):
            raise ImproperlyConfigured(f"ENV_FILE must be the path of a file, not {named!r}.")
        if file.exists():
            self._env.read_env(file)

    def __call__(self, name: str, *, default: Any = UNSET) -> Any:
        """Return the value of a setting. Unset, it is `default`, if given, or what the registry says.

        ImproperlyConfigured for a value that cannot be read, and for a required setting that is unset or empty.
        KeyError for a name that the registry does not know.
        """
        setting = SETTINGS[name]
        text = self._env.str(name, default=UNSET)
        if setting.is_required and (text is UNSET or not text.strip()):
            raise ImproperlyConfigured(f"Set the {name} environment variable, or add it to .env.")
        if text is not UNSET:
            return setting.kind.read(name, text)
        return setting.kind.read(name, setting.default) if default is UNSET else default

    def at_least(self, name: str, least: int, *, of: str) -> int:
        """Return a whole number that must be `least`, the value of the setting `of`, or more.

        Unset, it is the default, but never below `least`.
        """
        value: int = self(name, default=max(least, int(SETTINGS[name].default)))
        if value < least:
            raise ImproperlyConfigured(f"{name} must be at least {least}, as {of} is, not {value}.")
        return value
