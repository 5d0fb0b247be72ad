"""A small run of the mail section of `make bench`: counts, and a ratio that every machine reaches."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.bench.mail import BARE, ONE, outbox_and_loop
from tests.bench.servers import Servers
from tests.bench.smtp_sink import SmtpSink, smtp_sink
from tests.integration.processes import LocalRedis

pytestmark = [pytest.mark.integration, pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sink(settings: Any) -> Iterator[SmtpSink]:
    """The sink, and settings that name it."""
    with smtp_sink() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        yield running


@pytest.fixture
def servers(process_env: dict[str, str], redis: LocalRedis, sink: SmtpSink, tmp_path: Path) -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(tmp_path, redis, process_env | {"EMAIL_URL": sink.url}, stack)


def test_each_way_sends_every_mail_once_and_a_kill_doubles_one_at_most(servers: Servers, sink: SmtpSink) -> None:
    """The measurement itself checks that each way sends each mail once."""
    measured = outbox_and_loop(servers, sink, mails=100, rounds=1, kills=2)
    assert measured.killed.message_ids == 100
    assert measured.killed.messages <= 100 + measured.kills
    assert measured.rate(ONE) > 0.2 * measured.rate(BARE)
