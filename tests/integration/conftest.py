"""Real workers, beat, Redis and SMTP around the test's database, run by pytest-celery."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from celery import Celery
from django.db import connection
from kombu import pools
from pytest_celery import CeleryBrokerCluster, CeleryTestBroker, CeleryTestSetup, CeleryWorkerCluster

from portal.celery import app
from tests import emptying
from tests.integration.processes import LocalBeat, LocalProcess, LocalRedis, LocalWorker, Worker
from tests.services import MailServer


class StartWorker(Protocol):
    def __call__(self, name: str, *, queue: str = "releases,sweep", concurrency: int = 2, **env: object) -> Worker: ...


@pytest.fixture(autouse=True)
def _any_moment_may_be_chosen(settings: Any) -> None:
    settings.RELEASE_MIN_DAYS = 0


@pytest.fixture(autouse=True, scope="module")
def _emptied_by_deleting() -> Iterator[None]:
    """These tests commit a few rows each."""
    with emptying.by_deleting():
        yield


@pytest.fixture
def celery_setup_app() -> Celery:
    """The portal's own app, instead of one that pytest-celery creates."""
    return app


@pytest.fixture
def celery_broker_cluster(tmp_path: Path, settings: Any) -> Iterator[CeleryBrokerCluster]:
    """A Redis of the test's own, to which this process publishes too."""
    server = LocalRedis(tmp_path)
    server.start()
    settings.CELERY_BROKER_URL = server.url
    _forget_connections()
    yield CeleryBrokerCluster(CeleryTestBroker(server, app))
    server.teardown()
    _forget_connections()


@pytest.fixture
def celery_backend_cluster() -> None:
    """Nothing reads results."""


@pytest.fixture
def celery_worker_cluster(start_worker: StartWorker) -> CeleryWorkerCluster:
    """One worker for wake-ups and sweeps (two in production), and one for mail."""
    cluster = CeleryWorkerCluster(start_worker("releases"), start_worker("mail", queue="mail"))
    cluster.ready()
    return cluster


@pytest.fixture
def redis(celery_broker_cluster: CeleryBrokerCluster) -> LocalRedis:
    server: LocalRedis = celery_broker_cluster[0].container
    return server


@pytest.fixture
def release_worker(celery_setup: CeleryTestSetup) -> Worker:
    return celery_setup.worker_cluster[0]


@pytest.fixture
def mail_worker(celery_setup: CeleryTestSetup) -> Worker:
    return celery_setup.worker_cluster[1]


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer().running() as server:
        yield server


@pytest.fixture
def process_env(transactional_db: None, redis: LocalRedis, mail_server: MailServer) -> dict[str, str]:
    """The environment of the portal's processes. They see the test's database."""
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path="/" + connection.settings_dict["NAME"])
    return os.environ | {
        "DATABASE_URL": database.geturl(),
        "REDIS_URL": redis.url,
        "EMAIL_URL": mail_server.url,
        "RELEASE_MIN_DAYS": "0",
        "SWEEP_INTERVAL": "1",
        "LOG_LEVEL": "INFO",
        # A third of a worker's start. test_demo.py starts workers with the checks.
        "CELERY_SKIP_CHECKS": "true",
    }


@pytest.fixture
def _started() -> Iterator[list[LocalProcess]]:
    """Every process that a test has started. None outlives it, and their logs are shown if it fails."""
    processes: list[LocalProcess] = []
    yield processes
    for process in processes:
        process.teardown()
        print(f"--- {process.name}\n{process.logs()}")  # noqa: T201


@pytest.fixture
def start_worker(process_env: dict[str, str], _started: list[LocalProcess], tmp_path: Path) -> StartWorker:
    """Start a worker. `ready()` waits for it."""

    def start(name: str, *, queue: str = "releases,sweep", concurrency: int = 2, **env: object) -> Worker:
        changed = {key: str(value) for key, value in env.items()}
        process = LocalWorker(name, queue, concurrency=concurrency, directory=tmp_path, env=process_env | changed)
        _started.append(process)
        return Worker(process, app)

    return start


@pytest.fixture
def start_beat(process_env: dict[str, str], _started: list[LocalProcess], tmp_path: Path) -> Callable[..., LocalBeat]:
    """Start beat, which sweeps every second."""

    def start(**env: object) -> LocalBeat:
        changed = {key: str(value) for key, value in env.items()}
        beat = LocalBeat(directory=tmp_path, env=process_env | changed)
        _started.append(beat)
        return beat

    return start


def _forget_connections() -> None:
    """Have this process publish to the Redis that the settings name from now on."""
    pools.reset()
    app._pool = app.amqp._producer_pool = None
