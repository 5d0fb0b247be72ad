"""Why a case is not released yet: each reason, and that the verdict is the same rule as the set-based `due`."""

import datetime as dt
import random
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import releases
from cases.core.errors import NotAllowed, WrongState
from cases.core.schedule import Schedule
from cases.core.text import isolated
from cases.lifecycle import permissions
from cases.lifecycle.condition_owners import last_completed_by
from cases.lifecycle.history import latest_events
from cases.lifecycle.permissions import Action
from cases.lifecycle.why_not_yet import ReasonKind, verdict, verdict_now, verdicts
from cases.models import Absence, Case, CaseEvent, Condition, ReleaseStop, User
from tests.conftest import FROZEN
from tests.factories import CaseFactory, UserFactory

pytestmark = pytest.mark.django_db

DAY, HOUR, SECOND = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(seconds=1)
TICK = dt.timedelta(microseconds=1)


def stop_releases(administrator, at=FROZEN):
    return ReleaseStop.objects.create(at=at, actor=administrator, reason="A wrong report went out.")


def condition(case, kind="manual", name="Fee received", **columns):
    made = Condition.objects.create(
        case=case,
        kind=kind,
        name=name if kind in ("manual", "external") else "",
        created=FROZEN,
        since=FROZEN,
        **columns,
    )
    Case.objects.filter(pk=case.pk).update(open_conditions=case.conditions.filter(state="open").count())
    case.refresh_from_db()
    return made


def reasons(case, now=FROZEN):
    return verdict_now(case, now=now).reasons


def only(case, now=FROZEN):
    (reason,) = reasons(case, now)
    return reason


# --- Each reason: what it says, since when, and who can change it -----------------------------------------------------


