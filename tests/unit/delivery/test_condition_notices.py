"""Notifications about conditions are still true when sent: repeated after an approval lapsed, dropped if it is settled.

Today is June 11, 2025, noon.
"""

import datetime as dt

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import releases
from cases.accounts import people
from cases.accounts.absences import end_absence, set_absence, tell_of_begun
from cases.casework import corrections
from cases.core.schedule import Schedule
from cases.delivery import outbox
from cases.delivery.notifications import notify
from cases.lifecycle import case_conditions
from cases.models import BulkRun, Condition, Notification
from cases.releases import bulk, condition_links, notices
from cases.releases.bulk import Parameters
from cases.selectors import notifications as selectors
from tasks.reminders import queue_reminders
from tests.conftest import FROZEN
from tests.factories import CaseAnswerFactory, CaseFactory, CaseTypeFactory, UserFactory
from tests.stored_clock import store

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

WEB = {"source": "web"}
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
WEEK = Schedule(FROZEN.date() + 7 * DAY)
FORTNIGHT = Schedule(FROZEN.date() + 14 * DAY)


@pytest.fixture(autouse=True)
def emails_are_usual(settings):
    settings.NOTIFICATION_EMAILS = True


@pytest.fixture
def approval(technician, administrator):
    """The open approval of a case that its technician has completed. Ada and another administrator are asked."""
    UserFactory(username="eve", role="administrator")
    case = CaseFactory(assigned_to=technician)
    condition = releases.add_condition(case=case, by=technician, kind="approval", **WEB)
    releases.complete(case=case, by=technician, release_on=WEEK, **WEB)
    condition.refresh_from_db()
    return condition


def mailed(mailoutbox):
    outbox.deliver()
    told = sorted(message.to[0].partition("@")[0] for message in mailoutbox)
    mailoutbox.clear()
    return told


def move_in_bulk(case, technician):
    chosen = Parameters(date=FORTNIGHT.date)
    run = bulk.preview(by=technician, action="schedule", keys=[case.pk], parameters=chosen, reason="")
    bulk.start(by=technician, run=run)
    bulk.work_off()


def move(case, technician):
    releases.schedule(case=case, by=technician, release_on=FORTNIGHT, **WEB)


def reopen_and_complete(case, technician):
    releases.return_to_accepted(case=case, by=technician, **WEB)
    releases.complete(case=case, by=technician, release_on=FORTNIGHT, **WEB)


@pytest.mark.parametrize("change", [move, move_in_bulk, reopen_and_complete])
def test_an_approval_that_lapsed_is_asked_for_again_of_who_has_not_read_the_former_request(
    approval, technician, administrator, clock, mailoutbox, change
):
    assert mailed(mailoutbox) == ["ada", "eve"]
    clock.shift(HOUR)
    releases.approve(condition=approval, by=administrator, **WEB)
    clock.shift(HOUR)
    change(approval.case, technician)
    approval.refresh_from_db()
    assert approval.is_open
    assert mailed(mailoutbox) == ["ada", "eve"]


def test_one_that_stays_open_is_asked_for_once(approval, technician, clock, mailoutbox):
    assert mailed(mailoutbox) == ["ada", "eve"]
    clock.shift(HOUR)
    move(approval.case, technician)
    assert mailed(mailoutbox) == []
    assert Notification.objects.filter(kind="approval").count() == 2


# --- Emails that leave later ------------------------------------------------------------------------------------------


def approve(condition, technician, administrator):
    releases.approve(condition=condition, by=administrator, **WEB)


def waive(condition, technician, administrator):
    releases.waive_condition(condition=condition, by=administrator, reason="x", **WEB)


def remove(condition, technician, administrator):
    releases.remove_condition(condition=condition, by=technician, **WEB)


def reopen(condition, technician, administrator):
    releases.return_to_accepted(case=condition.case, by=technician, **WEB)


def nothing(condition, technician, administrator):
    """The approval is still needed."""


@pytest.mark.parametrize(
    ("change", "told"),
    # A waiver is told to the technician, as something that a colleague did.
    [(approve, []), (waive, ["tom"]), (remove, []), (reopen, []), (nothing, ["ada", "eve"])],
)
def test_no_email_asks_for_an_approval_that_is_no_longer_needed(
    approval, technician, administrator, clock, mailoutbox, change, told
):
    change(approval, technician, administrator)
    clock.shift(DAY)
    assert mailed(mailoutbox) == told


