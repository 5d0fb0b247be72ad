"""Hosts whose clocks are wrong, or are corrected: none of the portal's promises depends on them."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from cases.models import User
from tests.chaos.devices.clock import Clock, set_off
from tests.factories import CaseFactory
from tests.integration.conftest import StartWorker
from tests.integration.processes import LocalBeat, LocalRedis
from tests.integration.steps import is_released, until
from tests.services import MailServer

pytestmark = [pytest.mark.integration, pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

HOUR = 3600
# Clocks in Berlin go back from three to two.
END_OF_SUMMER = dt.datetime(2026, 10, 25, 1, 0, tzinfo=dt.UTC).timestamp()

StartBeat = Callable[..., LocalBeat]


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path / "wall-clock")


def sweeps_go_on(redis: LocalRedis) -> None:
    """Beat sends more of them; no one takes them."""
    so_far = redis.length("portal:sweep")
    until("more sweeps are sent", lambda: redis.length("portal:sweep") >= so_far + 2, seconds=15)


@pytest.mark.parametrize("step", [-HOUR, HOUR])
def test_beat_goes_on_when_its_clock_is_set(
    step: float, clock: Clock, redis: LocalRedis, start_beat: StartBeat
) -> None:
    start_beat(**clock.environment)
    sweeps_go_on(redis)
    clock.step(step)
    sweeps_go_on(redis)
    clock.step(-step)
    sweeps_go_on(redis)


def test_beat_goes_on_when_summer_ends(clock: Clock, redis: LocalRedis, start_beat: StartBeat) -> None:
    """At three it is two again: there is no hour without sweeps, and no hour of nonstop sweeps."""
    clock.step(END_OF_SUMMER - HOUR / 2 - clock.now())
    start_beat(TIME_ZONE="Europe/Berlin", **clock.environment)
    sweeps_go_on(redis)

    clock.step(END_OF_SUMMER - 3 - clock.now())
    until("the hour is over", lambda: clock.now() > END_OF_SUMMER + 1)

    sweeps_go_on(redis)
    before, so_far = clock.now(), redis.length("portal:sweep")
    until("some seconds have passed", lambda: clock.now() > before + 4)
    assert redis.length("portal:sweep") - so_far <= 6


@pytest.mark.parametrize("ahead", [HOUR, -HOUR])
def test_workers_whose_clock_is_wrong_release_and_send(
    ahead: float, start_worker: StartWorker, start_beat: StartBeat, mail_server: MailServer, member: User
) -> None:
    """Their sweeps have not expired, and emails in the outbox do not wait for their clocks."""
    for name, queue in (("releases", "releases,sweep"), ("mail", "mail")):
        start_worker(name, queue=queue, **set_off(ahead)).ready()
    case = CaseFactory(due=True, member=member)
    start_beat()
    until("it is released", lambda: is_released(case))
    until("the mail is there", lambda: len(mail_server.taken) == 1)