@pytest.mark.usefixtures("clock")
class TestReasons:
    def test_a_released_case_waits_for_nothing(self):
        found = verdict_now(CaseFactory(released=True), now=FROZEN)
        assert (found.is_released, found.is_due, found.reasons) == (True, False, ())

    def test_a_due_case_waits_for_nothing(self):
        found = verdict_now(CaseFactory(due=True), now=FROZEN)
        assert (found.is_released, found.is_due, found.sentences) == (False, True, "")

    def test_a_draft(self, member):
        reason = only(CaseFactory(draft=True, member=member))
        assert (reason.kind, reason.text, reason.who) == ("draft", "The member hasn't submitted it", "mia")

    def test_work(self, technician):
        reason = only(CaseFactory(submitted=True, date_submitted=FROZEN - DAY))
        assert (reason.text, reason.since) == ("No technician has accepted it", FROZEN - DAY)
        reason = only(CaseFactory(assigned_to=technician, date_accepted=FROZEN - HOUR))
        assert (reason.kind, reason.since, reason.who) == ("work", FROZEN - HOUR, "tom or an administrator")

    @pytest.mark.parametrize(
        ("days", "text"),
        [
            (2, "The date is 2 days away"),
            (1, "The date is tomorrow"),
            (0, "The release time is later today"),
        ],
    )
    def test_the_date(self, days, text):
        date = FROZEN.date() + days * DAY
        reason = only(CaseFactory(scheduled=True, scheduled_release_date=date, scheduled_release_time=dt.time(23)))
        assert (reason.kind, reason.text) == ("date", text)
        assert reason.until == dt.datetime.combine(date, dt.time(23), dt.UTC)

    def test_the_date_names_who_set_it_and_when(self, technician, administrator, clock):
        case = CaseFactory(assigned_to=technician)
        case = releases.complete(case=case, by=technician, source="web", release_on=Schedule(dt.date(2025, 6, 20)))
        assert (only(case).since, only(case).by) == (FROZEN, technician)
        clock.shift(HOUR)
        case = releases.schedule(
            case=case, by=administrator, source="web", release_on=Schedule(dt.date(2025, 6, 21)), reason="Court"
        )
        assert (only(case).since, only(case).by) == (FROZEN + HOUR, administrator)

    def test_a_hold_names_who_gave_it_and_when(self, administrator, clock):
        case = CaseFactory(scheduled=True)
        clock.shift(HOUR)
        case = releases.cancel_schedule(case=case, by=administrator, source="web", reason="A figure is wrong.")
        reason = only(case)
        assert (reason.kind, reason.text) == ("hold", "No release date is set")
        assert (reason.since, reason.by) == (FROZEN + HOUR, administrator)

    def test_a_case_of_another_system_has_no_history(self):
        reason = only(CaseFactory(held=True, date_completed=FROZEN - DAY, assigned_to=None))
        assert (reason.since, reason.by, reason.who) == (FROZEN - DAY, None, "Administrators")

    def test_a_failure_waits_for_its_next_try(self):
        case = CaseFactory(due=True, release_attempts=2, release_error="no", release_next_try=FROZEN + 30 * SECOND)
        reason = only(case)
        assert (reason.kind, reason.text) == ("failure", "The release failed 2 times")
        assert (reason.since, reason.until) == (case.release_instant, FROZEN + 30 * SECOND)
        assert verdict_now(case, now=FROZEN + 30 * SECOND).is_due

    @pytest.mark.parametrize("state", ["accepted", "held", "scheduled"])
    def test_deputies_can_change_it_too(self, state, technician, other_technician):
        """Otto stands in for Tom today, and Dora for both. Fritz did so yesterday, and a deputy has left."""
        case = CaseFactory(assigned_to=technician, **({} if state == "accepted" else {state: True}))
        today = FROZEN.date()
        for username, days, is_active in (("fritz", (-2, -1), True), ("gone", (0, 0), False)):
            deputy = UserFactory(username=username, role="technician", is_active=is_active)
            first, last = (today + each * DAY for each in days)
            Absence.objects.create(technician=technician, deputy=deputy, first_day=first, last_day=last)
        assert only(case).who == "tom or an administrator"
        dora = UserFactory(username="dora", role="technician")
        for away, deputy in ((technician, other_technician), (other_technician, dora)):
            Absence.objects.create(technician=away, deputy=deputy, first_day=today, last_day=today)
        assert only(case).who == "tom, dora (deputy), otto (deputy) or an administrator"
        assert reasons(CaseFactory(assigned_to=dora))[0].who == "dora or an administrator"

    @pytest.mark.parametrize("left", [{"is_active": False}, {"role": "member"}])
    def test_a_technician_who_left_cannot_change_it(self, left, technician, other_technician):
        case = CaseFactory(assigned_to=technician, held=True)
        User.objects.filter(pk=technician.pk).update(**left)
        case = Case.objects.get(pk=case.pk)
        assert only(case).who == "Administrators"
        if "role" in left:
            return  # no longer away
        today = FROZEN.date()
        Absence.objects.create(technician=technician, deputy=other_technician, first_day=today, last_day=today)
        assert only(case).who == "otto (deputy) or an administrator"

    @pytest.mark.parametrize(
        ("kind", "text", "who"),
        [
            ("manual", "Condition still open: “Fee received”", "tom or an administrator"),
            ("external", "Condition still open: “Fee received”", "Anyone with the link"),
            ("approval", "Condition still open: Approval by a second person", "A colleague who didn't work on it"),
        ],
    )
    def test_a_condition(self, kind, text, who, technician):
        case = CaseFactory(due=True, assigned_to=technician)
        columns = {"link_digest": "x", "link_expires_at": FROZEN + DAY} if kind == "external" else {}
        made = condition(case, kind, **columns)
        reason = only(case)
        assert (reason.kind, reason.text, reason.who, reason.since) == ("condition", text, who, FROZEN)
        assert reason.condition == made

    def test_a_condition_with_an_owner_is_theirs(self, other_technician):
        case = CaseFactory(due=True)
        condition(case, owner=other_technician)
        assert only(case).who == "otto"

    def test_settled_conditions_hold_nothing_back(self):
        case = CaseFactory(due=True)
        condition(case, state="met", settled_at=FROZEN, settled_through="web")
        assert verdict_now(case, now=FROZEN).is_due

    def test_a_stop_holds_what_is_due(self, administrator):
        case = CaseFactory(due=True)
        stop_releases(administrator)
        reason = only(case)
        assert (reason.kind, reason.since, reason.by) == ("stop", FROZEN, administrator)
        assert reason.who == "Administrators"

    def test_all_reasons_are_told(self, administrator):
        case = CaseFactory(scheduled=True)
        condition(case)
        condition(case, "approval")
        stop_releases(administrator)
        assert [reason.kind for reason in reasons(case)] == ["stop", "date", "condition", "condition"]
        assert verdict_now(case, now=FROZEN).sentences.startswith("All releases are stopped. The date is 7 days away. ")

    def test_what_people_wrote_can_be_left_out(self):
        case = CaseFactory(due=True)
        condition(case, name="Payment of Mia Novak")
        assert only(case).without_peoples_words == "Condition still open: Something to confirm"


# --- Who can approve, by the rules of the verb ------------------------------------------------------------------------

