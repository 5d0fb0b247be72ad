"""Each setting is defined once, in portal.setting_registry. Everything else is generated from that."""

import datetime as dt
import re

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from cases.core.schedule import FURTHEST_DAYS
from portal.environment import Environment
from portal.setting_registry import DAYS, GROUPS, SECONDS, SETTINGS
from portal.setting_types import Flag, Holidays, Hours, Text, WholeNumber, Words
from tests import settings_docs

NO_FILE = settings.BASE_DIR / "no such .env"
LISTS = [name for name, setting in SETTINGS.items() if isinstance(setting.kind, Words)]
SOURCE = (settings.BASE_DIR / "portal" / "settings.py").read_text()
NUMBERS = {name: setting.kind for name, setting in SETTINGS.items() if isinstance(setting.kind, WholeNumber)}
# By identity: lazy plurals are all equal.
SPANS = {name: kind for name, kind in NUMBERS.items() if any(SETTINGS[name].unit is unit for unit in (DAYS, SECONDS))}


@pytest.mark.parametrize("path", settings_docs.written(), ids=lambda path: path.name)
def test_docs_and_example_say_what_the_registry_says(path):
    assert path.read_text() == settings_docs.written()[path], "run `make settings`"


def test_a_setting_stands_in_one_group():
    assert len(SETTINGS) == sum(len(group.settings) for group in GROUPS)


def test_settings_py_reads_every_setting_and_no_other_variable():
    read = re.findall(r"\benv(?:\.at_least)?\(\s*\"(\w+)\"", SOURCE)
    assert sorted(read) == sorted(SETTINGS.keys() - {"ENV_FILE"}), "portal/settings.py must read it"
    assert "os.environ" not in SOURCE


def test_an_unknown_variable_cannot_be_read():
    with pytest.raises(KeyError):
        Environment(NO_FILE)("RELEASE_MIN_DAY")


def test_a_required_setting_must_be_set(monkeypatch):
    monkeypatch.delenv("SECRET_KEY")
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
        Environment(NO_FILE)("SECRET_KEY")


@pytest.mark.parametrize("name", [setting.name for setting in SETTINGS.values() if not setting.told_default])
def test_a_default_can_be_read(name):
    setting = SETTINGS[name]
    setting.kind.read(name, setting.default)


@pytest.mark.parametrize("setting", [setting for setting in SETTINGS.values() if setting.is_secret])
def test_no_error_repeats_a_secret(setting):
    assert isinstance(setting.kind, Text | Words)


@pytest.mark.parametrize(
    ("text", "value"), [("True", True), ("on", True), ("1", True), ("false", False), ("No", False), ("", False)]
)
def test_a_flag_is_on_or_off(text, value):
    assert Flag().read("REQUIRE_STAFF_MFA", text) is value


@pytest.mark.parametrize("text", ["ture", "2", "enabled"])
def test_a_misspelled_flag_is_refused(text):
    with pytest.raises(ImproperlyConfigured, match="REQUIRE_STAFF_MFA must be True or False"):
        Flag().read("REQUIRE_STAFF_MFA", text)


def test_the_environment_wins_over_the_file(monkeypatch, tmp_path):
    file = tmp_path / "portal.env"
    file.write_text("SWEEP_INTERVAL=20\nMAX_OPEN_DRAFTS=5\n")
    monkeypatch.setattr("environ.Env.ENVIRON", {"SWEEP_INTERVAL": "30", "ENV_FILE": str(file)})
    env = Environment(NO_FILE)
    assert (env("SWEEP_INTERVAL"), env("MAX_OPEN_DRAFTS"), env("MAX_NOTES_PER_HOUR")) == (30, 5, 300)


@pytest.mark.parametrize("name", ["missing.env", "."])
def test_a_file_that_is_named_must_be_there(monkeypatch, tmp_path, name):
    """Else a typing error would turn all settings into their defaults, the database included."""
    monkeypatch.setattr("environ.Env.ENVIRON", {"SECRET_KEY": "x", "ENV_FILE": str(tmp_path / name)})
    with pytest.raises(ImproperlyConfigured, match="ENV_FILE must be the path of a file, not "):
        Environment(NO_FILE)


@pytest.mark.parametrize("text", ["", " "])
def test_a_required_setting_may_not_be_blank(monkeypatch, text):
    monkeypatch.setattr("environ.Env.ENVIRON", {"SECRET_KEY": text})
    with pytest.raises(ImproperlyConfigured, match=r"Set the SECRET_KEY environment variable, or add it to \.env"):
        Environment(NO_FILE)("SECRET_KEY")