def waive_in_bulk(condition, technician, administrator):
    chosen = Parameters(kind="approval")
    run = bulk.preview(
        by=administrator, action="waive_condition", keys=[condition.case_id], parameters=chosen, reason="x"
    )
    bulk.start(by=administrator, run=run)
    bulk.work_off()


def unread(kind):
    rows = Notification.objects.filter(kind=kind, read_at__isnull=True)
    return sorted(rows.values_list("recipient__username", flat=True))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (approve, []),
        (waive, []),
        (waive_in_bulk, []),
        (remove, []),
        (reopen, ["ada", "eve"]),
        (nothing, ["ada", "eve"]),
    ],
)
def test_the_bell_forgets_an_approval_that_is_no_longer_needed(approval, technician, administrator, change, told):
    other = releases.add_condition(case=CaseFactory(assigned_to=technician), by=technician, kind="approval", **WEB)
    releases.complete(case=other.case, by=technician, release_on=WEEK, **WEB)
    change(approval, technician, administrator)
    assert unread("approval") == sorted([*told, "ada", "eve"]), "the other one is still needed"


def test_the_bell_of_an_owner_and_a_deputy_forgets_it_too(technician, other_technician, administrator, clock):
    deputy = UserFactory(username="dora", role="technician")
    today = FROZEN.date()
    set_absence(technician=other_technician, deputy=deputy, first_day=today, last_day=today, by=administrator)
    case = CaseFactory(assigned_to=technician)
    condition = releases.add_condition(case=case, by=technician, kind="approval", owner=other_technician, **WEB)
    owned = releases.add_condition(
        case=case, by=technician, kind="manual", name="Payment", owner=other_technician, **WEB
    )
    releases.complete(case=case, by=technician, release_on=WEEK, **WEB)
    assert (unread("approval"), unread("condition")) == (["dora", "otto"], ["otto"])
    releases.approve(condition=condition, by=administrator, **WEB)
    releases.meet_condition(condition=owned, by=technician, **WEB)
    assert (unread("approval"), unread("condition")) == ([], [])


def test_the_bell_forgets_what_the_work_on_a_case_has_met(technician, other_technician, administrator):
    for kind in ("report", "answer"):
        case = CaseFactory(assigned_to=technician)
        releases.add_condition(case=case, by=technician, kind=kind, owner=other_technician, **WEB)
    CaseAnswerFactory(case=case)
    releases.complete(case=case, by=technician, release_on=WEEK, **WEB)
    assert unread("condition") == ["otto"], "the report is still needed"


def correct(case, administrator):
    corrections.correct(case=case, by=administrator, case_type=None, urgency="normal", **WEB)


def correct_in_bulk(case, administrator):
    run_of(administrator, "case_type", case, Parameters())


@pytest.mark.parametrize("change", [correct, correct_in_bulk])
def test_the_bell_forgets_the_conditions_of_a_former_type(technician, administrator, change):
    case = CaseFactory(assigned_to=technician, case_type=CaseTypeFactory(conditions=["approval"]))
    case.conditions.create(kind="approval", from_type=True, created=FROZEN, since=FROZEN)
    case_conditions.recount(case)
    case.save()
    releases.complete(case=case, by=technician, release_on=WEEK, **WEB)
    assert unread("approval") == ["ada"]
    releases.return_to_accepted(case=case, by=technician, **WEB)
    change(case, administrator)
    assert (case.conditions.count(), unread("approval")) == (0, [])


@pytest.mark.parametrize(("is_met", "told"), [(True, []), (False, ["otto"])])
def test_no_email_tells_the_owner_of_a_condition_that_is_met(
    technician, other_technician, clock, mailoutbox, is_met, told
):
    case = CaseFactory(assigned_to=technician)
    owned = {"kind": "manual", "name": "Payment", "owner": other_technician}
    condition = releases.add_condition(case=case, by=technician, **owned, **WEB)
    if is_met:
        releases.meet_condition(condition=condition, by=technician, **WEB)
    clock.shift(DAY)
    assert mailed(mailoutbox) == told


