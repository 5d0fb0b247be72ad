"""Previews, runs and undo: what they leave alone, how they continue, and what they cost."""

import datetime as dt
from collections import Counter
from importlib import import_module

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import releases
from cases.core import limits
from cases.core.errors import CaseError, NotAllowed, ReasonRequired, WrongState
from cases.delivery import celery_publisher, outbox
from cases.maintenance import cleanup
from cases.models import BulkRow, BulkRun, Case, CaseEvent, OutgoingEmail
from cases.releases import bulk
from cases.releases.bulk import CaseSchedule, Parameters, worker
from cases.releases.bulk.worker import LEASE
from cases.selectors import bulk_rows
from tests.conftest import FROZEN
from tests.factories import CaseAnswerFactory, CaseDocumentFactory, CaseFactory, CaseTypeFactory, UserFactory
from tests.triggers import refuse
from tests.unit.releases.bulk.test_as_one_case import condition
from tests.unit.releases.test_races import Thread, held_open

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

DAY = dt.timedelta(days=1)
TODAY = FROZEN.date()  # a Wednesday
REASON = "The letter came late."


@pytest.fixture
def scheduled(member, technician):
    """Three cases of Tom that are released in a week."""
    return CaseFactory.create_batch(3, scheduled=True, member=member, assigned_to=technician)


def preview(by, action, cases, reason=REASON, **chosen):
    return bulk.preview(
        by=by, action=action, keys=[case.pk for case in cases], parameters=Parameters(**chosen), reason=reason
    )


def done(run):
    """Start the run and process it."""
    bulk.start(by=run.by, run=run)
    bulk.work_off()
    run.refresh_from_db()
    return run


def codes(run):
    return [row.code for row in run.rows.all()]


def dates(cases):
    return list(
        Case.objects.filter(pk__in=[c.pk for c in cases])
        .order_by("pk")
        .values_list("scheduled_release_date", flat=True)
    )


def stored():
    return [list(model.objects.order_by("pk").values()) for model in (Case, CaseEvent, OutgoingEmail)]


# --- Preview ----------------------------------------------------------------------------------------------------------


def test_a_preview_changes_no_case_and_keeps_the_order(technician, other_technician, scheduled, member):
    foreign = CaseFactory(scheduled=True, member=member, assigned_to=other_technician)
    draft = CaseFactory(draft=True, member=member)
    before = stored()

    run = preview(technician, "shift", [scheduled[2], foreign, draft, scheduled[0], scheduled[2]], days=3)

    assert stored() == before
    assert [row.case_id for row in run.rows.all()] == [scheduled[2].pk, foreign.pk, scheduled[0].pk]
    assert codes(run) == ["will", "not_allowed", "will"]
    assert (run.total, run.to_do, run.worked, run.percent) == (3, 2, 0, 0)
    assert bulk_rows.counts(run) == {"will": 2, "not_allowed": 1}
    assert bulk_rows.rows_of(run, "not_allowed").get().case_id == foreign.pk
    assert bulk.told(run.rows.first(), run) == "From Wed, Jun 18, 2025 to Sat, Jun 21, 2025"


@pytest.mark.parametrize(
    ("role", "action", "chosen", "error", "field"),
    [
        ("member", "shift", {"days": 1}, NotAllowed, None),
        ("technician", "hold", {}, NotAllowed, None),
        ("technician", "undo", {}, CaseError, "action"),
        ("technician", "shift", {}, CaseError, "days"),
        ("technician", "shift", {"days": 400}, CaseError, "days"),
        ("technician", "schedule", {}, CaseError, "date"),
        ("technician", "spread", {"date": TODAY}, CaseError, "most_a_day"),
        ("technician", "hand_over", {"technician": 0}, CaseError, "technician"),
        ("technician", "add_condition", {"kind": "manual"}, CaseError, "name"),
        ("technician", "add_condition", {"kind": "magic"}, CaseError, "kind"),
        ("technician", "add_condition", {"kind": "answer", "owner": 10**9}, CaseError, "owner"),
        ("technician", "urgency", {"urgency": "soon"}, CaseError, "urgency"),
        ("technician", "case_type", {"case_type": 10**9}, CaseError, "case_type"),
        ("administrator", "hold", {"reason": ""}, ReasonRequired, "reason"),
        ("administrator", "hold", {"reason": "x" * (limits.REASON + 1)}, CaseError, "reason"),
    ],
)
def test_a_preview_refuses_what_no_case_could_get(role, action, chosen, error, field, request, scheduled):
    with pytest.raises(error) as caught:
        preview(request.getfixturevalue(role), action, scheduled, **chosen)
    assert caught.value.field == field
    assert not BulkRun.objects.exists()


