"""A stop during a running wave, people's actions and visits: no release commits after it."""

import pytest
from django.db import transaction

from cases import releases
from cases.core.errors import WrongState
from cases.lifecycle import release_stop
from cases.lifecycle.release_stop import ReleasesStopped
from cases.models import Case, CaseEvent, OutgoingEmail, PortalEvent, ReleaseStop
from tests.conftest import FROZEN
from tests.factories import CaseFactory
from tests.unit.releases.test_races import Thread, held_open, somebody_waits_for_a_lock

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]


def stop(reason="A wrong report.") -> ReleaseStop:
    return releases.stop_releases(by="test", source="command", reason=reason)


def start() -> None:
    releases.start_releases(by="test", source="command")


def released_by_a_worker() -> list[int]:
    return releases.release_due(by="test", source="sweep", now=FROZEN).released


BY_PEOPLE = {
    "release now": (
        {"scheduled": True},
        lambda case, by: releases.release_now(case=case, by=by, source="web", reason="asked"),
    ),
    "complete now": ({}, lambda case, by: releases.complete(case=case, by=by, source="web", release_on=None)),
}
by_people = pytest.mark.parametrize(("state", "verb"), BY_PEOPLE.values(), ids=BY_PEOPLE.keys())


@by_people
def test_a_person_who_comes_while_it_is_being_stopped_is_refused(administrator, member, state, verb):
    case = CaseFactory(member=member, **state)
    with held_open(stop):
        person = Thread(lambda: verb(case, administrator))
        somebody_waits_for_a_lock()
    with pytest.raises(ReleasesStopped):
        person.result()
    assert not CaseEvent.objects.exists()


@by_people
def test_the_stop_waits_for_a_person_who_came_before(administrator, member, state, verb):
    case = CaseFactory(member=member, **state)
    with held_open(lambda: verb(case, administrator)):
        stopping = Thread(stop)
        somebody_waits_for_a_lock()
        assert not PortalEvent.objects.exists()
    stopping.result()
    assert Case.objects.filter(pk=case.pk, actual_release_date__isnull=False).exists()


def test_a_worker_that_comes_while_it_is_being_stopped_releases_nothing(member):
    CaseFactory(due=True, member=member)
    with held_open(stop):
        worker = Thread(released_by_a_worker)
        somebody_waits_for_a_lock()
    assert worker.result() == []
    assert not OutgoingEmail.objects.exists()


def test_a_look_that_comes_while_it_is_being_stopped_releases_nothing(member):
    CaseFactory(due=True, member=member)
    with held_open(stop):
        look = Thread(lambda: releases.release_due_of(member))
        somebody_waits_for_a_lock()
    assert look.result().released == []


def test_the_stop_waits_for_a_batch_that_came_before(member):
    CaseFactory(due=True, member=member)

    def batch():
        with transaction.atomic():
            released_by_a_worker()

    with held_open(batch):
        stopping = Thread(stop)
        somebody_waits_for_a_lock()
    stopping.result()
    assert Case.objects.get().actual_release_date is not None


def test_no_release_of_a_running_wave_commits_after_the_stop(member):
    """Three workers release 300 cases, five at a time, when releases are stopped. No more cases are released after
    that."""
    Case.objects.bulk_create(CaseFactory.build_batch(300, due=True, member=member, assigned_to=None))

    def work():
        return releases.release_due(by="test", source="sweep", now=FROZEN, batch_size=5).released

    workers = [Thread(work) for _ in range(3)]
    while not Case.objects.filter(actual_release_date__isnull=False).exists():
        pass
    stop()
    at_the_stop = Case.objects.filter(actual_release_date__isnull=False).count()
    released = [pk for worker in workers for pk in worker.result()]
    assert len(released) == at_the_stop == CaseEvent.objects.count() == OutgoingEmail.objects.count()
    assert released_by_a_worker() == []

    start()
    assert len(released) + len(released_by_a_worker()) == 300


def test_of_two_stops_the_second_is_refused():
    with held_open(stop):
        second = Thread(lambda: stop("Another."))
        somebody_waits_for_a_lock()
    with pytest.raises(WrongState):
        second.result()
    assert PortalEvent.objects.count() == 1


def test_a_stop_that_meets_a_start_stands():
    """A stop that is being ended does not cause the error that releases are already stopped."""
    stop("The first.")
    with held_open(start):
        second = Thread(lambda: stop("The second."))
        somebody_waits_for_a_lock()
    second.result()
    assert release_stop.current().reason == "The second."