def meet(case, condition):
    releases.meet_condition(condition=condition, by=case.assigned_to, **WEB)


def move_away(case, condition):
    releases.schedule(case=case, by=case.assigned_to, release_on=FORTNIGHT, **WEB)


def stay(case, condition):
    """It is still held."""


@pytest.mark.parametrize(("change", "told"), [(meet, False), (move_away, False), (stay, True)])
@pytest.mark.parametrize("kind", ["held", "failed"])
def test_no_email_says_that_a_case_is_held_back_which_is_not(technician, clock, mailoutbox, change, told, kind):
    case = CaseFactory(due=True, assigned_to=technician)
    condition = releases.add_condition(case=case, by=technician, kind="manual", name="Payment", **WEB)
    case.refresh_from_db()
    notify(kind, case=case, to=[technician], by="sweep", at=FROZEN, ref=case.schedule_revision)
    change(case, condition)
    releases.release_due(by="sweep", source="sweep")
    clock.shift(DAY)
    assert ("tom" in mailed(mailoutbox)) == told


# --- What is told of a date that has come -----------------------------------------------------------------------------


@pytest.fixture
def held(technician, administrator):
    """A case of Tom's that a condition holds back. Its release failed before. Dora is told too, and Ada of the failure.

    Another case of his is in the same state.
    """
    dora, today = UserFactory(username="dora", role="technician"), FROZEN.date()
    set_absence(technician=technician, deputy=dora, first_day=today, last_day=today, by=technician)
    cases = CaseFactory.create_batch(2, due=True, assigned_to=technician)
    for case in cases:
        add(case, administrator)
        case.refresh_from_db()
        notify("failed", case=case, to=[technician, administrator], by="release", at=FROZEN, ref=1)
    assert (unread("held"), unread("failed")) == (["dora", "dora", "tom", "tom"], sorted(["ada", "dora", "tom"] * 2))
    return cases[0]


def hold(case, administrator):
    releases.cancel_schedule(case=case, by=administrator, reason="x", **WEB)


def return_it(case, administrator):
    releases.return_to_accepted(case=case, by=administrator, reason="x", **WEB)


def another_date(case, administrator):
    releases.schedule(case=case, by=administrator, release_on=WEEK, reason="x", **WEB)


def in_bulk(action, **chosen):
    def change(case, administrator):
        run_of(administrator, action, case, Parameters(**chosen))

    change.__name__ = f"{action} in bulk"
    return change


@pytest.mark.parametrize(
    "change",
    [
        another_date,
        hold,
        return_it,
        in_bulk("schedule", date=WEEK.date),
        in_bulk("shift", days=9),
        in_bulk("hold"),
        in_bulk("return"),
    ],
    ids=lambda change: change.__name__,
)
def test_the_bell_forgets_what_was_told_of_a_date_that_a_case_no_longer_has(held, administrator, change):
    change(held, administrator)
    assert (unread("held"), unread("failed")) == (["dora", "tom"], ["ada", "dora", "tom"]), "about the other case"


def meet_the_last(case, administrator):
    releases.meet_condition(condition=case.conditions.get(), by=administrator, **WEB)


def waive_the_last(case, administrator):
    releases.waive_condition(condition=case.conditions.get(), by=administrator, reason="x", **WEB)


def remove_the_last(case, administrator):
    releases.remove_condition(condition=case.conditions.get(), by=administrator, **WEB)


def confirm_by_link(case, administrator):
    condition = releases.add_condition(case=case, by=administrator, kind="external", name="Bank", **WEB)
    meet_the_other(case, administrator)
    token = condition_links.make_link(condition=condition, by=administrator, source="web")
    assert len(unread("held")) == 4, "it is still held"
    condition_links.meet_by_link(token=token)


def meet_the_other(case, administrator):
    releases.meet_condition(condition=case.conditions.get(kind="manual"), by=administrator, **WEB)


def undo_what_a_run_added(case, administrator):
    other = CaseFactory(due=True, assigned_to=case.assigned_to)
    run = run_of(administrator, "add_condition", other, Parameters(kind="manual", name="Another"))
    assert len(unread("held")) == 6
    undo = bulk.preview_undo(by=administrator, run=run, reason="x")
    bulk.start(by=administrator, run=undo)
    bulk.work_off()
    assert len(unread("held")) == 4
    meet_the_last(case, administrator)


