"""Settings and the kinds of their values: how an environment variable is read, and what is rejected."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

ON = {"true", "on", "ok", "y", "yes", "1"}
OFF = {"false", "off", "n", "no", "0", ""}

# A hundred years. More is a typo, and soon leaves the calendar: `now - timedelta(days=999999)` is an error.
MAX_DAYS = 36_500
DAY_SECONDS = 86_400
# The highest number of anything. It fits every column and every LIMIT.
MAX_NUMBER = 1_000_000


class Kind(Protocol):
    """A kind of setting. `values` describes the accepted values in docs/settings.md."""

    @property
    def values(self) -> str: ...

    def read(self, name: str, text: str) -> Any:
        """Return the value of `text`. ImproperlyConfigured, naming the variable `name`, if it has none."""
        ...


@dataclass(frozen=True)
class Text:
    """Any text. It is never repeated in an error, so it may be a secret."""

    values: str = "text"

    def read(self, name: str, text: str) -> str:
        return text


@dataclass(frozen=True)
class Words:
    """A list of words, separated by commas. Spaces around them don't count: no host would ever match " a.example"."""

    values: str = "comma-separated"

    def read(self, name: str, text: str) -> list[str]:
        return [word for part in text.split(",") if (word := part.strip())]


@dataclass(frozen=True)
class Flag:
    """On or off. A misspelled word is rejected, because treating it as "off" could leave a door open."""

    values: str = "`True`, `False`"

    def read(self, name: str, text: str) -> bool:
        word = text.strip().lower()
        if word not in ON | OFF:
            raise ImproperlyConfigured(f"{name} must be True or False, not {text!r}.")
        return word in ON


@dataclass(frozen=True)
class WholeNumber:
    """A whole number from `least` to `most`. Each has a limit, because an unlimited number would fail where it is
    used."""

    least: int = 0
    most: int = MAX_NUMBER

    @property
    def values(self) -> str:
        return f"whole number from {self.least} to {self.most}"

    def read(self, name: str, text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise ImproperlyConfigured(f"{name} must be a whole number, not {text!r}.") from None
        if value < self.least:
            raise ImproperlyConfigured(f"{name} must be at least {self.least}, not {value}.")
        if value > self.most:
            raise ImproperlyConfigured(f"{name} must be at most {self.most}, not {value}.")
        return value


@dataclass(frozen=True)
class Choice:
    """One of several words."""

    words: tuple[str, ...]

    @property
    def values(self) -> str:
        return ", ".join(f"`{word}`" for word in self.words)

    def read(self, name: str, text: str) -> str:
        if text not in self.words:
            raise ImproperlyConfigured(f"{name} must be one of {', '.join(self.words)}, not {text!r}.")
        return text


@dataclass(frozen=True)
class Zone:
    """The name of a time zone. Django accepts a folder or an empty name, and then fails at the first page."""

    values: str = "time zone (`Europe/Berlin`)"

    def read(self, name: str, text: str) -> str:
        try:
            return ZoneInfo(text).key
        except (ValueError, OSError, KeyError):
            raise ImproperlyConfigured(f"{name} must be a time zone such as Europe/Berlin, not {text!r}.") from None


@dataclass(frozen=True)
class TimeOfDay:
    """A wall clock time. Not read with Django's parse_time, which silently drops a UTC offset."""

    values: str = "`HH:MM`"

    def read(self, name: str, text: str) -> dt.time:
        try:
            value = dt.time.fromisoformat(text)
        except ValueError:
            value = None
        if value is None or value.tzinfo is not None:
            raise ImproperlyConfigured(f"{name} must be a time of day such as 09:30, not {text!r}.")
        return value


@dataclass(frozen=True)
class Hours:
    """A range within the day, as a pair of times, or None if empty."""

    values: str = "`HH:MM-HH:MM`"

    def read(self, name: str, text: str) -> tuple[dt.time, dt.time] | None:
        if not text.strip():
            return None
        first, hyphen, last = text.partition("-")
        try:
            span = TimeOfDay().read(name, first.strip()), TimeOfDay().read(name, last.strip())
        except ImproperlyConfigured:
            span = (dt.time.max, dt.time.min)
        if not hyphen or span[0] >= span[1]:
            raise ImproperlyConfigured(f"{name} must be a time range such as 08:00-20:00, not {text!r}.")
        return span


@dataclass(frozen=True)
class Holidays:
    """A country, or a country with one of its parts, whose public holidays the package `holidays` knows."""

    values: str = "country (`US`), or state or region (`US-TX`)"

    def read(self, name: str, text: str) -> str:
        if not text:
            return ""
        # Only if it is set, because the package takes a tenth of a second to import.
        from holidays.utils import list_supported_countries

        country, _hyphen, part = text.partition("-")
        known = list_supported_countries()
        if country not in known or (_hyphen and part not in known[country]):
            raise ImproperlyConfigured(
                f"{name} must be a country such as US, or a state or region such as US-TX, not {text!r}."
            )
        return text


@dataclass(frozen=True)
class Setting:
    """A setting: the environment variable, its default as it would be written there, and what it means.

    `told_default` replaces the default for readers if settings.py computes it. `choices` says in a sentence what some
    values mean. A setting `in_example` has a line in .env.example, which shows `example` or the default.
    """

    name: str
    default: str
    meaning: "_StrPromise | str"
    kind: Kind = Text()
    unit: "_StrPromise | None" = None
    told_default: str = ""
    choices: "dict[str, _StrPromise] | None" = None
    is_secret: bool = False
    is_required: bool = False
    in_example: bool = False
    example: str = ""

    @property
    def default_told(self) -> str:
        """The default as people read it."""
        return self.told_default or self.with_unit(self.default)

    def with_unit(self, text: str) -> str:
        """Return a value as people read it: "7 days"."""
        return str(self.unit % {"number": int(text)}) if self.unit else text


@dataclass(frozen=True)
class SettingGroup:
    """Settings under one heading. Settings that matter only to those who install the portal are not `on_page`."""

    key: str
    label: "_StrPromise | str"
    settings: list[Setting]
    on_page: bool = True
