"""Every verb: what it changes, what it writes to the history, and what it refuses. A refusal changes nothing.

Today is June 11, 2025, noon; technicians may choose June 18, 2025, to June 11, 2026.
"""

import datetime as dt

import pytest
from django.utils import timezone

from cases import releases
from cases.casework import drafts
from cases.core.errors import BadSchedule, CaseError, NotAllowed, ReasonRequired, Stale, WrongState
from cases.core.schedule import Schedule
from cases.models import Case, CaseEvent, OutgoingEmail
from tests.conftest import FROZEN
from tests.factories import CaseFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

TODAY = FROZEN.date()


def on(days: int, time: str | None = None) -> Schedule:
    """Return the schedule `days` from today."""
    return Schedule(TODAY + dt.timedelta(days=days), dt.time.fromisoformat(time) if time else None)


@pytest.fixture
def accepted(member, technician) -> Case:
    return CaseFactory(member=member, assigned_to=technician)


@pytest.fixture
def scheduled(member, technician) -> Case:
    """Completed, with a release in a week, at schedule revision 1."""
    return CaseFactory(scheduled=True, member=member, assigned_to=technician)


@pytest.fixture
def held(member, technician) -> Case:
    return CaseFactory(held=True, member=member, assigned_to=technician)


def everything():
    """Return everything that verbs write to."""
    return [list(model.objects.order_by("pk").values()) for model in (Case, CaseEvent, OutgoingEmail)]


def refused(error, verb, **arguments):
    """Assert that `verb` raises `error` and changes nothing. Return the message."""
    before = everything()
    with pytest.raises(error) as caught:
        verb(source="web", **arguments)
    assert everything() == before
    return caught.value


def step(event: CaseEvent):
    """Return the parts of a history row that are worth comparing."""
    return {
        "kind": event.kind,
        "by": event.actor.username if event.actor else event.system_actor,
        "through": event.source,
        "status": (event.from_status, event.to_status),
        "from": event.from_date and Schedule(event.from_date, event.from_time),
        "to": event.to_date and Schedule(event.to_date, event.to_time),
        "why": event.reason,
    }


# --- Before completion ------------------------------------------------------------------------------------------------


def test_a_draft_is_created_edited_and_submitted(member):
    case = drafts.create(by=member, title="Pension", description="When?")
    assert (case.status, case.member, case.urgency) == ("draft", member, "normal")

    case = drafts.edit(case=case, by=member, title="My pension", description="When?", urgency="urgent")
    case = drafts.submit(case=case, by=member, source="web")

    case.refresh_from_db()
    assert (case.status, case.title, case.urgency) == ("submitted", "My pension", "urgent")
    assert case.date_submitted == FROZEN
    assert step(case.events.get()) == {
        "kind": "submitted", "by": "mia", "through": "web", "status": ("draft", "submitted"),
        "from": None, "to": None, "why": "",
    }  # fmt: skip


def test_case_numbers_are_generated_and_differ(member):
    numbers = {drafts.create(by=member, title="", description="").external_case_id for _ in range(20)}
    assert len(numbers) == 20
    assert all(len(number) == 12 and number.startswith("C-") for number in numbers)


def test_a_draft_without_a_title_is_not_submitted(member):
    case = drafts.create(by=member, title="  ", description="")
    assert refused(CaseError, drafts.submit, case=case, by=member).field == "title"


def test_a_technician_accepts_a_submitted_case(technician):
    case = releases.accept(case=CaseFactory(submitted=True), by=technician, source="api")
    case.refresh_from_db()
    assert (case.status, case.assigned_to, case.date_accepted) == ("accepted", technician, FROZEN)
    assert step(case.events.get()) == {
        "kind": "accepted", "by": "tom", "through": "api", "status": ("submitted", "accepted"),
        "from": None, "to": None, "why": "",
    }  # fmt: skip


def test_an_administrator_assigns_a_technician(administrator, technician):
    case = releases.accept(case=CaseFactory(submitted=True), by=administrator, source="web", technician=technician)
    assert case.assigned_to == technician