PAYMENT = {"kind": "manual", "name": "Payment received"}


@pytest.mark.parametrize(
    "change",
    [
        meet_the_last,
        waive_the_last,
        remove_the_last,
        confirm_by_link,
        undo_what_a_run_added,
        in_bulk("meet_condition", **PAYMENT),
        in_bulk("waive_condition", **PAYMENT),
    ],
    ids=lambda change: change.__name__,
)
def test_the_bell_forgets_that_a_case_is_held_back_once_it_is_not(held, administrator, change):
    change(held, administrator)
    assert unread("held") == ["dora", "tom"], "about the other case"
    assert len(unread("failed")) == 6, "it was not tried again"


def test_no_one_looks_for_what_was_told_of_a_date_that_is_ahead(technician, administrator):
    case = CaseFactory(scheduled=True, assigned_to=technician)
    notify("held", case=case, to=[technician], by="sweep", at=FROZEN, ref=1)
    another_date(case, administrator)
    assert unread("held") == ["tom"]


def add(case, administrator):
    releases.add_condition(case=case, by=administrator, kind="manual", name="Payment received", **WEB)


def add_in_bulk(case, administrator):
    run_of(administrator, "add_condition", case, Parameters(kind="manual", name="Payment received"))


def ask_again(case, administrator):
    condition = releases.add_condition(case=case, by=administrator, kind="approval", **WEB)
    releases.approve(condition=condition, by=UserFactory(role="administrator"), **WEB)
    releases.add_condition(case=case, by=administrator, kind="approval", **WEB)


def meet_and_undo_in_bulk(case, administrator):
    chosen = Parameters(kind="manual", name="Payment received")
    condition = releases.add_condition(case=case, by=case.assigned_to, kind="manual", name=chosen.name, **WEB)
    Notification.objects.all().delete()
    run = run_of(administrator, "meet_condition", case, chosen)
    undo = bulk.preview_undo(by=administrator, run=run, reason="x")
    bulk.start(by=administrator, run=undo)
    bulk.work_off()
    assert condition.kind == "manual"


def run_of(administrator, action, case, chosen):
    run = bulk.preview(by=administrator, action=action, keys=[case.pk], parameters=chosen, reason="x")
    bulk.start(by=administrator, run=run)
    bulk.work_off()
    run.refresh_from_db()
    return run


@pytest.mark.parametrize("change", [add, add_in_bulk, ask_again, meet_and_undo_in_bulk])
def test_a_condition_that_comes_after_the_instant_is_told_as_one_that_was_there(
    change, technician, administrator, clock
):
    """All releases were stopped at the instant, and the programs have looked since. There is one notification."""
    case = CaseFactory(assigned_to=technician, scheduled=True, scheduled_release_date=FROZEN.date() + DAY)
    releases.stop_releases(by=administrator, reason="x", **WEB)
    clock.shift(2 * DAY)
    assert notices.tell_of_held() == 0
    clock.shift(HOUR)
    change(case, administrator)
    assert told_of_held() == ["tom"]
    clock.shift(HOUR)
    notices.tell_of_held()
    assert told_of_held() == ["tom"]


def test_nobody_is_told_of_a_condition_that_comes_before_the_instant_or_is_their_own(technician, administrator, clock):
    ahead = CaseFactory(assigned_to=technician, scheduled=True, scheduled_release_date=FROZEN.date() + DAY)
    add(ahead, administrator)
    late = CaseFactory(assigned_to=technician, scheduled=True, scheduled_release_date=FROZEN.date() - DAY)
    add(late, technician)
    add(CaseFactory(assigned_to=technician), administrator)
    assert told_of_held() == []


def test_administrators_are_told_of_what_is_held_when_its_technician_leaves(technician, administrator, clock):
    """Not about future cases or a colleague's. There is one notification, no matter who leaves and how often."""
    notices.tell_of_held()
    held = {"scheduled": True, "scheduled_release_date": FROZEN.date() + DAY}
    for case in (CaseFactory(assigned_to=technician, **held), CaseFactory(assigned_to=UserFactory(role="technician"))):
        add(case, technician if case.assigned_to == technician else administrator)
    clock.shift(2 * DAY)
    notices.tell_of_held()
    assert told_of_held() == ["tom"]
    people.deactivate(person=technician, by=administrator)
    assert told_of_held() == ["ada", "tom"]
    people.reactivate(person=technician, by=administrator)
    people.deactivate(person=technician, by=administrator)
    assert told_of_held() == ["ada", "tom"]