def test_a_run_takes_ten_thousand_cases(technician):
    with pytest.raises(bulk.TooManyCases, match="10,000"):
        bulk.preview(by=technician, action="return", keys=range(1, 10_002), parameters=Parameters())
    with pytest.raises(bulk.NothingSelected):
        bulk.preview(by=technician, action="return", keys=[10**9], parameters=Parameters())


def test_dates_are_shifted_and_spread_over_open_days(technician, member, settings):
    settings.RELEASE_ON_WEEKENDS = False
    friday = TODAY + 9 * DAY
    cases = CaseFactory.create_batch(
        4, scheduled=True, member=member, assigned_to=technician, scheduled_release_date=friday
    )
    on_hold = CaseFactory(held=True, member=member, assigned_to=technician)

    def planned(action, **chosen):
        run = preview(technician, action, [*cases, on_hold], **chosen)
        return [(row.to_date - friday).days if row.to_date else row.code for row in run.rows.all()], codes(run)[0]

    assert planned("shift", days=1) == ([1, 1, 1, 1, "state"], "date")
    assert planned("shift", days=1, working_days=True) == ([3, 3, 3, 3, "state"], "will")
    assert planned("shift", days=-2, working_days=True) == ([-2, -2, -2, -2, "state"], "will")
    assert planned("spread", date=friday + DAY, most_a_day=2) == ([3, 3, 4, 4, 5], "will")


@pytest.mark.parametrize("most_a_day", [1, 2, 4, 6])
@pytest.mark.parametrize("on_weekends", [True, False])
def test_cases_that_are_spread_the_same_way_again_stay(administrator, member, settings, most_a_day, on_weekends):
    settings.RELEASE_ON_WEEKENDS = on_weekends
    cases = CaseFactory.create_batch(5, scheduled=True, member=member)
    cases.insert(2, CaseFactory(held=True, member=member))

    def spread(selected):
        before = dates(cases)
        run = preview(administrator, "spread", selected, date=TODAY + 8 * DAY, most_a_day=most_a_day)
        if run.to_do:
            done(run)
        assert max(Counter(dates(cases)).values()) <= most_a_day
        return before != dates(cases)

    assert spread(cases)
    assert [spread(cases), spread(cases)] == [False, False]
    spread(cases[::-1])
    assert not spread(cases[::-1])


@pytest.mark.parametrize("places", [(0, 1), (2, 5), (4, 5)])
def test_selected_cases_that_cannot_be_moved_keep_their_places(technician, other_technician, places):
    monday = TODAY + 12 * DAY
    on_monday = {"scheduled": True, "scheduled_release_date": monday}
    cases = [
        CaseFactory(**on_monday, assigned_to=other_technician if place in places else technician) for place in range(6)
    ]
    # A past release takes up no place.
    cases.append(CaseFactory(released=True, assigned_to=technician, scheduled_release_date=monday))
    done(preview(technician, "spread", cases, date=monday, most_a_day=3))
    assert Counter(dates(cases[:6])) == {monday: 3, monday + DAY: 3}