def test_a_technician_cannot_assign_another(technician, other_technician):
    refused(NotAllowed, releases.accept, case=CaseFactory(submitted=True), by=technician, technician=other_technician)


@pytest.mark.parametrize("who", [{"role": "member"}, {"role": "technician", "is_active": False}], ids=str)
def test_only_active_technicians_are_assigned(administrator, who):
    refused(
        NotAllowed, releases.accept, case=CaseFactory(submitted=True), by=administrator, technician=UserFactory(**who)
    )


def test_of_two_technicians_who_accept_the_first_gets_the_case(technician, other_technician):
    case = CaseFactory(submitted=True)
    releases.accept(case=case, by=technician, source="web")
    refused(WrongState, releases.accept, case=case, by=other_technician)


# --- Completion -------------------------------------------------------------------------------------------------------


def test_complete_and_release_now(accepted, member, technician):
    case = releases.complete(case=accepted, by=technician, source="web", release_on=None)

    assert case == Case.objects.visible_to(member).get()
    assert (case.status, case.date_completed, case.actual_release_date) == ("completed", FROZEN, FROZEN)
    assert (case.scheduled_release_date, case.release_number, case.schedule_revision) == (None, 1, 1)
    completed, released = case.events.order_by("pk")
    assert step(completed) == {
        "kind": "completed", "by": "tom", "through": "web", "status": ("accepted", "completed"),
        "from": None, "to": None, "why": "",
    }  # fmt: skip
    assert step(released) == {
        "kind": "released", "by": "tom", "through": "web", "status": ("completed", "completed"),
        "from": None, "to": None, "why": "",
    }  # fmt: skip
    assert (released.release_number, released.at) == (1, FROZEN)
    assert case.emails.get().state == "waiting"


@pytest.mark.parametrize("release_on", [on(7), on(9, "08:30")], ids=["a date", "a date and a time"])
def test_complete_and_schedule(accepted, member, technician, release_on):
    case = releases.complete(case=accepted, by=technician, source="api", release_on=release_on)

    case.refresh_from_db()
    assert not Case.objects.visible_to(member).exists()
    assert (case.status, case.date_completed, case.actual_release_date) == ("completed", FROZEN, None)
    assert case.schedule == release_on
    assert (case.schedule_revision, case.release_number) == (1, 0)
    assert step(case.events.get()) == {
        "kind": "completed", "by": "tom", "through": "api", "status": ("accepted", "completed"),
        "from": None, "to": release_on, "why": "",
    }  # fmt: skip
    assert not case.emails.exists()


# --- Which schedules may be chosen ------------------------------------------------------------------------------------

TECHNICIANS_MAY = [on(7), on(7, "00:00"), on(7, "23:59"), on(365), on(30, "12:00")]
TECHNICIANS_MAY_NOT = [
    on(-1), on(0), on(0, "12:01"), on(1), on(6), on(6, "23:59"), on(366), on(5000),
    Schedule(dt.date.max), Schedule(dt.date.min), Schedule(dt.date.max, dt.time.max),
]  # fmt: skip
# Any future instant, with a reason.
ADMINISTRATORS_MAY = [on(0, "12:00:01"), on(0, "23:59"), on(1), on(6), on(7), on(366), on(5000)]
NOBODY_MAY = [
    on(-1), on(-1, "23:59"), on(0), on(0, "12:00"), on(0, "11:59"), on(40_000), Schedule(dt.date.max),
    Schedule(dt.date.min), Schedule(dt.date.max, dt.time.max),
]  # fmt: skip


def each(schedules):
    return pytest.mark.parametrize("release_on", schedules, ids=[f"{s.date} {s.time or ''}" for s in schedules])


@each(TECHNICIANS_MAY)
def test_technicians_choose_within_the_limits(accepted, scheduled, technician, release_on):
    releases.complete(case=accepted, by=technician, source="web", release_on=release_on)
    releases.schedule(case=scheduled, by=technician, source="web", release_on=release_on)
    for case in Case.objects.all():
        assert case.schedule == release_on