def told_of_held():
    rows = Notification.objects.filter(kind="held").order_by("recipient__username")
    return list(rows.values_list("recipient__username", flat=True))


@pytest.fixture
def returning(technician, other_technician, administrator):
    """A condition of Otto's that a run removed. Call it to undo the run."""
    case = CaseFactory(assigned_to=technician, case_type=CaseTypeFactory(conditions=["manual"]))
    facts = {"kind": "manual", "name": "Payment received", "from_type": True, "created": FROZEN, "since": FROZEN}
    Condition.objects.create(case=case, owner=other_technician, **facts)
    correct_in_bulk(case, administrator)

    def undo():
        run = bulk.preview_undo(by=administrator, run=BulkRun.objects.get(), reason="")
        bulk.start(by=administrator, run=run)
        bulk.work_off()
        assert case.conditions.get().owner == other_technician

    return undo


MADE_THE_OWNER = ["ada opened a condition on this case that you own."]
OWNER_HAS_LEFT = ["A condition on this case is still open, and its owner has left."]


def said_to(person):
    """Return what a person has not read, except what colleagues did to their cases (test_change_notices.py)."""
    lines = [line for group in selectors.unread(person) for line in group.lines]
    return [line.text for line in lines if line.notification.kind != "changed"]


def test_a_condition_that_comes_back_is_told_to_its_owner(returning, other_technician, technician):
    returning()
    assert (said_to(other_technician), said_to(technician)) == (MADE_THE_OWNER, [])


def test_a_condition_that_comes_back_to_someone_who_has_left_is_told_to_the_technician(
    returning, other_technician, technician, administrator
):
    people.deactivate(person=other_technician, by=administrator)
    returning()
    assert unread("condition") == ["tom"]
    assert said_to(technician) == OWNER_HAS_LEFT


def test_a_condition_that_comes_back_where_all_have_left_is_told_to_administrators(
    returning, other_technician, technician, administrator
):
    for person in (other_technician, technician):
        people.deactivate(person=person, by=administrator)
    returning()
    assert unread("condition") == ["ada"]
    assert said_to(administrator) == OWNER_HAS_LEFT


def test_what_the_owner_of_a_condition_leaves_behind_is_told_in_words_that_are_true(
    technician, other_technician, administrator
):
    case = CaseFactory(assigned_to=technician)
    owned = {"kind": "manual", "name": "Payment", "owner": other_technician}
    releases.add_condition(case=case, by=administrator, **owned, **WEB)
    people.deactivate(person=other_technician, by=administrator)
    assert said_to(technician) == OWNER_HAS_LEFT


@pytest.fixture
def asked(technician, other_technician, administrator):
    """A completed case of Tom's. Otto is asked to approve its release, and Ada could."""
    case = CaseFactory(assigned_to=technician)
    releases.add_condition(case=case, by=technician, kind="approval", owner=other_technician, **WEB)
    releases.complete(case=case, by=technician, release_on=WEEK, **WEB)
    assert unread("approval") == ["otto"]
    return case


def test_others_approve_for_an_owner_who_stands_in_for_the_technician(asked, technician, other_technician):
    today = FROZEN.date()
    set_absence(technician=technician, deputy=other_technician, first_day=today, last_day=today + DAY, by=technician)
    assert unread("approval") == ["ada", "otto"]


def away(technician, deputy, first, last=4):
    days = {"first_day": FROZEN.date() + first * DAY, "last_day": FROZEN.date() + last * DAY}
    return set_absence(technician=technician, deputy=deputy, by=technician, **days)


def asked_for_approval():
    """Return everyone who was asked, each as often as that was."""
    rows = Notification.objects.filter(kind="approval")
    return sorted(rows.values_list("recipient__username", flat=True))


def read_all():
    Notification.objects.update(read_at=FROZEN)


