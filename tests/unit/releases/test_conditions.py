"""Conditions of a case: what each verb changes, records and refuses, and what holds a release back.

Today is June 11, 2025, noon.
"""

import datetime as dt

import pytest

from cases import releases
from cases.core import limits
from cases.core.errors import CaseError, NotAllowed, ReasonRequired, Stale, TooLong, WrongState
from cases.core.schedule import Schedule
from cases.delivery import celery_publisher
from cases.lifecycle.case_conditions import digest
from cases.lifecycle.history import latest_events
from cases.models import CaseAnswer, CaseEvent, Condition, Notification, OutgoingEmail
from cases.templatetags.case_history import facts_in_words
from tests.conftest import FROZEN
from tests.factories import CaseDocumentFactory, CaseFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

WEEK = Schedule(FROZEN.date() + dt.timedelta(days=7))
FORTNIGHT = Schedule(FROZEN.date() + dt.timedelta(days=14))
PAYMENT = "Payment received"


@pytest.fixture
def accepted(member, technician):
    return CaseFactory(member=member, assigned_to=technician)


@pytest.fixture
def scheduled(member, technician):
    return CaseFactory(scheduled=True, member=member, assigned_to=technician)


@pytest.fixture
def due(member, technician):
    return CaseFactory(due=True, member=member, assigned_to=technician)


def add(case, kind="manual", *, by=None, name=PAYMENT, **options):
    condition = releases.add_condition(
        case=case, by=by or case.assigned_to, source="web", kind=kind, name=name, **options
    )
    case.refresh_from_db()
    return condition


def kinds(case):
    return [event.kind for event in case.events.order_by("pk")]


def sweep():
    return releases.release_due(by="sweep", source="sweep").released


@pytest.fixture
def woken(monkeypatch):
    """Return the cases for which a worker was woken."""
    found = []
    monkeypatch.setattr(
        celery_publisher, "publish_wake_up", lambda *, case_id, revision, at: found.append(case_id) or True
    )
    return found


# --- Adding and removing ---------------------------------------------------------------------------------------------


def test_adding_one_holds_the_release_back_and_is_history(due, technician):
    condition = add(due)
    assert (condition.state, condition.since, condition.name) == ("open", FROZEN, PAYMENT)
    assert (due.open_conditions, due.version) == (1, 2)
    assert sweep() == []
    event = due.events.get()
    assert (event.kind, event.actor, event.source) == ("condition_added", technician, "web")
    assert event.details == {"condition": condition.pk, "condition_kind": "manual", "name": PAYMENT}


@pytest.mark.parametrize(
    ("kind", "name", "field"),
    [("manual", " \u200b", "name"), ("external", "", "name"), ("nonsense", "x", "kind"), ("", "x", "kind")],
)
def test_a_kind_and_a_name_are_needed(accepted, kind, name, field):
    with pytest.raises(CaseError) as caught:
        add(accepted, kind, name=name)
    assert caught.value.field == field
    assert not accepted.conditions.exists()


def test_a_name_is_one_line_and_has_an_end(accepted):
    assert add(accepted, name="Paid\nin  full").name == "Paid in  full"
    with pytest.raises(TooLong):
        add(accepted, name="x" * (limits.CONDITION + 1))


def test_what_a_kind_says_itself_has_no_name(accepted):
    assert add(accepted, "report").name == ""


def test_a_case_has_so_many_at_most(accepted):
    for number in range(limits.CONDITIONS):
        add(accepted, name=f"Number {number}")
    with pytest.raises(WrongState):
        add(accepted)
    assert accepted.open_conditions == limits.CONDITIONS


@pytest.mark.parametrize("kind", ["report", "answer", "approval"])
def test_some_kinds_exist_once(accepted, kind):
    add(accepted, kind)
    with pytest.raises(WrongState):
        add(accepted, kind)


def test_an_owner_is_staff_with_an_active_account(accepted, other_technician, other_member):
    assert add(accepted, owner=other_technician).owner == other_technician
    for nobody in (other_member, UserFactory(role="technician", is_active=False)):
        with pytest.raises(CaseError) as caught:
            add(accepted, owner=nobody)
        assert caught.value.field == "owner"


def test_a_form_for_an_older_version_is_refused(accepted):
    with pytest.raises(Stale):
        add(accepted, version=accepted.version + 1)