@each(TECHNICIANS_MAY_NOT)
def test_technicians_are_refused_beyond_them_whatever_reason_they_give(
    accepted, scheduled, held, technician, release_on
):
    error = refused(
        BadSchedule, releases.complete, case=accepted, by=technician, release_on=release_on, reason="please"
    )
    assert error.field == "release_date"
    refused(BadSchedule, releases.schedule, case=scheduled, by=technician, release_on=release_on, reason="please")
    refused(BadSchedule, releases.schedule, case=held, by=technician, release_on=release_on, reason="please")


@each(ADMINISTRATORS_MAY)
def test_administrators_choose_any_future_instant_with_a_reason(accepted, held, administrator, release_on):
    releases.complete(case=accepted, by=administrator, source="web", release_on=release_on, reason="agreed")
    releases.schedule(case=held, by=administrator, source="web", release_on=release_on, reason="agreed")
    for case in Case.objects.all():
        assert case.schedule == release_on
        assert case.events.get().reason == "agreed"


@each(NOBODY_MAY)
def test_nobody_chooses_what_has_passed_or_what_is_beyond_a_lifetime(accepted, scheduled, administrator, release_on):
    refused(BadSchedule, releases.complete, case=accepted, by=administrator, release_on=release_on, reason="agreed")
    refused(BadSchedule, releases.schedule, case=scheduled, by=administrator, release_on=release_on, reason="agreed")


@each([Schedule(dt.date.min), Schedule(dt.date.max), Schedule(dt.date.max, dt.time.max)])
@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati"])
def test_the_ends_of_the_calendar_are_refused_in_every_zone(settings, accepted, administrator, zone, release_on):
    settings.TIME_ZONE = zone
    refused(BadSchedule, releases.complete, case=accepted, by=administrator, release_on=release_on, reason="agreed")


@pytest.mark.parametrize("reason", ["", "   ", "\n"], ids=repr)
def test_administrators_below_the_minimum_say_why(accepted, administrator, reason):
    error = refused(ReasonRequired, releases.complete, case=accepted, by=administrator, release_on=on(6), reason=reason)
    assert error.field == "reason"


def test_administrators_within_the_limits_need_no_reason_to_complete(accepted, administrator):
    assert releases.complete(case=accepted, by=administrator, source="web", release_on=on(7)).is_pending


@pytest.mark.parametrize(
    ("zone", "least"),
    [("Pacific/Auckland", dt.date(2025, 6, 19)), ("America/Los_Angeles", dt.date(2025, 6, 18))],
    ids=["where it is tomorrow", "where it is still morning"],
)
def test_the_minimum_counts_from_today_in_the_portals_zone(settings, accepted, technician, zone, least):
    settings.TIME_ZONE = zone
    day = dt.timedelta(days=1)
    refused(
        BadSchedule, releases.complete, case=accepted, by=technician, release_on=Schedule(least - day, dt.time(23, 59))
    )
    releases.complete(case=accepted, by=technician, source="web", release_on=Schedule(least))


def test_without_a_minimum_technicians_choose_any_moment_that_has_not_passed(settings, accepted, scheduled, technician):
    settings.RELEASE_MIN_DAYS = 0
    for passed in (on(0), on(0, "12:00"), on(-1)):
        error = refused(BadSchedule, releases.complete, case=accepted, by=technician, release_on=passed)
        assert "Release Now" in error.message
    releases.complete(case=accepted, by=technician, source="web", release_on=on(0, "12:02"))
    releases.schedule(case=scheduled, by=technician, source="web", release_on=on(0, "12:00:01"))


def test_with_a_default_time_later_today_the_date_of_today_has_not_passed(settings, accepted, technician):
    settings.RELEASE_MIN_DAYS, settings.RELEASE_TIME_OF_DAY = 0, dt.time(18)
    case = releases.complete(case=accepted, by=technician, source="web", release_on=on(0))
    assert case.release_instant == FROZEN + dt.timedelta(hours=6)


# --- Changes of the schedule ------------------------------------------------------------------------------------------


