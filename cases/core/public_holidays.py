"""Names of public holidays, from the package `holidays`."""

import datetime as dt
import functools
from collections.abc import Iterable, Mapping

import structlog
from django.utils.translation import get_language

logger = structlog.get_logger(__name__)

ENGLISH = "en"
# Calendars to keep, over all regions, years and languages.
CACHED_YEARS = 128


def holiday_name(date: dt.date, *, region: str) -> str:
    """Return what the public holiday on `date` is called in `region`, such as "US" or "US-TX". Empty for other days.

    The name is in the reader's language if the package has it, otherwise in English, otherwise as the region writes it.
    """
    if not region:
        return ""
    return holidays_of(region, date.year, get_language() or ENGLISH).get(date, "")


def holidays_between(first: dt.date, last: dt.date, *, region: str) -> list[tuple[dt.date, str]]:
    """Return the public holidays from `first` to `last` with their names, as `holiday_name` says them."""
    dates = (first + dt.timedelta(days=number) for number in range((last - first).days + 1))
    return [(date, name) for date in dates if (name := holiday_name(date, region=region))]


def years_without_data(region: str, years: Iterable[int]) -> list[int]:
    """Return those of `years` for which the package knows no holidays in `region`. They count as years without
    holidays."""
    return [year for year in years if region and not holidays_of(region, year, ENGLISH)]


@functools.lru_cache(maxsize=CACHED_YEARS)
def holidays_of(region: str, year: int, language: str) -> Mapping[dt.date, str]:
    """Return the public holidays of a year with their names, including the days on which they are observed."""
    # Only where a region is set: the package takes a tenth of a second to import.
    from holidays.utils import country_holidays

    country, _hyphen, part = region.partition("-")
    of_region = functools.partial(country_holidays, country, subdiv=part or None, expand=False)
    found = of_region(years=year, language=_best_of(of_region().supported_languages, language))
    if not found:
        _log_missing(region, year)
    return {date: ", ".join(found.get_list(date)) for date in found}


def _best_of(languages: Iterable[str], wanted: str) -> str:
    """Return one of `languages` ("es", "en_US"). Without one of them the package would ask the machine's locale."""
    known = sorted(languages)
    spoken = [name for begin in (wanted.partition("-")[0], ENGLISH) for name in known if name.split("_")[0] == begin]
    return next(iter(spoken), ENGLISH)


@functools.cache
def _log_missing(region: str, year: int) -> None:
    """Log once per process that a year counts as having no holidays."""
    logger.warning("no public holidays known", region=region, year=year)