def test_others_approve_from_the_first_day_of_an_absence_that_was_planned(asked, technician, other_technician, clock):
    away(technician, other_technician, 2)
    for _minute in range(2):
        tell_of_begun()
    clock.shift(DAY)
    assert tell_of_begun() == 0
    assert asked_for_approval() == ["otto"]
    clock.move_to(dt.datetime.combine(FROZEN.date() + 2 * DAY, dt.time(0, 0, 30), tzinfo=dt.UTC))
    assert tell_of_begun() == 1
    assert asked_for_approval() == ["ada", "otto"]
    read_all()
    for _later in range(3):
        assert tell_of_begun() == 0
        clock.shift(DAY)
    assert asked_for_approval() == ["ada", "otto"], "once"


@pytest.mark.parametrize(
    "program", [queue_reminders, lambda: call_command("release_scheduled_cases")], ids=["beat", "without Celery"]
)
def test_the_portal_looks_for_absences_that_begin(program, asked, technician, other_technician, clock):
    away(technician, other_technician, 2)
    program()
    clock.shift(2 * DAY)
    program()
    assert asked_for_approval() == ["ada", "otto"]


def test_others_approve_for_the_deputy_of_a_deputy_from_the_first_day(asked, technician, other_technician, clock):
    """Tom's deputy Dora is away from the third day on, and Otto stands in for her."""
    dora = UserFactory(username="dora", role="technician")
    away(technician, dora, 0)
    away(dora, other_technician, 2)
    tell_of_begun()
    assert asked_for_approval() == ["otto"]
    clock.shift(2 * DAY)
    tell_of_begun()
    assert asked_for_approval() == ["ada", "otto"]


def test_an_absence_whose_first_day_was_missed_is_told_of_later(asked, technician, other_technician, clock):
    away(technician, other_technician, 2)
    clock.shift(4 * DAY)
    assert (tell_of_begun(), tell_of_begun()) == (1, 0)
    assert asked_for_approval() == ["ada", "otto"]


def test_an_absence_that_is_over_or_was_ended_is_not_told_of(asked, technician, other_technician, clock):
    over, ended = away(technician, other_technician, 1, 1), away(technician, other_technician, 2)
    end_absence(absence=ended, by=technician)
    clock.shift(2 * DAY)
    assert tell_of_begun() == 0
    assert asked_for_approval() == ["otto"]
    assert over.last_day < FROZEN.date() + 2 * DAY


def test_an_absence_that_begins_today_is_told_of_once(asked, technician, other_technician, clock):
    """Also if it is entered before the portal has looked for those that begin today."""
    tell_of_begun()
    clock.shift(DAY)
    away(technician, other_technician, 1)
    read_all()
    assert tell_of_begun() == 0
    assert asked_for_approval() == ["ada", "otto"]


def test_one_that_is_entered_first_tells_of_others_that_begin_on_that_day(asked, technician, other_technician, clock):
    away(technician, other_technician, 1)
    clock.shift(DAY)
    away(UserFactory(role="technician"), other_technician, 1)
    assert asked_for_approval() == ["ada", "otto"]
    assert tell_of_begun() == 0


def test_an_absence_that_began_by_a_wrong_clock_begins_again(asked, technician, other_technician, administrator, clock):
    away(technician, other_technician, 2)
    clock.shift(3 * DAY)
    assert tell_of_begun() == 1
    clock.shift(-3 * DAY)
    assert tell_of_begun() == 0
    read_all()
    clock.shift(2 * DAY)
    assert tell_of_begun() == 1
    assert asked_for_approval() == ["ada", "ada", "otto"]


def test_no_absence_begins_by_a_clock_that_is_not_the_portals(asked, technician, other_technician, clock, settings):
    away(technician, other_technician, 1)
    clock.shift(DAY)
    store("Asia/Tokyo", settings.RELEASE_TIME_OF_DAY)
    assert tell_of_begun() == 0
    store(settings.TIME_ZONE, settings.RELEASE_TIME_OF_DAY)
    assert tell_of_begun() == 1


def test_it_costs_two_statements_until_the_day_changes(asked, technician, other_technician, clock):
    away(technician, other_technician, 2)
    tell_of_begun()
    clock.shift(HOUR)
    with CaptureQueriesContext(connection) as queries:
        tell_of_begun()
    assert len(queries) <= 2