def test_removed_by_who_added_it_and_by_administrators(accepted, technician, administrator):
    by_technician, another, by_administrator = add(accepted), add(accepted), add(accepted, by=administrator)
    with pytest.raises(NotAllowed):
        releases.remove_condition(condition=by_administrator, by=technician, source="web")
    releases.remove_condition(condition=by_technician, by=technician, source="web")
    releases.remove_condition(condition=another, by=administrator, source="web")
    accepted.refresh_from_db()
    assert accepted.open_conditions == 1
    assert kinds(accepted)[-2:] == ["condition_removed", "condition_removed"]


def test_what_is_met_or_of_the_type_is_not_removed(accepted, technician, administrator):
    met, of_type = add(accepted), add(accepted)
    releases.meet_condition(condition=met, by=technician, source="web")
    Condition.objects.filter(pk=of_type.pk).update(from_type=True)
    with pytest.raises(WrongState):
        releases.remove_condition(condition=met, by=technician, source="web")
    with pytest.raises(NotAllowed):
        releases.remove_condition(condition=of_type, by=administrator, source="web")


def test_removing_the_last_one_wakes_a_worker(due, technician, woken, django_capture_on_commit_callbacks):
    condition = add(due)
    with django_capture_on_commit_callbacks(execute=True):
        releases.remove_condition(condition=condition, by=technician, source="web")
    assert woken == [due.pk]


# --- Meeting and waiving ---------------------------------------------------------------------------------------------


def test_the_last_one_met_after_the_instant_releases_at_once(
    due, technician, woken, django_capture_on_commit_callbacks
):
    first, last = add(due), add(due, name="Signed")
    with django_capture_on_commit_callbacks(execute=True):
        releases.meet_condition(condition=first, by=technician, source="web")
    assert (woken, sweep()) == ([], [])
    with django_capture_on_commit_callbacks(execute=True):
        last = releases.meet_condition(condition=last, by=technician, source="web")
    assert (last.state, last.settled_by, last.settled_at, last.settled_through) == ("met", technician, FROZEN, "web")
    assert woken == [due.pk]
    assert sweep() == [due.pk]
    assert OutgoingEmail.objects.count() == 1


@pytest.mark.parametrize("state", ["held", "scheduled", "accepted"])
def test_met_before_the_instant_or_without_a_date_changes_nothing_else(
    technician, state, woken, django_capture_on_commit_callbacks
):
    case = CaseFactory(assigned_to=technician, **({} if state == "accepted" else {state: True}))
    condition = add(case)
    with django_capture_on_commit_callbacks(execute=True):
        releases.meet_condition(condition=condition, by=technician, source="web")
    assert (woken, sweep()) == ([], [])
    before = case.status
    case.refresh_from_db()
    assert (case.open_conditions, case.status, case.is_released) == (0, before, False)


@pytest.mark.parametrize("kind", ["report", "answer", "approval", "external"])
def test_only_manual_ones_are_confirmed_by_hand(scheduled, administrator, kind):
    with pytest.raises(WrongState):
        releases.meet_condition(condition=add(scheduled, kind), by=administrator, source="web")


def test_waiving_takes_an_administrator_and_a_reason(due, technician, administrator):
    condition = add(due)
    with pytest.raises(NotAllowed):
        releases.waive_condition(condition=condition, by=technician, source="web", reason="because")
    with pytest.raises(ReasonRequired):
        releases.waive_condition(condition=condition, by=administrator, source="web", reason=" ")
    with pytest.raises(TooLong):
        releases.waive_condition(condition=condition, by=administrator, source="web", reason="x" * 1001)
    waived = releases.waive_condition(condition=condition, by=administrator, source="web", reason="The court asked")
    assert (waived.state, waived.reason, waived.settled_by) == ("waived", "The court asked", administrator)
    assert due.events.first().reason == "The court asked"
    assert sweep() == [due.pk]