@pytest.mark.parametrize("chunk", [1, 2, 1000])
@pytest.mark.parametrize("places", [(0, 1), (2, 5), (4, 5), (3, 4)])
@pytest.mark.parametrize("why", ["not theirs", "minimum of its type"])
def test_cases_that_stay_keep_their_places_wherever_they_are(
    technician, other_technician, monkeypatch, chunk, places, why
):
    """They are refused because of their state, or because of the day that they would get."""
    monkeypatch.setattr(import_module("cases.releases.bulk.preview"), "CHUNK", chunk)
    monday = TODAY + 12 * DAY
    slow = CaseTypeFactory(min_days=60)
    cases = []
    for place in range(6):
        stays = place in places
        facts = {"assigned_to": other_technician if stays and why == "not theirs" else technician}
        facts["case_type"] = slow if stays and why != "not theirs" else None
        cases.append(CaseFactory(scheduled=True, scheduled_release_date=monday, **facts))
    run = preview(technician, "spread", cases, date=monday, most_a_day=3)
    assert [code in ("not_allowed", "date") for code in codes(run)] == [place in places for place in range(6)]
    done(run)
    assert Counter(dates(cases)) == {monday: 3, monday + DAY: 3}


def test_who_is_pushed_beyond_the_last_day_stays_and_is_counted_there(technician, settings):
    settings.RELEASE_MAX_DAYS = 20
    last, slow = TODAY + 20 * DAY, CaseTypeFactory(min_days=60)
    days = {last - 2 * DAY: None, last: slow, last - DAY: None, last + 5 * DAY: None}
    cases = [
        CaseFactory(scheduled=True, assigned_to=technician, scheduled_release_date=day, case_type=case_type)
        for day, case_type in days.items()
    ]
    # The slow one keeps the last day. So the third finds no day and keeps its own, and the first finds none either.
    run = preview(technician, "spread", cases, date=last - DAY, most_a_day=1)
    assert codes(run) == ["date"] * 4
    assert set(run.rows.values_list("to_date", flat=True)) == {None}
    two_a_day = preview(technician, "spread", cases, date=last - DAY, most_a_day=2)
    assert codes(two_a_day) == ["will", "date", "unchanged", "will"]
    assert [row.to_date and (row.to_date - last).days for row in two_a_day.rows.all()] == [-1, None, -1, 0]


@pytest.mark.parametrize("on_weekends", [True, False])
def test_a_weekend_has_no_working_days_even_with_releases(technician, member, settings, on_weekends):
    settings.RELEASE_ON_WEEKENDS = on_weekends
    friday = TODAY + 9 * DAY
    for day, later, moved in ((0, 2, 4), (1, 1, 2), (2, 1, 1), (3, -1, -3), (2, -1, -2)):
        case = CaseFactory(
            scheduled=True, member=member, assigned_to=technician, scheduled_release_date=friday + day * DAY
        )
        row = preview(technician, "shift", [case], days=later, working_days=True).rows.get()
        assert (row.to_date - case.scheduled_release_date).days == moved, (day, later)


def test_totals_count_members_and_crowded_days(administrator, technician, scheduled, settings):
    settings.RELEASE_CROWDED_DAY = 2
    silent = CaseFactory(scheduled=True, member=UserFactory(email=""), assigned_to=technician)
    there = TODAY + 20 * DAY
    CaseFactory(scheduled=True, scheduled_release_date=there)

    moved = preview(administrator, "schedule", scheduled, date=there)
    released = preview(administrator, "release_now", [*scheduled, silent])

    assert [(day.date, day.count, day.is_more) for day in moved.crowded_days] == [(there, 4, False)]
    assert (moved.mails, released.mails) == (0, 1)


def test_a_file_gives_each_case_a_date_of_its_own(administrator, scheduled):
    first, second, third = scheduled
    lines = [
        CaseSchedule(first.pk, TODAY + 9 * DAY, dt.time(9), "Asked for it"),
        CaseSchedule(second.pk, TODAY - DAY, reason="Too late"),
        CaseSchedule(third.pk, TODAY + 9 * DAY),
        CaseSchedule(first.pk, TODAY + 11 * DAY, reason="Twice"),
    ]
    run = done(bulk.preview_each(by=administrator, schedules=lines))

    assert codes(run) == ["done", "date", "refused"]
    first.refresh_from_db()
    assert (first.scheduled_release_date, first.scheduled_release_time) == (TODAY + 9 * DAY, dt.time(9))
    assert first.events.get().reason == "Asked for it"


