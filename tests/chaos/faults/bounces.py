"""Mail servers send a storm of bounces, many of them forged or repeated."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.chaos import bounces
from tests.chaos.registry import Extra, fault
from tests.chaos.run import Run

BOUNCES = 5000


@contextmanager
def with_signed_senders(environment: dict[str, str]) -> Iterator[Extra]:
    """Each message has an envelope sender of its own."""
    yield Extra(environment={"BOUNCE_DOMAIN": bounces.DOMAIN})


@fault("bounces", works_meanwhile=True, window=30, surroundings=with_signed_senders)
def bounce_storm(run: Run) -> None:
    """Five thousand bounces arrive at the LMTP port over four connections. More than half of them are forged, most of
    the others are repeated, and many are about one address."""
    storm = bounces.make(run, size=BOUNCES)
    with bounces.receiving(run) as receiver:
        with run.on():
            bounces.break_loose(storm, receiver.port)
        log = receiver.logs()
    bounces.judge(run, storm, log)