OWNERS = {"technician": {}, "administrator": {}, "member": {}, "left": {"role": "technician", "is_active": False}}


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("role", OWNERS)
@pytest.mark.parametrize("tie", ["none", "assigned", "deputy", "completed", "completed before it was reopened"])
def test_the_owner_of_an_approval_is_named_as_long_as_that_one_can_give_it(role, tie, technician, administrator):
    owner = UserFactory(username="olaf", **{"role": role} | OWNERS[role])
    case = CaseFactory(scheduled=True, assigned_to=owner if tie == "assigned" else technician)
    asked = condition(case, "approval", owner=owner)
    if tie == "deputy":
        Absence.objects.create(technician=technician, deputy=owner, first_day=FROZEN.date(), last_day=FROZEN.date())
    completers = {"completed": [owner], "completed before it was reopened": [owner, administrator]}
    for person in completers.get(tie, [technician]):
        CaseEvent.objects.create(
            case=case, kind="completed", at=FROZEN, source="web", actor=person, schedule_revision=1
        )
    events = latest_events(case, limit=10)
    panel = verdict(case, now=FROZEN, conditions=[asked], completed_by=last_completed_by(events))
    said = [found.reasons[-1].who for found in (panel, verdict_now(case, now=FROZEN))]
    try:
        releases.approve(condition=asked, by=owner, source="web")
    except (NotAllowed, Case.DoesNotExist):
        assert said == ["A colleague who didn't work on it"] * 2
    else:
        assert said == [isolated("olaf")] * 2


@pytest.mark.usefixtures("clock")
def test_an_owner_who_has_left_settles_nothing(technician, other_technician):
    case = CaseFactory(scheduled=True, scheduled_release_date=FROZEN.date(), assigned_to=technician)
    condition(case, owner=other_technician)
    assert "otto" in reasons(case)[-1].who
    User.objects.filter(pk=other_technician.pk).update(is_active=False)
    assert "tom" in reasons(case)[-1].who


# --- For many cases ---------------------------------------------------------------------------------------------------


def test_many_cases_take_four_statements(technician, administrator, clock):
    for _ in range(20):
        condition(CaseFactory(due=True, assigned_to=technician), owner=administrator)
        condition(releases.complete(
            case=CaseFactory(assigned_to=technician), by=technician, source="web",
            release_on=Schedule(dt.date(2025, 6, 20)),
        ))  # fmt: skip
    stop_releases(administrator)
    cases = list(Case.objects.select_related("member", "assigned_to"))
    with CaptureQueriesContext(connection) as queries:
        found = verdicts(cases, now=FROZEN)
        assert all(found[case.pk].sentences for case in cases)
    assert len(queries) == 4


def test_many_approvals_take_two_statements_more(technician, clock):
    for owner in UserFactory.create_batch(10, role="technician"):
        condition(CaseFactory(scheduled=True, assigned_to=technician), "approval", owner=owner)
    cases = list(Case.objects.select_related("member", "assigned_to"))
    with CaptureQueriesContext(connection) as queries:
        assert len(verdicts(cases, now=FROZEN)) == 10
    assert len(queries) == 6


# --- The same rule as `due` -------------------------------------------------------------------------------------------

# Days on which a clock skips or repeats an hour or half an hour, and an ordinary one.
DAYS = [
    ("UTC", dt.date(2025, 6, 11)),
    ("Europe/Berlin", dt.date(2025, 3, 30)),
    ("Europe/Berlin", dt.date(2025, 10, 26)),
    ("America/New_York", dt.date(2025, 3, 9)),
    ("America/New_York", dt.date(2025, 11, 2)),
    ("Australia/Lord_Howe", dt.date(2025, 10, 5)),
    ("Australia/Lord_Howe", dt.date(2025, 4, 6)),
    ("America/Santiago", dt.date(2025, 9, 7)),
    ("America/Havana", dt.date(2025, 11, 2)),
    ("Pacific/Apia", dt.date(2011, 12, 30)),
]
ROWS = 150


def random_case(chance, day, moments, people):
    """A row in any state, with a schedule within a day or two of `day` and perhaps a failure at one of `moments`."""
    status = chance.choice(["draft", "submitted", "accepted", *["completed"] * 9])
    columns = {}
    if status == "completed" and chance.random() < 0.9:
        columns["scheduled_release_date"] = day + chance.randint(-2, 2) * DAY
        if chance.random() < 0.7:
            columns["scheduled_release_time"] = dt.time(
                chance.randrange(4) if chance.random() < 0.6 else chance.randrange(24),
                chance.choice([0, 15, 30, 45, 59]),
                chance.choice([0, 0, 59]),
                chance.choice([0, 0, 1, 999_999]),
            )
    if status == "completed" and chance.random() < 0.15:
        columns |= {"actual_release_date": chance.choice(moments), "release_number": 1}
    if status == "completed" and chance.random() < 0.3:
        columns |= {"release_attempts": 1, "release_error": "no", "release_next_try": chance.choice(moments)}
    return CaseFactory.build(**people, status=status, **columns)