# --- Run --------------------------------------------------------------------------------------------------------------


def test_only_its_maker_starts_a_run_once_and_soon(technician, administrator, scheduled, clock):
    run = preview(technician, "shift", scheduled, days=3)
    with pytest.raises(NotAllowed):
        bulk.start(by=administrator, run=run)
    bulk.start(by=technician, run=run)
    with pytest.raises(WrongState):
        bulk.start(by=technician, run=run)
    late = preview(technician, "shift", scheduled, days=3)
    clock.shift(2 * DAY)
    with pytest.raises(WrongState):
        bulk.start(by=technician, run=late)


def test_what_changed_since_the_preview_is_left_alone(technician, administrator, scheduled):
    held, released, _same = scheduled
    run = preview(technician, "shift", scheduled, days=3)
    again = preview(technician, "shift", scheduled, days=3)
    releases.cancel_schedule(case=held, by=administrator, source="web", reason="Wait")
    releases.release_now(case=released, by=administrator, source="web", reason="Now")
    before = stored()

    assert codes(done(run)) == ["changed", "state", "done"]
    assert [rows[:2] for rows in stored()[:1]] == [rows[:2] for rows in before[:1]]
    assert (run.worked, run.changed, run.state) == (3, 1, "done")
    assert "changed after the preview" in run.rows.first().words
    # Another run over the same rows finds all of them changed.
    assert codes(done(again)) == ["changed", "state", "changed"]


def test_another_worker_goes_on_where_one_was_killed(technician, scheduled, clock, monkeypatch):
    monkeypatch.setattr(worker, "BATCH", 1)
    run = preview(technician, "shift", scheduled, days=3)
    bulk.start(by=technician, run=run)
    dead = worker._claim()
    worker._work_batch(dead)

    assert bulk.work_off() == 0  # the dead worker's lease has not ended yet
    clock.shift(LEASE + dt.timedelta(seconds=1))
    assert worker.is_waiting()
    assert bulk.work_off() == 2
    assert worker._work_batch(dead) is None

    run.refresh_from_db()
    assert (run.state, run.worked, run.changed) == ("done", 3, 3)
    assert CaseEvent.objects.filter(bulk_run=run, source="bulk").count() == 3
    assert dates(scheduled) == [TODAY + 10 * DAY] * 3


def test_a_worker_whose_time_is_over_hands_the_rest_on(technician, scheduled, monkeypatch):
    monkeypatch.setattr(worker, "BATCH", 1)
    published = []
    monkeypatch.setattr(celery_publisher, "publish_bulk_waiting", lambda: published.append(1))
    bulk.start(by=technician, run=preview(technician, "shift", scheduled, days=3))

    assert bulk.work_off(seconds=1e-9) == 0
    run = worker._claim()
    worker._return_claim(run)
    assert len(published) == 1
    assert bulk.work_off() == 3


def test_a_row_that_the_database_refuses_does_not_stop_the_others(technician, scheduled):
    refuse("cases_caseevent", "INSERT", f"NEW.case_id = {scheduled[1].pk}")

    run = done(preview(technician, "shift", scheduled, days=3))

    assert codes(run) == ["done", "failed", "done"]
    assert dates(scheduled) == [TODAY + 10 * DAY, TODAY + 7 * DAY, TODAY + 10 * DAY]


def test_old_previews_are_deleted_and_runs_are_kept(technician, scheduled, clock):
    preview(technician, "shift", scheduled, days=2)
    run = done(preview(technician, "shift", scheduled, days=3))
    clock.shift(2 * DAY)
    young = preview(technician, "shift", scheduled, days=4)
    assert cleanup.clean_up(FROZEN + 2 * DAY)["previews"] == 4
    assert set(BulkRun.objects.all()) == {run, young}


