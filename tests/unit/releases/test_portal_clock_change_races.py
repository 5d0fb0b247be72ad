"""A change of the clock while people and workers act: nothing follows one clock while the other is stored."""

import datetime as dt

import pytest
from django.db import transaction

from cases import releases
from cases.core.schedule import Schedule
from cases.lifecycle.stored_clock import ClockMismatch
from cases.models import Case, CaseEvent
from cases.releases import portal_clock_change
from cases.releases.portal_clock_change import Change, ClockSetting, Keep
from tests.conftest import FROZEN
from tests.factories import CaseFactory
from tests.unit.releases.test_races import Thread, held_open, somebody_waits_for_a_lock

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]

UTC, HONOLULU = ClockSetting("UTC", dt.time(0)), ClockSetting("Pacific/Honolulu", dt.time(0))
IN_JULY = Schedule(dt.date(2025, 7, 1), dt.time(9))


def change() -> portal_clock_change.Effect:
    return portal_clock_change.change_clock(Change(UTC, HONOLULU, Keep.INSTANTS), by="test")


VERBS = {
    "schedule": lambda case, administrator: releases.schedule(
        case=case, by=administrator, source="web", release_on=IN_JULY, reason="wait"
    ),
    "release now": lambda case, administrator: releases.release_now(
        case=case, by=administrator, source="web", reason="asked"
    ),
}


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS.keys())
def test_a_person_who_comes_during_the_change_is_refused(administrator, member, verb):
    case = CaseFactory(scheduled=True, member=member)
    with held_open(change):
        person = Thread(lambda: verb(case, administrator))
        somebody_waits_for_a_lock()
    with pytest.raises(ClockMismatch):
        person.result()
    assert list(CaseEvent.objects.values_list("system_actor", flat=True)) == ["test"]


def test_the_change_waits_for_a_person_who_came_before_and_moves_what_they_scheduled(administrator, member):
    case = CaseFactory(scheduled=True, member=member)
    with held_open(lambda: VERBS["schedule"](case, administrator)):
        changing = Thread(change)
        somebody_waits_for_a_lock()
    assert changing.result().changed == 1
    case.refresh_from_db()
    assert (case.scheduled_release_date, case.scheduled_release_time) == (dt.date(2025, 6, 30), dt.time(23))


def test_a_worker_with_the_old_settings_that_comes_during_the_change_releases_nothing(member):
    """A release due tonight by the old clock is rewritten at noon by the new one: it is not due."""
    CaseFactory(member=member, scheduled=True, scheduled_release_date=FROZEN.date(), scheduled_release_time=dt.time(20))
    due = CaseFactory(due=True, member=member)
    with held_open(change):
        worker = Thread(lambda: released_by(dt.timedelta()))
        somebody_waits_for_a_lock()
    assert worker.result() == []
    assert Case.objects.filter(pk=due.pk, actual_release_date=None).exists()


def test_the_change_waits_for_a_batch_that_came_before(member):
    CaseFactory(due=True, member=member)
    with held_open(lambda: released_by(dt.timedelta())):
        changing = Thread(change)
        somebody_waits_for_a_lock()
    assert changing.result().pending == 0


def released_by(after: dt.timedelta) -> list[int]:
    with transaction.atomic():
        return releases.release_due(by="test", source="sweep", now=FROZEN + after).released