def random_conditions(chance, case, at):
    """Up to three conditions, open or settled, and the count of the open ones on the case."""
    states = [chance.choice(["open", "met", "waived"]) for _ in range(chance.choice([0, 0, 0, 1, 2, 3]))]
    case.open_conditions = states.count("open")
    for state in states:
        settled = {} if state == "open" else {"settled_at": at, "settled_through": "web", "reason": "Because."}
        yield Condition(case=case, kind="manual", name="Fee", created=at, since=at, state=state, **settled)


# Each seed draws different rows. One set for each day is enough to show that SQLite compares them in the same way.
@pytest.mark.parametrize("seed", range(3 if connection.vendor == "postgresql" else 1))
@pytest.mark.parametrize(("zone", "day"), DAYS, ids=[f"{zone} {day}" for zone, day in DAYS])
def test_the_verdict_is_due_where_the_set_is(zone, day, seed, settings, administrator):
    chance = random.Random(f"{zone}{day}{seed}")
    settings.TIME_ZONE = zone
    settings.RELEASE_TIME_OF_DAY = chance.choice([dt.time(0), dt.time(2, 30), dt.time(23, 59, 59)])
    noon = dt.datetime.combine(day, dt.time(12), ZoneInfo(zone)).astimezone(dt.UTC)
    moments = [noon + chance.uniform(-40, 40) * HOUR for _ in range(6)]
    people = {"member": UserFactory(), "assigned_to": UserFactory(role="technician")}
    cases = [random_case(chance, day, moments, people) for _ in range(ROWS)]
    conditions = [made for case in cases for made in random_conditions(chance, case, noon)]
    Case.objects.bulk_create(cases)
    Condition.objects.bulk_create(conditions)
    # Also the exact instants of schedules, and the moment before.
    instants = [case.release_instant for case in cases if case.release_instant]
    moments += [at for instant in chance.sample(instants, 6) for at in (instant, instant - TICK)]
    everything = list(Case.objects.select_related("member", "assigned_to"))
    for now in moments:
        found = verdicts(everything, now=now)
        due = set(Case.objects.due(now).values_list("pk", flat=True))
        assert {pk for pk, verdict in found.items() if verdict.is_due} == due
        assert all(verdict.is_released or verdict.is_due or verdict.sentences for verdict in found.values())
        overdue = set(Case.objects.overdue(now).values_list("pk", flat=True))
        assert not overdue & due
        assert {pk for pk in overdue if any(reason.kind == ReasonKind.DATE for reason in found[pk].reasons)} == set()
    stop_releases(administrator, at=noon)
    assert not any(verdict.is_due for verdict in verdicts(everything, now=moments[0]).values())


def test_the_rows_decide_and_not_the_count(clock):
    """A wrong count would silently hold the case back, or be found by the releasing transaction."""
    case = CaseFactory(due=True)
    made = condition(case)
    Case.objects.update(open_conditions=0)
    case.refresh_from_db()
    assert not verdict(case, now=FROZEN, conditions=[made]).is_due


# --- Where it is told -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("clock")
def test_a_refusal_for_a_case_past_its_date_says_why(technician):
    case = CaseFactory(due=True, assigned_to=technician)
    with pytest.raises(WrongState, match="is being released now"):
        permissions.check(Action.COMPLETE, by=technician, case=case)
    condition(case)
    with pytest.raises(WrongState, match=r"can't be released yet\. Condition still open: “Fee received”\."):
        permissions.check(Action.COMPLETE, by=technician, case=case)


def test_the_last_change_of_each_case_counts(technician, administrator, clock):
    case = CaseFactory(assigned_to=technician)
    case = releases.complete(case=case, by=technician, source="web", release_on=Schedule(dt.date(2025, 6, 20)))
    clock.shift(HOUR)
    case = releases.cancel_schedule(case=case, by=administrator, source="web", reason="Wait")
    clock.shift(HOUR)
    CaseEvent.objects.create(
        case=case, kind="document_attached", actor=technician, at=FROZEN + 2 * HOUR, source="web", schedule_revision=2
    )
    assert only(case, FROZEN + 2 * HOUR).since == FROZEN + HOUR
