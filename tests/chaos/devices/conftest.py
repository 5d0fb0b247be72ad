"""Portal processes on the test's database, for tests of the devices."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from tests.services import RedisServer


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis for one test."""
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def process_env(transactional_db: None, redis: RedisServer) -> dict[str, str]:
    """The environment of the portal's processes, with the test's database."""
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path="/" + connection.settings_dict["NAME"])
    return os.environ | {
        "DATABASE_URL": database.geturl(),
        "REDIS_URL": redis.url,
        "SWEEP_INTERVAL": "1",
        "LOG_LEVEL": "INFO",
    }