def test_reschedule(scheduled, technician):
    before = Schedule(scheduled.scheduled_release_date)
    case = releases.schedule(
        case=scheduled, by=technician, source="web", release_on=on(20, "10:00"), reason="wait for it"
    )

    case.refresh_from_db()
    assert case.schedule == on(20, "10:00")
    assert (case.schedule_revision, case.status, case.actual_release_date) == (2, "completed", None)
    assert step(case.events.get()) == {
        "kind": "rescheduled", "by": "tom", "through": "web", "status": ("completed", "completed"),
        "from": before, "to": on(20, "10:00"), "why": "wait for it",
    }  # fmt: skip
    assert case.events.get().schedule_revision == 2


def test_a_held_case_is_scheduled_anew(held, technician):
    case = releases.schedule(case=held, by=technician, source="web", release_on=on(8))
    assert step(case.events.get())["kind"] == "scheduled"
    assert not case.is_held


def test_an_administrator_who_reschedules_says_why(scheduled, administrator):
    refused(ReasonRequired, releases.schedule, case=scheduled, by=administrator, release_on=on(30))


def test_a_due_case_that_is_rescheduled_in_time_is_not_released(member, technician):
    case = CaseFactory(due=True, member=member, assigned_to=technician)
    releases.schedule(case=case, by=technician, source="web", release_on=on(7))
    assert releases.release_due(by="test", source="sweep").released == []


def test_cancel_schedule_holds_the_case(scheduled, administrator, clock):
    before = Schedule(scheduled.scheduled_release_date)
    case = releases.cancel_schedule(case=scheduled, by=administrator, source="admin", reason="a question is open")

    case.refresh_from_db()
    assert case.is_held
    assert (case.scheduled_release_date, case.scheduled_release_time, case.schedule_revision) == (None, None, 2)
    assert step(case.events.get()) == {
        "kind": "held", "by": "ada", "through": "admin", "status": ("completed", "completed"),
        "from": before, "to": None, "why": "a question is open",
    }  # fmt: skip
    clock.shift(dt.timedelta(days=100))
    assert releases.release_due(by="test", source="sweep").released == []


def test_cancel_needs_a_reason(scheduled, administrator):
    refused(ReasonRequired, releases.cancel_schedule, case=scheduled, by=administrator, reason=" ")


@pytest.mark.parametrize("who", ["technician", "administrator"])
def test_return_to_accepted(scheduled, member, request, who):
    by = request.getfixturevalue(who)
    before = Schedule(scheduled.scheduled_release_date)
    case = releases.return_to_accepted(case=scheduled, by=by, source="web", reason="one figure is wrong")

    case.refresh_from_db()
    assert (case.status, case.date_completed, case.scheduled_release_date) == ("accepted", None, None)
    assert (case.schedule_revision, case.assigned_to) == (2, scheduled.assigned_to)
    assert Case.objects.visible_to(member).get() == case
    assert step(case.events.get()) == {
        "kind": "returned", "by": by.username, "through": "web", "status": ("completed", "accepted"),
        "from": before, "to": None, "why": "one figure is wrong",
    }  # fmt: skip


def test_a_returned_case_is_completed_again_and_released_by_its_second_schedule(scheduled, technician, clock):
    releases.return_to_accepted(case=scheduled, by=technician, source="web")
    clock.shift(dt.timedelta(days=3))
    case = releases.complete(case=scheduled, by=technician, source="web", release_on=on(12))
    assert case.date_completed == FROZEN + dt.timedelta(days=3)

    clock.move_to(FROZEN + dt.timedelta(days=8))
    assert releases.release_due(by="test", source="sweep").released == [], "the first schedule is void"
    clock.move_to(FROZEN + dt.timedelta(days=12))
    assert releases.release_due(by="test", source="sweep").released == [case.pk]
    assert [event.kind for event in case.events.order_by("pk")] == ["returned", "completed", "released"]
    assert [event.schedule_revision for event in case.events.order_by("pk")] == [2, 3, 3]


@pytest.mark.parametrize("state", ["scheduled", "held"])
def test_release_now(request, state, administrator, member):
    case = request.getfixturevalue(state)
    before = case.scheduled_release_date and Schedule(case.scheduled_release_date)

    case = releases.release_now(case=case, by=administrator, source="web", reason="she asked for it")

    assert Case.objects.visible_to(member).get().actual_release_date == FROZEN == case.actual_release_date
    assert case.release_number == 1
    assert step(case.events.get()) == {
        "kind": "released", "by": "ada", "through": "web", "status": ("completed", "completed"),
        "from": before, "to": before, "why": "she asked for it",
    }  # fmt: skip
    assert case.emails.get().release_number == 1