@pytest.mark.parametrize("verb", ["meet_condition", "waive_condition", "approve", "remove_condition"])
def test_what_is_settled_or_gone_is_not_settled_again(scheduled, administrator, verb):
    kind = "approval" if verb == "approve" else "manual"
    settled = add(scheduled, kind)
    reason = {"reason": "because"} if verb == "waive_condition" else {}
    releases.waive_condition(condition=settled, by=administrator, source="web", reason="because")
    before = Condition.objects.values().get()
    with pytest.raises(WrongState):
        getattr(releases, verb)(condition=settled, by=administrator, source="web", **reason)
    assert Condition.objects.values().get() == before
    Condition.objects.all().delete()
    with pytest.raises(WrongState):
        getattr(releases, verb)(condition=settled, by=administrator, source="web", **reason)


def test_conditions_of_a_released_case_are_history(scheduled, technician, administrator):
    condition = add(scheduled)
    releases.waive_condition(condition=condition, by=administrator, source="web", reason="because")
    releases.release_now(case=scheduled, by=administrator, source="web", reason="asked")
    with pytest.raises(WrongState):
        add(scheduled)


# --- Reports and answers ---------------------------------------------------------------------------------------------


def answer(case, text="Yes."):
    return CaseAnswer.objects.create(case=case, text=text, updated_at=FROZEN, updated_by=case.assigned_to)


def test_completion_settles_what_the_work_meets_and_a_return_opens_it_again(accepted, technician):
    add(accepted, "report")
    add(accepted, "answer")
    CaseDocumentFactory(case=accepted)
    answer(accepted, "")
    case = releases.complete(case=accepted, by=technician, source="web", release_on=WEEK)
    report, answered = case.conditions.order_by("pk")
    assert (report.state, report.settled_by, answered.state) == ("met", technician, "open")
    case.refresh_from_db()
    assert case.open_conditions == 1
    assert kinds(case)[2:] == ["condition_met", "completed"]

    case = releases.return_to_accepted(case=case, by=technician, source="web")
    case.refresh_from_db()
    assert (case.open_conditions, kinds(case)[-2:]) == (2, ["condition_reopened", "returned"])
    assert not case.conditions.exclude(state="open").exists()


def test_one_that_is_added_after_the_completion_looks_at_what_is_there(scheduled):
    CaseDocumentFactory(case=scheduled)
    assert add(scheduled, "report").state == "met"
    assert scheduled.open_conditions == 0
    assert add(scheduled, "answer").state == "open"


def test_what_was_confirmed_or_waived_stays_so_after_a_return(scheduled, technician, administrator):
    met, waived = add(scheduled), add(scheduled, "answer")
    releases.meet_condition(condition=met, by=technician, source="web")
    releases.waive_condition(condition=waived, by=administrator, source="web", reason="because")
    releases.return_to_accepted(case=scheduled, by=technician, source="web")
    assert sorted(scheduled.conditions.values_list("state", flat=True)) == ["met", "waived"]


# --- Releasing by hand -----------------------------------------------------------------------------------------------


def test_release_now_is_refused_while_one_is_open_and_says_which(accepted, technician, administrator):
    add(accepted)
    add(accepted, "answer")
    with pytest.raises(WrongState, match="Payment received, Answer written"):
        releases.complete(case=accepted, by=technician, source="web", release_on=None)
    accepted.refresh_from_db()
    assert accepted.status == "accepted"
    case = releases.complete(case=accepted, by=technician, source="web", release_on=WEEK)
    with pytest.raises(WrongState, match=PAYMENT):
        releases.release_now(case=case, by=administrator, source="web", reason="asked")
    for condition in case.conditions.all():
        releases.waive_condition(condition=condition, by=administrator, source="web", reason="because")
    assert releases.release_now(case=case, by=administrator, source="web", reason="asked").is_released


def test_an_open_row_that_the_case_does_not_count_holds_it_back_and_is_told(due, member, administrator):
    condition = add(due)
    others = [CaseFactory(due=True) for _ in range(3)]
    due.open_conditions = 0
    due.save()
    batch = releases.release_due(by="sweep", source="sweep")
    assert sorted(batch.released) == sorted(other.pk for other in others)
    assert batch.failed == {due.pk: "OpenCondition: a condition is open that the case does not count"}
    due.refresh_from_db()
    assert due.release_attempts == 1
    due.release_next_try, due.release_attempts, due.release_error = None, 0, ""
    due.save()
    assert releases.release_due_of(member).released == []
    with pytest.raises(WrongState, match=PAYMENT):
        releases.release_now(case=due, by=administrator, source="web", reason="asked")
    assert condition.case_id == due.pk


