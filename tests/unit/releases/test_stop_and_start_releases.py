"""While releases are stopped nothing is released through any door, and everything else continues (docs/rules.md,
14)."""

import datetime as dt

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from cases import releases
from cases.core import limits
from cases.core.errors import CaseError, NotAllowed, TooLong, WrongState
from cases.core.schedule import Schedule
from cases.delivery import celery_publisher, outbox
from cases.lifecycle import release_stop
from cases.lifecycle.release_stop import ReleasesStopped
from cases.models import Case, CaseEvent, OutgoingEmail, PortalEvent, ReleaseStop
from cases.releases import release_batch
from cases.releases.on_read import release_on_read
from tasks.releases import release_case, sweep
from tests.conftest import FROZEN
from tests.factories import CaseFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HOUR = dt.timedelta(hours=1)
LATER = Schedule(dt.date(2025, 8, 1))


def stop(by="releases", reason="A wrong report went out.") -> ReleaseStop:
    return releases.stop_releases(by=by, source="command", reason=reason)


def start(by="releases", **options) -> None:
    releases.start_releases(by=by, source="command", **options)


@pytest.fixture
def stopped(administrator) -> ReleaseStop:
    return stop(administrator)


def is_unreleased(case) -> bool:
    nothing_else = not CaseEvent.objects.filter(case=case, kind="released").exists()
    return nothing_else and Case.objects.filter(pk=case.pk, actual_release_date=None).exists()