def test_release_now_needs_a_reason(scheduled, administrator):
    refused(ReasonRequired, releases.release_now, case=scheduled, by=administrator, reason="")


def test_a_case_released_early_is_not_released_again_at_its_schedule(scheduled, administrator, clock):
    releases.release_now(case=scheduled, by=administrator, source="web", reason="she asked for it")
    clock.shift(dt.timedelta(days=30))
    assert releases.release_due(by="test", source="sweep").released == []
    scheduled.refresh_from_db()
    assert scheduled.actual_release_date == FROZEN
    assert scheduled.emails.count() == 1


def test_a_case_that_is_released_a_second_time_counts_on(member, technician, clock):
    """What a recall leaves behind: completed, not released, release number 1."""
    case = CaseFactory(scheduled=True, member=member, assigned_to=technician)
    clock.shift(dt.timedelta(days=7))
    releases.release_due(by="test", source="sweep")
    Case.objects.filter(pk=case.pk).update(actual_release_date=None)

    releases.release_due(by="test", source="sweep")

    case.refresh_from_db()
    assert case.release_number == 2
    assert [event.release_number for event in case.events.order_by("pk")] == [1, 2]
    assert [email.release_number for email in case.emails.order_by("pk")] == [1, 2]


# --- Failures and stale forms -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["schedule", "cancel_schedule", "return_to_accepted"])
def test_what_failed_under_the_former_schedule_is_forgotten(scheduled, administrator, verb):
    Case.objects.update(release_error="no", release_attempts=3, release_next_try=FROZEN + dt.timedelta(days=30))
    arguments = {"release_on": on(9)} if verb == "schedule" else {}
    case = getattr(releases, verb)(case=scheduled, by=administrator, source="web", reason="once more", **arguments)
    case.refresh_from_db()
    assert (case.release_error, case.release_attempts, case.release_next_try) == ("", 0, None)


STALE = [
    (releases.schedule, {"release_on": on(9), "reason": "because"}),
    (releases.cancel_schedule, {"reason": "because"}),
    (releases.return_to_accepted, {}),
    (releases.release_now, {"reason": "because"}),
]


@pytest.mark.parametrize(("verb", "arguments"), STALE, ids=[verb.__name__ for verb, _ in STALE])
def test_a_form_made_for_an_older_version_is_told_so(scheduled, technician, administrator, verb, arguments):
    releases.schedule(case=scheduled, by=technician, source="web", release_on=on(10))
    refused(Stale, verb, case=scheduled, by=administrator, version=1, **arguments)
    verb(case=scheduled, by=administrator, source="web", version=2, **arguments)


def test_a_completion_form_made_before_a_return_is_told_so(accepted, technician):
    releases.complete(case=accepted, by=technician, source="web", release_on=on(10), version=0)
    releases.return_to_accepted(case=accepted, by=technician, source="web", version=1)
    refused(Stale, releases.complete, case=accepted, by=technician, release_on=on(20), version=0)


def test_verbs_go_by_the_row_and_not_by_the_instance_they_are_given(accepted, technician):
    stale = Case.objects.get(pk=accepted.pk)
    releases.complete(case=accepted, by=technician, source="web", release_on=on(10))
    assert stale.status == "accepted"
    refused(WrongState, releases.complete, case=stale, by=technician, release_on=None)


def test_a_verb_leaves_the_rest_of_the_row_as_another_wrote_it(accepted, technician):
    stale = Case.objects.get(pk=accepted.pk)
    Case.objects.filter(pk=accepted.pk).update(title="A better title")
    releases.complete(case=stale, by=technician, source="web", release_on=on(10))
    accepted.refresh_from_db()
    assert accepted.title == "A better title"


def test_the_clock_of_the_verbs_is_the_frozen_one():
    assert timezone.now() == FROZEN