def test_one_person_keeps_a_few_previews(technician, other_technician, scheduled, monkeypatch):
    """Each has up to ten thousand rows, and nobody asks who makes one after the other."""
    monkeypatch.setattr("cases.releases.bulk.open_previews.KEPT", 2)
    run = done(preview(technician, "shift", scheduled, days=1))
    others = preview(other_technician, "shift", scheduled, days=1)
    made = [preview(technician, "shift", scheduled, days=number) for number in (2, 3, 4)]
    assert set(BulkRun.objects.all()) == {run, others, *made[1:]}
    with pytest.raises(WrongState, match="expired"):
        bulk.start(by=technician, run=made[0])


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_preview_that_is_started_while_old_ones_are_deleted_is_kept(technician, scheduled, clock):
    run = preview(technician, "shift", scheduled, days=3)
    with held_open(lambda: bulk.start(by=technician, run=run)):
        cleaning = Thread(lambda: cleanup.clean_up(FROZEN + 2 * DAY))
        cleaning.join(timeout=2)  # it may wait for the start
    cleaning.result()
    assert BulkRun.objects.get().state == BulkRun.State.WAITING


def test_who_has_lost_the_right_meanwhile_changes_nothing(technician, scheduled):
    run = preview(technician, "shift", scheduled, days=3)
    bulk.start(by=technician, run=run)
    technician.is_active = False
    technician.save()
    before = stored()
    bulk.work_off()
    assert codes(run) == ["not_allowed"] * 3
    assert stored() == before


def test_the_command_works_runs_off(technician, scheduled, capsys):
    bulk.start(by=technician, run=preview(technician, "shift", scheduled, days=3))
    call_command("release_scheduled_cases")
    assert "Bulk operations: 3 cases processed." in capsys.readouterr().out


# What is chosen in addition to the common fields, and whether each case has an open approval.
COSTS = {
    "shift": {},
    "shift, with approvals": {},
    "release_now": {},
    "hand_over": {},
    "add_condition": {},
    "add_condition, of a colleague": {"kind": "external"},
    "add_condition, of an approval": {"kind": "approval"},
    "add_condition, that is met": {"kind": "report"},
    "waive_condition, with approvals": {"kind": "approval"},
    "case_type": {},
    "return": {},
    "return, with approvals": {},
}


@pytest.mark.parametrize("what", COSTS)
def test_a_batch_costs_the_same_statements_for_many_cases(what, administrator, technician, other_technician):
    for person in (technician, other_technician):
        person.set_password("x")
        person.save()
    action = what.split(",")[0]
    chosen = {"days": 3, "technician": other_technician.pk, "kind": "manual", "name": "Payment received"} | COSTS[what]
    chosen["case_type"] = CaseTypeFactory(conditions=["manual"]).pk
    chosen["owner"] = None if what == "add_condition" else other_technician.pk
    state = {} if action == "case_type" else {"scheduled": True}

    def statements(count):
        cases = [CaseFactory(assigned_to=technician, **state) for _number in range(count)]
        for number, case in enumerate(cases):  # completed one after the other, as people do
            CaseAnswerFactory(case=case)
            CaseDocumentFactory(case=case)
            if "with approvals" in what:
                condition(case, "approval", owner=other_technician)
            Case.objects.filter(pk=case.pk).update(date_completed=FROZEN - number * DAY)
        with CaptureQueriesContext(connection) as previewed:
            run = preview(administrator, action, cases, **chosen)
        with CaptureQueriesContext(connection) as worked:
            assert set(codes(done(run))) == {"done"}
            undo = bulk.preview_undo(by=administrator, run=run, reason=REASON)
            assert set(codes(done(undo))) == {"done"}
        return len(previewed), len(worked)

    assert statements(2) == statements(9)


# --- Undo -------------------------------------------------------------------------------------------------------------

KEPT = [
    *("status", "urgency", "case_type_id", "assigned_to_id", "scheduled_release_date", "scheduled_release_time"),
    *("date_completed", "open_conditions", "actual_release_date"),
]