@pytest.mark.parametrize("name", NUMBERS)
def test_an_absurd_number_is_refused(name):
    for text in (str(NUMBERS[name].most + 1), str(10**10), str(10**30), "9" * 5000, "-1", str(-(10**30))):
        with pytest.raises(ImproperlyConfigured, match=f"{name} must be"):
            NUMBERS[name].read(name, text)


@pytest.mark.parametrize("name", SPANS)
def test_the_longest_time_stays_in_the_calendar(name):
    most = NUMBERS[name].read(name, str(NUMBERS[name].most))
    span = dt.timedelta(days=most) if SETTINGS[name].unit is DAYS else dt.timedelta(seconds=most)
    now = dt.datetime.now(dt.UTC)
    assert now - 2 * span < now < now + 2 * span
    assert span <= dt.timedelta(days=FURTHEST_DAYS + 1)


def test_no_setting_in_days_exceeds_the_furthest_date():
    days = [name for name in SETTINGS if name.endswith("_DAYS")]
    assert len(days) > 10
    assert [name for name in days if name not in SPANS or NUMBERS[name].most > FURTHEST_DAYS] == []


@pytest.mark.parametrize("name", ["RELEASE_DEFAULT_DAYS", "RELEASE_MAX_DAYS"])
@pytest.mark.parametrize("text", ["36501", "50000", "9999999"])
def test_a_number_with_a_moving_bound_keeps_its_maximum(monkeypatch, name, text):
    monkeypatch.setenv(name, text)
    with pytest.raises(ImproperlyConfigured, match=f"{name} must be at most 36500, not {text}"):
        Environment(NO_FILE).at_least(name, 7, of="RELEASE_MIN_DAYS")


def test_a_number_below_another_setting_names_that_one(monkeypatch):
    monkeypatch.setenv("RELEASE_DEFAULT_DAYS", "3")
    words = "RELEASE_DEFAULT_DAYS must be at least 7, as RELEASE_MIN_DAYS is, not 3."
    with pytest.raises(ImproperlyConfigured, match=re.escape(words)):
        Environment(NO_FILE).at_least("RELEASE_DEFAULT_DAYS", 7, of="RELEASE_MIN_DAYS")


@pytest.mark.parametrize(("least", "expected"), [(3, 7), (10, 10), (FURTHEST_DAYS, FURTHEST_DAYS)])
def test_a_default_rises_to_its_bound(monkeypatch, least, expected):
    monkeypatch.delenv("RELEASE_DEFAULT_DAYS", raising=False)
    assert Environment(NO_FILE).at_least("RELEASE_DEFAULT_DAYS", least, of="RELEASE_MIN_DAYS") == expected


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    "text", ["{0}a.example,{0}b.example", " {0}a.example\t,, {0}b.example ,\n", "\n{0}a.example ,{0}b.example"]
)
def test_spaces_around_the_words_of_a_list_do_not_count(name, text):
    before = "https://" if name == "CSRF_TRUSTED_ORIGINS" else ""
    assert SETTINGS[name].kind.read(name, text.format(before)) == [f"{before}a.example", f"{before}b.example"]


@pytest.mark.parametrize("name", [name for name in LISTS if name != "ALLOWED_HOSTS"])
def test_a_list_of_commas_is_empty(name):
    assert SETTINGS[name].kind.read(name, " , ") == []


def test_hours_are_a_span_of_the_day():
    assert Hours().read("RELEASE_MAIL_HOURS", "08:00-20:00") == (dt.time(8), dt.time(20))
    assert Hours().read("RELEASE_MAIL_HOURS", " ") is None


@pytest.mark.parametrize("text", ["8", "20:00-08:00", "08:00-08:00", "08:00-", "-", "08:00+20:00", "08:00-20:00-21:00"])
def test_hours_that_are_no_span_are_refused(text):
    with pytest.raises(ImproperlyConfigured, match="RELEASE_MAIL_HOURS must be a time range"):
        Hours().read("RELEASE_MAIL_HOURS", text)


@pytest.mark.parametrize("text", ["", "US", "US-TX", "DE-BY"])
def test_holidays_are_of_a_country_or_its_part(text):
    assert Holidays().read("RELEASE_HOLIDAYS", text) == text


@pytest.mark.parametrize("text", ["XX", "US-XX", "Texas", "US-", "-TX"])
def test_unknown_holidays_are_refused(text):
    with pytest.raises(ImproperlyConfigured, match="RELEASE_HOLIDAYS must be a country"):
        Holidays().read("RELEASE_HOLIDAYS", text)
