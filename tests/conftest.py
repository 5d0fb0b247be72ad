"""The named cast: Tom works on Mia's cases, Olga and Otto are the outsiders, and Ada is the administrator."""

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
from tests import databases, emptying, stored_clock
from tests.clocks import frozen_clock
from tests.factories import UserFactory
from tests.order import in_order


def pytest_itemcollected(item: pytest.Item) -> None:
    """A test that uses no database has the same result on both."""
    if not databases.opens_one(item):
        item.add_marker(pytest.mark.one_database("asks none"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test runs on one or two databases, in an order that keeps the processes busy."""
    if nowhere := [item.nodeid for item in items if not databases.of(item)]:
        raise pytest.UsageError("No run takes these tests: " + ", ".join(nowhere))
    items[:] = in_order(items, Path(__file__).parent)


def pytest_collection() -> None:
    """Collect no garbage while modules and tests are loaded, because they all stay. It took an eighth of the time."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Exclude what is loaded by now from garbage collection, which spent a 25th of the time on it."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture
def open_connection() -> Iterator[None]:
    """Keep the test's connection open after requests to the WSGI application, as Django's own client does."""
    handled = (request_started, request_finished)
    for signal in handled:
        signal.disconnect(close_old_connections)
    yield
    for signal in handled:
        signal.connect(close_old_connections)


@pytest.fixture
def hang_up() -> Callable[[], None]:
    """End all connections to the test's database, including the test's own."""
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
    """A technician who is not involved in Mia's cases."""
    return UserFactory(username="otto", email="otto@example.com", role=User.Role.TECHNICIAN)


@pytest.fixture
def administrator(db: None) -> User:
    """An administrator."""
    return UserFactory(username="ada", email="ada@example.com", role=User.Role.ADMINISTRATOR, is_staff=True)


# All features except those whose purpose is to refuse: a required answer, a second approver, a blackout day.
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
    """The product owner's snippets work either way."""
    if request.param == "with every feature on":
        for name, value in EVERY_FEATURE.items():
            setattr(settings, name, value)


FROZEN = dt.datetime(2025, 6, 11, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """A clock frozen at Wednesday, June 11, 2025, noon UTC. `clock.move_to` and `clock.shift` move it."""
    with frozen_clock(FROZEN) as traveller:
        yield traveller


@pytest.fixture(autouse=True, scope="session")
def _stored_clock_follows_the_settings() -> Iterator[None]:
    """A test that sets another TIME_ZONE wants a portal in that zone."""
    with stored_clock.following_the_settings():
        yield


@pytest.fixture(autouse=True, scope="session")
def _passwords_are_hashed_in_no_time() -> Iterator[None]:
    """A million rounds would take a quarter of a second for each password that is set or tried."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PBKDF2PasswordHasher, "iterations", 1000)
        yield


@pytest.fixture(autouse=True)
def _messages_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quiet period after a broker failure must not carry over to the next test."""
    monkeypatch.setattr(celery_publisher, "_silent_until", 0.0)


@pytest.fixture(autouse=True)
def _api_calls_are_counted_from_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a frozen clock, all tests make their calls within one minute."""
    monkeypatch.setattr(throttling, "counter", throttling.CallCounter())


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """Undo the language that a request has activated when its test ends."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _files_of_tests(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Render pages without the manifest that `collectstatic` writes. Each browser of a test starts its own portal,
    which does not need to read all static files first. Documents are kept separate from those of the demo.

    A page that is still being rendered after the test would find no manifest, and neither would its error page.
    """
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    documents = file_storage("", tmp_path_factory.getbasetemp() / "documents")
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain, "default": documents}
    settings.WHITENOISE_AUTOREFRESH = True
    yield
    emptying.wait_for_requests()


@pytest.fixture(autouse=True)
def _only_on_its_database(request: pytest.FixtureRequest) -> None:
    for vendor in ("postgresql", "sqlite"):
        if request.node.get_closest_marker(vendor) and connection.vendor != vendor:
            pytest.skip(f"speaks of {vendor} alone; this run is on {connection.vendor}")


@pytest.fixture
def count_up_to(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lower MAX_COUNTED for a test, once all modules that copy the name are loaded. One loaded later would keep the
    lower value."""
    _ = get_resolver().url_patterns
    return lambda number: monkeypatch.setattr("cases.selectors.pagination.MAX_COUNTED", number)


@pytest.fixture
def stored(settings: Any, tmp_path: Path) -> Callable[[], list[str]]:
    """The paths of all documents' files. The storage is in `tmp_path`, and starts empty."""
    settings.STORAGES = settings.STORAGES | {"default": file_storage("", tmp_path)}
    return lambda: sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
