"""Security state: kept until it expires whatever else is stored, incremented, and cleaned up by age."""

import datetime as dt

import pytest
from django.conf import settings as real
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.accounts.security_state import CLEANED_PER_WRITE, NEVER
from cases.models import SecurityState
from tests.conftest import FROZEN
from tests.unit.releases.test_races import Thread

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.mark.parametrize("value", [True, "y", [1764086400.25, 1764086399.5], [], None, {"a": 1}, "ünï"])
def test_values_come_back_as_they_were(value):
    cache.set("key", value, timeout=60)
    assert cache.get("key", default="nothing") == value


def test_nothing_is_evicted_by_what_comes_later():
    cache.set("lock", [1.5], timeout=300)
    for number in range(700):
        cache.add(f"invented {number}", True, timeout=300)
    assert cache.get("lock") == [1.5]
    assert SecurityState.objects.count() == 701


def test_it_is_forgotten_when_it_expires(clock):
    cache.set("short", 1, timeout=30)
    cache.set("long", 1, timeout=90)
    clock.shift(29)
    assert (cache.get("short"), "short" in cache) == (1, True)
    clock.shift(1)
    assert (cache.get("short"), "short" in cache, cache.get("long")) == (None, False, 1)


def test_it_is_added_once_until_it_expires(clock):
    assert [cache.add("code", "y", timeout=90) for _ in range(3)] == [True, False, False]
    clock.shift(89)
    assert not cache.add("code", "n", timeout=90)
    assert cache.get("code") == "y"
    clock.shift(1)
    assert [cache.add("code", "n", timeout=90) for _ in range(2)] == [True, False]
    assert cache.get("code") == "n"


def test_it_can_be_touched_deleted_and_cleared(clock):
    cache.set("key", 1, timeout=30)
    assert (cache.touch("key", 90), cache.touch("other", 90)) == (True, False)
    clock.shift(60)
    assert cache.get("key") == 1
    assert (cache.delete("key"), cache.delete("key")) == (True, False)
    cache.set("key", 1, timeout=None)
    assert SecurityState.objects.get().expires_at == NEVER
    cache.clear()
    assert cache.get("key") is None


@pytest.mark.parametrize(
    "key", ["mia@example.com", "ip:192.0.2.7", "x" * 100_000, "line\nbreak \x00", "ü 💥", "\ud800"]
)
def test_of_a_key_only_the_digest_is_stored(key):
    cache.set(key, 1, timeout=30)
    cache.set(key, 2, timeout=30)
    assert cache.get(key) == 2
    row = SecurityState.objects.get()
    assert (len(row.digest), row.value) == (64, "2")


def test_writes_take_away_what_has_expired_and_nothing_else(clock):
    old = FROZEN - dt.timedelta(days=1)
    recent = FROZEN - dt.timedelta(hours=23)
    SecurityState.objects.create(digest="recent", value="1", expires_at=recent)
    SecurityState.objects.bulk_create(
        [SecurityState(digest=str(number), value="1", expires_at=old) for number in range(3 * CLEANED_PER_WRITE)]
    )
    cache.set("alive", 1, timeout=60)
    for _ in range(3):
        cache.set("other", 1, timeout=60)
    assert SecurityState.objects.count() == 3
    assert cache.get("alive") == 1


def test_a_write_costs_the_same_however_much_is_stored():
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            cache.set("key", 1, timeout=60)
        return len(queries)

    few = statements()
    for number in range(100):
        cache.add(str(number), 1, timeout=60)
    assert statements() == few


def test_login_and_limits_use_it():
    assert real.CACHES["default"]["BACKEND"].endswith("SecurityStateCache")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_who_add_at_once_one_wins(clock):
    """A new key, and one that has expired."""
    SecurityState.objects.all().delete()
    for _ in range(2):
        won = [thread.result() for thread in [Thread(lambda: cache.add("code", 1, timeout=60)) for _ in range(8)]]
        assert sorted(won) == [False] * 7 + [True]
        clock.shift(61)