PROGRAMS = {
    "release_due": lambda case: releases.release_due(by="test", source="sweep"),
    "with a moment given": lambda case: releases.release_due(by="test", source="sweep", now=FROZEN + 1000 * HOUR),
    "an ETA task": lambda case: release_case(case.pk, case.schedule_revision),
    "the sweep": lambda case: sweep(),
    "the command": lambda case: call_command("release_scheduled_cases"),
    "the member's look": lambda case: releases.release_due_of(case.member),
    "a page of the member": lambda case: release_on_read(case.member),
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_no_program_releases_and_none_fails(stopped, member, program):
    case = CaseFactory(due=True, member=member)
    program(case)
    assert is_unreleased(case)
    assert not OutgoingEmail.objects.filter(kind=OutgoingEmail.Kind.RELEASED).exists()
    start()
    program(case)
    assert not is_unreleased(case)


PEOPLE = {
    "complete": ({}, lambda case, by: releases.complete(case=case, by=by, source="web", release_on=None)),
    "release early": (
        {"scheduled": True},
        lambda case, by: releases.release_now(case=case, by=by, source="web", reason="They need it."),
    ),
    "release what is due": (
        {"due": True},
        lambda case, by: releases.release_now(case=case, by=by, source="api", reason="They need it."),
    ),
    "release from hold": (
        {"held": True},
        lambda case, by: releases.release_now(case=case, by=by, source="admin", reason="They need it."),
    ),
}


@pytest.mark.parametrize(("state", "verb"), PEOPLE.values(), ids=PEOPLE.keys())
def test_no_person_releases_and_they_read_who_stopped_it_when_and_why(stopped, administrator, member, state, verb):
    case = CaseFactory(member=member, **state)
    before = Case.objects.values().get()
    with pytest.raises(ReleasesStopped) as refused:
        verb(case, administrator)
    assert refused.value.message == (
        "All releases are stopped. ada stopped them on Jun 11, 2025, 12:00 PM: “A wrong report went out.” "
        "You can still schedule a release."
    )
    assert refused.value.status == 409
    assert Case.objects.values().get() == before
    assert not CaseEvent.objects.exists()


def test_scheduling_holding_and_returning_go_on(stopped, administrator, technician, member):
    completed, held, held_late, moved, returned = (
        CaseFactory(member=member, assigned_to=technician, **state)
        for state in ({}, {"scheduled": True}, {"due": True}, {"due": True}, {"due": True})
    )
    releases.complete(case=completed, by=technician, source="web", release_on=LATER)
    for case in (held, held_late):
        releases.cancel_schedule(case=case, by=administrator, source="web", reason="Wrong report.")
    releases.schedule(case=moved, by=administrator, source="web", release_on=LATER, reason="Wrong report.")
    releases.return_to_accepted(case=returned, by=technician, source="web")
    assert set(CaseEvent.objects.values_list("kind", flat=True)) == {"completed", "held", "rescheduled", "returned"}


def test_mail_about_what_was_released_before_still_leaves(administrator, member, mailoutbox):
    CaseFactory(due=True, member=member)
    releases.release_due(by="test", source="sweep")
    stop(administrator)
    outbox.deliver()
    assert len(mailoutbox) == 1


# --- The verbs ------------------------------------------------------------------------------------------------------


def test_history_says_who_stopped_and_started_and_why(administrator, clock):
    stop(administrator, "A wrong report.")
    clock.shift(HOUR)
    start(administrator, reason="Corrected.")
    stopped, started = PortalEvent.objects.order_by("pk")
    assert (stopped.kind, stopped.reason, stopped.actor) == ("releases_stopped", "A wrong report.", administrator)
    assert (started.kind, started.reason, started.actor) == ("releases_started", "Corrected.", administrator)
    assert started.details == {"stopped_at": FROZEN.isoformat(), "seconds": 3600}
    assert not ReleaseStop.objects.exists()


def test_a_program_stops_by_its_name():
    assert stop("releases (root)").actor_name == "releases (root)"
    assert PortalEvent.objects.get().system_actor == "releases (root)"


def test_only_administrators_may(administrator, technician, member):
    for person in (technician, member, UserFactory(role="administrator", is_active=False)):
        with pytest.raises(NotAllowed):
            stop(person)
    stop(administrator)
    for person in (technician, member):
        with pytest.raises(NotAllowed):
            start(person)
    assert release_stop.current()


@pytest.mark.parametrize("reason", ["", "  \n", "\u200b"])
def test_a_stop_needs_a_reason(administrator, reason):
    with pytest.raises(CaseError, match="Enter a reason") as refused:
        stop(administrator, reason)
    assert refused.value.field == "reason"
    assert release_stop.current() is None


def test_reasons_have_a_bound(administrator):
    with pytest.raises(TooLong):
        stop(administrator, "x" * (limits.REASON + 1))
    stop(administrator, "x" * limits.REASON)
    with pytest.raises(TooLong):
        start(administrator, reason="x" * (limits.REASON + 1))
    assert release_stop.current()


def test_a_second_stop_is_refused_with_the_first_one(stopped):
    with pytest.raises(WrongState, match="ada stopped them"):
        stop(reason="Another reason.")
    assert ReleaseStop.objects.get().reason == "A wrong report went out."
    assert PortalEvent.objects.count() == 1


def test_what_is_not_stopped_is_not_started(administrator):
    with pytest.raises(WrongState, match="aren't stopped"):
        start(administrator)
    assert not PortalEvent.objects.exists()


def test_somebody_who_has_not_seen_this_stop_does_not_end_it(administrator, clock):
    first = stop(administrator)
    start()
    clock.shift(HOUR)
    second = stop(reason="Worse than we thought.")
    with pytest.raises(WrongState, match="Check the new reason"):
        start(administrator, seen=first.at)
    start(administrator, seen=second.at)


def test_the_database_keeps_one_stop_with_a_reason(stopped):
    for columns in ({"pk": 2, "reason": "Again"}, {"pk": 1, "reason": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ReleaseStop.objects.filter(pk=1).update(reason="") if columns["pk"] == 1 else ReleaseStop.objects.create(
                at=FROZEN, system_actor="test", **columns
            )


# --- Starting again ---------------------------------------------------------------------------------------------------


def test_what_became_due_is_released_oldest_first(administrator, member, clock):
    stop(administrator)
    days = [dt.date(2025, 6, day) for day in (3, 10, 1, 9, 2)]
    late = [CaseFactory(due=True, member=member, scheduled_release_date=day) for day in days]
    clock.shift(HOUR)
    start()
    batches = releases.release_batches(by="test", source="sweep", batch_size=1)
    released = [pk for done in batches for pk in done.released]
    assert released == [case.pk for case in sorted(late, key=lambda case: case.scheduled_release_date)]
    assert set(Case.objects.values_list("actual_release_date", flat=True)) == {FROZEN + HOUR}


def test_a_start_asks_for_a_sweep_once_it_is_committed(stopped, monkeypatch, django_capture_on_commit_callbacks):
    published = []
    monkeypatch.setattr(celery_publisher, "publish_sweep", lambda: published.append("sweep"))
    with django_capture_on_commit_callbacks(execute=True):
        start()
    assert published == ["sweep"]


# --- What it costs ----------------------------------------------------------------------------------------------------


def statements(work) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        work()
    return [query["sql"] for query in captured]


def test_asking_costs_no_statement_of_its_own(member, administrator):
    CaseFactory(due=True, member=member)
    for work in (
        lambda: releases.release_due(by="test", source="sweep"),
        lambda: releases.release_due_of(member),
        lambda: releases.complete(case=CaseFactory(member=member), by=administrator, source="web", release_on=None),
    ):
        alone = [sql for sql in statements(work) if "releasestop" in sql and "cases_case" not in sql]
        assert alone == []


def test_a_stopped_wake_up_with_much_due_is_one_statement(stopped, member):
    CaseFactory.create_batch(3, due=True, member=member)
    asked = statements(lambda: releases.release_due(by="test", source="sweep"))
    assert len([sql for sql in asked if "cases_" in sql]) == 1


def test_a_run_that_has_begun_notices_the_stop_between_two_batches(administrator, member):
    CaseFactory.create_batch(3, due=True, member=member)
    batches = releases.release_batches(by="test", source="sweep", batch_size=1)
    assert len(next(batches).released) == 1
    stop(administrator)
    assert list(batches) == []
    assert Case.objects.filter(actual_release_date=None).count() == 2


def test_no_way_into_the_batch_gets_past_the_stop(stopped, member, administrator):
    """Even for a caller that has locked the rows without checking."""
    case = CaseFactory(due=True, member=member)
    with pytest.raises(ReleasesStopped), transaction.atomic():
        release_batch.release_locked([case.pk], release_batch.ReleaseContext(at=FROZEN, by="test", source="sweep"))
    with pytest.raises(ReleasesStopped), transaction.atomic():
        release_batch.release_one(case, by=administrator, source="web", at=FROZEN)
    assert is_unreleased(case)