# --- Approval --------------------------------------------------------------------------------------------------------


def test_a_second_person_approves_and_the_digest_is_kept(scheduled, other_technician):
    condition = releases.approve(condition=add(scheduled, "approval"), by=other_technician, source="web")
    scheduled.refresh_from_db()
    assert (condition.state, condition.settled_by) == ("met", other_technician)
    assert condition.approved_digest == digest(scheduled)
    assert (scheduled.open_conditions, kinds(scheduled)[-1]) == (0, "approved")


def test_neither_the_technician_nor_who_completed_it_approves(accepted, technician, other_technician, administrator):
    add(accepted, "approval")
    case = releases.complete(case=accepted, by=administrator, source="web", release_on=WEEK)
    condition = case.conditions.get()
    for person in (technician, administrator):
        with pytest.raises(NotAllowed):
            releases.approve(condition=condition, by=person, source="web")
    releases.approve(condition=condition, by=other_technician, source="web")


def test_the_technician_of_the_case_is_not_asked_to_approve_it(scheduled, technician, administrator):
    with pytest.raises(CaseError, match="tom works on this case") as caught:
        add(scheduled, "approval", owner=technician)
    assert caught.value.field == "owner"
    assert add(scheduled, "manual", owner=technician).owner == technician
    assert add(scheduled, "approval", owner=administrator).owner == administrator


def test_a_case_in_progress_is_not_approved_yet(accepted, other_technician):
    condition = add(accepted, "approval")
    with pytest.raises(WrongState):
        releases.approve(condition=condition, by=other_technician, source="web")


def test_an_approval_is_of_the_version_that_was_looked_at(scheduled, technician, other_technician):
    condition = add(scheduled, "approval")
    seen = scheduled.version
    releases.schedule(case=scheduled, by=technician, source="web", release_on=FORTNIGHT)
    with pytest.raises(Stale):
        releases.approve(condition=condition, by=other_technician, source="web", version=seen)


def test_an_approval_that_is_asked_for_again_gets_the_new_owner(scheduled, technician, other_technician, administrator):
    condition = add(scheduled, "approval", owner=administrator)
    releases.approve(condition=condition, by=administrator, source="web")
    Notification.objects.all().delete()
    again = add(scheduled, "approval", owner=other_technician)
    assert (again.pk, Condition.objects.get().owner) == (condition.pk, other_technician)
    assert list(Notification.objects.values_list("recipient", "kind")) == [(other_technician.pk, "approval")]
    event = latest_events(scheduled, limit=1)[0]
    assert (event.kind, event.details["owner"]) == ("condition_reopened", other_technician.pk)
    assert facts_in_words(event) == "Approval by a second person → otto"

    releases.approve(condition=again, by=other_technician, source="web")
    assert add(scheduled, "approval").owner is None
    assert latest_events(scheduled, limit=1)[0].named == {}


LAPSES = {
    "reschedule": lambda case, person: releases.schedule(
        case=case, by=person, source="web", release_on=FORTNIGHT, reason="wait"
    ),
    "hold": lambda case, person: releases.cancel_schedule(case=case, by=person, source="web", reason="wait"),
    "return": lambda case, person: releases.return_to_accepted(case=case, by=person, source="web"),
}


@pytest.mark.parametrize("change", LAPSES.values(), ids=LAPSES)
def test_it_lapses_when_something_else_would_be_released(scheduled, other_technician, administrator, change, clock):
    condition = releases.approve(condition=add(scheduled, "approval"), by=other_technician, source="web")
    clock.move_to(FROZEN + dt.timedelta(hours=1))
    change(scheduled, administrator)
    condition.refresh_from_db()
    scheduled.refresh_from_db()
    later = FROZEN + dt.timedelta(hours=1)
    assert (condition.state, condition.lapsed_at, condition.since) == ("open", later, later)
    assert (condition.settled_by, condition.approved_digest, scheduled.open_conditions) == (None, "", 1)
    assert "approval_lapsed" in kinds(scheduled)


