"""The named cast: Mia's cases are worked on by Tom; Olga and Otto are the outsiders, Ada administers."""

import datetime as dt
import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import time_machine
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from django.urls import get_resolver
from django.utils import translation

from cases.api import throttling
from cases.delivery import celery_publisher
from cases.models import User
from portal.file_storage import file_storage
from tests import databases, stored_clock
from tests.clocks import frozen_clock
from tests.factories import UserFactory
from tests.order import in_order


def pytest_itemcollected(item: pytest.Item) -> None:
    """A test that asks no database says the same on each."""
    if not databases.opens_one(item):
        item.add_marker(pytest.mark.one_database("asks none"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test runs on a database or two, and in an order that keeps the processes busy."""
    if nowhere := [item.nodeid for item in items if not databases.of(item)]:
        raise pytest.UsageError("No run takes these tests: " + ", ".join(nowhere))
    items[:] = in_order(items, Path(__file__).parent)


def pytest_collection_finish() -> None:
    """Leave what is loaded by now out of garbage collection, which took a 25th of the time to look through it."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def open_connection() -> Iterator[None]:
    """Requests to the WSGI application leave the connection of the test open, as those of Django's own client do."""
    handled = (request_started, request_finished)
    for signal in handled:
        signal.disconnect(close_old_connections)
    yield
    for signal in handled:
        signal.connect(close_old_connections)


@pytest.fixture
def hang_up() -> Callable[[], None]:
    """Ends all connections to the database of the test, its own too."""
    connection.ensure_connection()
    parameters = connection.get_connection_params()
    known = {key: parameters[key] for key in ("dbname", "user", "password", "host", "port") if key in parameters}

    def end() -> None:
        with psycopg.connect(**known, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    return end


@pytest.fixture
def member(db: None) -> User:
    """A member."""
    return UserFactory(username="mia", email="mia@example.com", role=User.Role.MEMBER)


@pytest.fixture
def other_member(db: None) -> User:
    """Another member: the outsider."""
    return UserFactory(username="olga", email="olga@example.com", role=User.Role.MEMBER)


@pytest.fixture
def technician(db: None) -> User:
    """The technician of Mia's cases."""
    return UserFactory(username="tom", email="tom@example.com", role=User.Role.TECHNICIAN)


@pytest.fixture
def other_technician(db: None) -> User:
    """A technician who has nothing to do with Mia's cases."""
    return UserFactory(username="otto", email="otto@example.com", role=User.Role.TECHNICIAN)


@pytest.fixture
def administrator(db: None) -> User:
    """An administrator."""
    return UserFactory(username="ada", email="ada@example.com", role=User.Role.ADMINISTRATOR, is_staff=True)


# All features but those that refuse by their own definition: a required answer, a second approver, a blackout day.
EVERY_FEATURE = {
    "RELEASE_ANSWER_IN_EMAIL": True,
    "RELEASE_HOLIDAYS": "US-TX",
    "RELEASE_MAIL_HOURS": (dt.time(8), dt.time(20)),
    "RELEASE_ON_WEEKENDS": False,
    "RELEASE_UNDO_SECONDS": 30,
    "RELEASE_UNOPENED_DAYS": 1,
}


@pytest.fixture(params=["as it comes", "with every feature on"])
def features(request: pytest.FixtureRequest, settings: Any) -> None:
    """What the product owner wrote works either way."""
    if request.param == "with every feature on":
        for name, value in EVERY_FEATURE.items():
            setattr(settings, name, value)


FROZEN = dt.datetime(2025, 6, 11, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Wednesday, June 11, 2025, noon UTC, standing still; `clock.move_to` and `clock.shift` move it."""
    with frozen_clock(FROZEN) as traveller:
        yield traveller


@pytest.fixture(autouse=True, scope="session")
def _stored_clock_follows_the_settings() -> Iterator[None]:
    """A test that sets another TIME_ZONE means a portal of that zone."""
    with stored_clock.following_the_settings():
        yield


@pytest.fixture(autouse=True, scope="session")
def _passwords_are_hashed_in_no_time() -> Iterator[None]:
    """A million rounds take a quarter of a second, for each password that is set or tried."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PBKDF2PasswordHasher, "iterations", 1000)
        yield


@pytest.fixture(autouse=True)
def _messages_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test in which the broker failed leaves no silence to the next one."""
    monkeypatch.setattr(celery_publisher, "_silent_until", 0.0)


@pytest.fixture(autouse=True)
def _api_calls_are_counted_from_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a clock that stands still all tests call within one minute."""
    monkeypatch.setattr(throttling, "counter", throttling.CallCounter())


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """What a request in another language has activated ends with its test."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _files_of_tests(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Pages are rendered without `collectstatic`, which writes the manifest, having been run. Each browser of a test
    begins a portal of its own, which need not read all static files first. Documents are kept apart from those of the
    demo."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    documents = file_storage("", tmp_path_factory.getbasetemp() / "documents")
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain, "default": documents}
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(autouse=True)
def _only_on_its_database(request: pytest.FixtureRequest) -> None:
    for vendor in ("postgresql", "sqlite"):
        if request.node.get_closest_marker(vendor) and connection.vendor != vendor:
            pytest.skip(f"speaks of {vendor} alone; this run is on {connection.vendor}")


@pytest.fixture
def count_up_to(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lowers MAX_COUNTED for a test, after all modules that copy the name are loaded: one of them would keep it."""
    _ = get_resolver().url_patterns
    return lambda number: monkeypatch.setattr("cases.selectors.pagination.MAX_COUNTED", number)


@pytest.fixture
def stored(settings: Any, tmp_path: Path) -> Callable[[], list[str]]:
    """The paths of all documents' files. The storage is in `tmp_path`, and begins empty."""
    settings.STORAGES = settings.STORAGES | {"default": file_storage("", tmp_path)}
    return lambda: sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