@pytest.mark.parametrize(
    ("action", "state"),
    [
        ("shift", "scheduled"),
        ("spread", "held"),
        ("hold", "scheduled"),
        ("return", "scheduled"),
        ("hand_over", "scheduled"),
        ("add_condition", "accepted"),
        ("meet_condition", "accepted"),
        ("waive_condition", "scheduled"),
        ("urgency", "accepted"),
        ("case_type", "accepted"),
    ],
)
def test_an_undo_restores_what_nothing_has_changed_since(
    action, state, administrator, technician, other_technician, clock
):
    for person in (technician, other_technician):
        person.set_password("x")
        person.save()
    traits = {} if state == "accepted" else {state: True}
    cases = [CaseFactory(assigned_to=technician, **traits) for _number in range(3)]
    for case in cases:
        condition(case, "manual", "Payment received")
    before = list(Case.objects.order_by("pk").values(*KEPT))
    chosen = {"date": TODAY + 9 * DAY, "days": 3, "most_a_day": 1, "technician": other_technician.pk}
    name = "Payment received" if "condition" in action and action != "add_condition" else "Proof of address"
    chosen |= {"kind": "manual", "name": name, "urgency": "urgent"}
    chosen["case_type"] = CaseTypeFactory(conditions=["report"]).pk
    by = administrator if action in ("hold", "waive_condition") else technician
    run = done(preview(by, action, cases, **chosen))
    assert codes(run) == ["done"] * 3
    after = list(Case.objects.order_by("pk").values(*KEPT))
    assert all(one != other for one, other in zip(before, after, strict=True))
    # Someone has worked on one of them since.
    Case.objects.filter(pk=cases[0].pk).update(version=99)

    undo = done(bulk.preview_undo(by=by, run=run))

    assert codes(undo) == ["changed", "done", "done"]
    assert list(Case.objects.order_by("pk").values(*KEPT)) == [after[0], *before[1:]]
    assert cases[1].events.filter(bulk_run=undo, reason=f"Bulk operation {run.pk} was undone.").exists()
    # It can be undone only once.
    assert not bulk.preview_undo(by=by, run=run).to_do


def test_a_bulk_release_is_undone_or_recalled(administrator, technician, scheduled, member, clock, mailoutbox):
    run = done(preview(administrator, "release_now", scheduled[:2]))
    assert codes(run) == ["done", "done"]
    with pytest.raises(ReasonRequired):
        bulk.preview_undo(by=administrator, run=run)
    at_once = done(bulk.preview_undo(by=administrator, run=run, reason="Wrong letter"))
    clock.shift(31)
    outbox.deliver()

    assert codes(at_once) == ["done", "done"]
    assert (at_once.mails, len(mailoutbox)) == (0, 0)
    assert {event.kind for event in CaseEvent.objects.filter(bulk_run=at_once)} == {"undone"}
    assert not Case.objects.visible_to(member).exists()

    late = done(preview(administrator, "release_now", scheduled[2:]))
    clock.shift(31)
    outbox.deliver()
    recalled = done(bulk.preview_undo(by=administrator, run=late, reason="Wrong letter"))

    assert (recalled.mails, codes(recalled)) == (1, ["done"])
    assert {event.kind for event in CaseEvent.objects.filter(bulk_run=recalled)} == {"recalled"}
    assert OutgoingEmail.objects.filter(kind="recalled").count() == 1


def test_a_date_that_has_passed_is_not_restored(technician, administrator, scheduled, clock):
    run = done(preview(technician, "shift", scheduled, days=9))
    with pytest.raises(NotAllowed):
        bulk.preview_undo(by=UserFactory(role="technician"), run=run)
    clock.shift(8 * DAY)
    undo = bulk.preview_undo(by=administrator, run=run)
    assert codes(undo) == ["date"] * 3
    with pytest.raises(WrongState):
        bulk.preview_undo(by=administrator, run=undo)
    assert BulkRow.objects.filter(run=undo).first().words == "The previous release date has passed."