def test_the_digest_is_of_schedule_answer_and_reports(scheduled):
    found = {digest(scheduled)}
    report = CaseDocumentFactory(case=scheduled)
    CaseDocumentFactory(case=scheduled, submission=True)
    found.add(digest(scheduled))
    text = answer(scheduled)
    found.add(digest(scheduled))
    text.text = "No."
    text.save()
    found.add(digest(scheduled))
    scheduled.scheduled_release_time = dt.time(9)
    found.add(digest(scheduled))
    report.delete()
    found.add(digest(scheduled))
    assert len(found) == 6


# --- A second approver for early releases ----------------------------------------------------------------------------


@pytest.fixture
def four_eyes(settings):
    settings.REQUIRE_SECOND_APPROVER = True


def early(case, by):
    return releases.release_now(case=case, by=by, source="web", reason="asked")


@pytest.mark.usefixtures("four_eyes")
def test_an_early_release_needs_the_approval_of_somebody_else(scheduled, administrator, other_technician):
    with pytest.raises(WrongState, match="second person"):
        early(scheduled, administrator)
    condition = add(scheduled, "approval", by=administrator)
    with pytest.raises(WrongState, match="second person"):
        early(scheduled, administrator)
    releases.approve(condition=condition, by=administrator, source="web")
    with pytest.raises(WrongState, match="yourself"):
        early(scheduled, administrator)
    again = add(scheduled, "approval", by=administrator)
    assert (again.pk, again.state) == (condition.pk, "open")
    releases.approve(condition=again, by=other_technician, source="web")
    assert early(scheduled, administrator).is_released


@pytest.mark.usefixtures("four_eyes")
def test_a_waived_or_lapsed_approval_is_none(scheduled, administrator, other_technician):
    condition = add(scheduled, "approval", by=administrator)
    releases.approve(condition=condition, by=other_technician, source="web")
    CaseDocumentFactory(case=scheduled)  # as a manual change could, bypassing every verb
    with pytest.raises(WrongState, match="second person"):
        early(scheduled, administrator)
    again = add(scheduled, "approval", by=administrator)
    releases.waive_condition(condition=again, by=administrator, source="web", reason="because")
    with pytest.raises(WrongState, match="second person"):
        early(scheduled, administrator)


@pytest.mark.usefixtures("four_eyes")
def test_releases_by_schedule_and_on_completion_need_none(accepted, technician, due):
    assert releases.complete(case=accepted, by=technician, source="web", release_on=None).is_released
    assert sweep() == [due.pk]


def test_the_history_names_no_condition_where_the_case_has_none(scheduled, technician):
    releases.schedule(case=scheduled, by=technician, source="web", release_on=FORTNIGHT)
    assert set(CaseEvent.objects.values_list("kind", flat=True)) == {"rescheduled"}


@pytest.mark.parametrize("by", ["technician", "administrator"])
def test_the_same_date_once_more_changes_nothing(scheduled, other_technician, by, request):
    approval = add(scheduled, "approval", name="")
    releases.approve(condition=approval, by=other_technician, source="web")
    scheduled.refresh_from_db()
    before = (scheduled.version, scheduled.schedule_revision, kinds(scheduled))
    same = scheduled.schedule
    case = releases.schedule(case=scheduled, by=request.getfixturevalue(by), source="api", release_on=same, reason="x")
    approval.refresh_from_db()
    scheduled.refresh_from_db()
    assert (approval.state, case.open_conditions) == ("met", 0)
    assert (scheduled.version, scheduled.schedule_revision, kinds(scheduled)) == before


def test_an_approval_for_a_time_that_comes_twice_is_for_the_first(technician, other_technician, settings, clock):
    """On that night, it is 2:30 in Berlin at both 0:30 and 1:30 UTC."""
    settings.TIME_ZONE = "Europe/Berlin"
    case = CaseFactory(
        assigned_to=technician,
        scheduled=True,
        scheduled_release_date=dt.date(2025, 10, 26),
        scheduled_release_time=dt.time(2, 30),
    )
    condition = releases.add_condition(case=case, by=technician, source="web", kind="approval")
    releases.approve(condition=condition, by=other_technician, source="web")
    for time, is_released in (("00:29:59", False), ("00:30", True), ("01:30", True)):
        clock.move_to(dt.datetime.fromisoformat(f"2025-10-26T{time}+00:00"))
        releases.release_due(by="test", source="command")
        case.refresh_from_db()
        condition.refresh_from_db()
        assert (case.is_released, condition.state) == (is_released, "met")
    assert case.release_number == 1
