"""Public holidays of regions: observed days, languages, and years without data in the package."""

import datetime as dt

import pytest
import structlog
from django.utils import translation

from cases.core import public_holidays
from cases.core.public_holidays import holiday_name, holidays_between, years_without_data

DAYS = {
    "Thanksgiving": ("US-TX", "2026-11-26", "Thanksgiving Day"),
    "of the state alone": ("US-TX", "2026-03-02", "Texas Independence Day"),
    "not of the other states": ("US", "2026-03-02", ""),
    "two on one day": ("US-TX", "2026-01-19", "Confederate Memorial Day, Martin Luther King Jr. Day"),
    "on a Saturday": ("US-TX", "2026-07-04", "Independence Day"),
    "its substitute": ("US-TX", "2026-07-03", "Independence Day (observed)"),
    "the substitute in the year before": ("US-TX", "2027-12-31", "New Year's Day (observed)"),
    "on a Sunday, moved": ("GB-ENG", "2027-12-28", "Boxing Day (observed)"),
    "of Bavaria": ("DE-BY", "2026-01-06", "Epiphany"),
    "not of all Germany": ("DE", "2026-01-06", ""),
    "on a Sunday, without a substitute": ("DE-BY", "2026-11-01", "All Saints' Day"),
    "the day after it": ("DE-BY", "2026-11-02", ""),
    "a working day": ("US-TX", "2026-12-02", ""),
    "no region": ("", "2026-12-25", ""),
}


@pytest.mark.parametrize(("region", "date", "name"), DAYS.values(), ids=DAYS.keys())
def test_what_a_day_is_called(region, date, name):
    assert holiday_name(dt.date.fromisoformat(date), region=region) == name


@pytest.mark.parametrize(
    ("region", "language", "name"),
    [
        ("ES", "es", "Natividad del Señor"),
        ("ES", "en", "Christmas Day"),
        ("US-TX", "es", "Christmas Day"),
        ("DE-BY", "de-at", "Erster Weihnachtstag"),
        ("NZ", "es", "Christmas Day"),
    ],
    ids=["in Spanish", "in English", "English where there is no Spanish", "a language with a country", "only one"],
)
def test_names_are_in_the_readers_language_or_in_english(region, language, name, monkeypatch):
    monkeypatch.setenv("LANGUAGE", "de")
    with translation.override(language):
        assert holiday_name(dt.date(2026, 12, 25), region=region) == name


def test_a_year_without_data_has_no_holidays_and_is_logged_once():
    public_holidays.holidays_of.cache_clear()
    public_holidays._log_missing.cache_clear()
    with structlog.testing.capture_logs() as logs:
        for language in ("en", "es", "en"):
            with translation.override(language):
                assert holiday_name(dt.date(2101, 12, 25), region="US-TX") == ""
    assert logs == [
        {"event": "no public holidays known", "log_level": "warning", "region": "US-TX", "year": 2101},
    ]


def test_the_years_without_data():
    assert years_without_data("LK", range(2025, 2029)) == [2027, 2028]
    assert years_without_data("US-TX", range(2025, 2029)) == []
    assert years_without_data("", range(2025, 2029)) == []


def test_holidays_of_a_range_are_in_order():
    found = holidays_between(dt.date(2026, 12, 24), dt.date(2027, 1, 1), region="US")
    assert found == [(dt.date(2026, 12, 25), "Christmas Day"), (dt.date(2027, 1, 1), "New Year's Day")]
    assert holidays_between(dt.date(2026, 12, 24), dt.date(2027, 1, 1), region="") == []
