"""Reminders with a clock that jumps, when clocks change, with aborted runs, and with cases handed back and forth.

There is one reminder for every release, whatever happens. Faults of processes are in tests/chaos/faults/reminders.py.
"""

import datetime as dt
import zoneinfo
from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.casework import assignment
from cases.core.clock import portal_now
from cases.delivery import outbox
from cases.delivery.email_claims import claim, lease
from cases.delivery.notifications import notify
from cases.lifecycle.reminder_days import reminder_day
from cases.models import Absence, Case, Notification, OutgoingEmail, User
from cases.releases import reminders
from cases.releases.reminders import queue_reminders
from cases.releases.unopened_reminders import queue_unopened_reminders
from tests.conftest import FROZEN
from tests.factories import CaseFactory, UserFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock"),
    pytest.mark.one_database("is about clocks and crashes: test_reminders.py has the statements on both"),
]

DAY, HOUR, MINUTE = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=1)
BERLIN, CHICAGO = "Europe/Berlin", "America/Chicago"


def scheduled(technician: User, moment: dt.datetime, **options: object) -> Case:
    """A case that is released at `moment`. The portal's zone is UTC."""
    on = {"scheduled_release_date": moment.date(), "scheduled_release_time": moment.time()}
    return CaseFactory(assigned_to=technician, scheduled=True, **on, **options)


def send() -> None:
    queue_reminders()
    outbox.deliver()


def told(mailoutbox) -> Counter[tuple[str, str]]:
    """Return how often each address was told about each case."""
    known = set(Case.objects.values_list("external_case_id", flat=True))
    return Counter((mail.to[0], number) for mail in mailoutbox for number in known if number in mail.body)


# --- The clock ------------------------------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    jumps=st.lists(st.integers(-30, 60), min_size=3, max_size=12),
    releases_in=st.lists(st.integers(1, 200), min_size=1, max_size=6),
)
def test_however_the_clock_jumps_what_some_run_found_near_is_reminded_of_once(jumps, releases_in, mailoutbox, clock):
    """For times that the clock had not passed before, because cases with earlier times were released then."""
    User.objects.update(is_active=False)  # those of the previous example
    technician = UserFactory(role="technician", time_zone=CHICAGO)
    clock.move_to(FROZEN)
    mailoutbox.clear()
    cases = [scheduled(technician, FROZEN + hours * HOUR) for hours in releases_in]
    latest, near = FROZEN, set()
    for hours in [0, *jumps]:
        clock.shift(hours * HOUR)
        latest = max(latest, portal_now())
        before = reminder_day(CHICAGO, portal_now()).before
        near |= {case.external_case_id for case in cases if latest < case.release_instant < before}
        send()
    found = told(mailoutbox)
    assert set(found.values()) <= {1}
    assert near <= {number for _, number in found}


@pytest.mark.parametrize("wrong_by", [DAY, 400 * DAY, -400 * DAY], ids=["a day", "a year", "a year back"])
def test_a_clock_that_was_wrong_for_a_while_loses_no_later_reminder(wrong_by, technician, mailoutbox, clock):
    clock.shift(wrong_by)
    send()
    clock.shift(-wrong_by)
    case = scheduled(technician, FROZEN + 5 * DAY)
    for _ in range(5):
        send()
        clock.shift(DAY)
    assert told(mailoutbox) == {("tom@example.com", case.external_case_id): 1}


@pytest.mark.parametrize("step", [2 * MINUTE, 3 * HOUR, DAY])
def test_a_clock_stepped_over_the_reminder_time_and_back_again(step, technician, mailoutbox, clock, settings):
    """The clock is stepped over it ten times."""
    settings.RELEASE_REMINDER_TIME = (FROZEN + MINUTE).time()
    cases = [scheduled(technician, FROZEN + days * DAY) for days in (2, 3)]
    for number in range(20):
        send()
        clock.shift(step if number % 2 == 0 else -step)
    clock.move_to(FROZEN + 2 * DAY - MINUTE)
    send()
    assert told(mailoutbox) == {("tom@example.com", case.external_case_id): 1 for case in cases}


@pytest.mark.parametrize("wrong_by", [HOUR, 400 * DAY])
def test_a_clock_that_was_ahead_loses_no_reminder_of_what_is_not_opened(wrong_by, member, mailoutbox, clock, settings):
    settings.RELEASE_UNOPENED_REMINDER, settings.RELEASE_UNOPENED_DAYS = True, 7

    def run() -> None:
        queue_unopened_reminders()
        outbox.deliver()

    run()
    clock.shift(wrong_by)
    run()
    clock.shift(-wrong_by)
    case = CaseFactory(member=member, released=True, actual_release_date=FROZEN + HOUR)
    for _ in range(10):
        clock.shift(DAY)
        run()
        clock.shift(-MINUTE)
        run()
    assert told(mailoutbox) == {("mia@example.com", case.external_case_id): 1}


# A time that the clock skips, one that it shows twice, and an ordinary one on both days.
CHANGES = [
    (BERLIN, "2026-03-29", dt.time(2, 30), dt.time(3)),
    (CHICAGO, "2026-03-08", dt.time(2, 30), dt.time(3)),
    (BERLIN, "2026-10-25", dt.time(2, 30), dt.time(2, 30)),
    (CHICAGO, "2026-11-01", dt.time(1, 30), dt.time(1, 30)),
    (BERLIN, "2026-03-29", dt.time(8), dt.time(8)),
    (BERLIN, "2026-10-25", dt.time(8), dt.time(8)),
]


@pytest.mark.parametrize(("zone", "date", "time", "shown"), CHANGES)
def test_each_day_on_which_clocks_change_has_one_digest_in_its_time(
    zone, date, time, shown, technician, mailoutbox, clock, settings
):
    day = dt.date.fromisoformat(date)
    settings.RELEASE_REMINDER_TIME = time
    User.objects.filter(pk=technician.pk).update(time_zone=zone)
    here = zoneinfo.ZoneInfo(zone)
    noon = dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC)
    cases = [scheduled(technician, noon + days * DAY) for days in range(1, 4)]
    clock.move_to(noon - 2 * DAY)
    for step in range(4 * 48):  # every half hour of four days
        queue_reminders()
        if step % 12 == 0:
            outbox.deliver()
        clock.shift(HOUR / 2)
    assert told(mailoutbox) == {("tom@example.com", case.external_case_id): 1 for case in cases}
    at = [email.created.astimezone(here) for email in OutgoingEmail.objects.order_by("pk")]
    assert [moment.date() for moment in at] == [day + days * DAY for days in (-1, 0, 1)]
    assert [moment.time() for moment in at] == [time, shown, time]
    assert all(moment.fold == 0 for moment in at), "at its first coming"


# --- Hand-overs to and fro ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("others", [0, 1], ids=["the email is dropped", "the email is about another case"])
def test_a_case_that_was_away_when_the_email_was_sent_is_reminded_of_when_it_is_back(
    others, technician, other_technician, administrator, mailoutbox, clock
):
    """The technician's email was waiting while the case was handed over, and was sent without it."""
    case = scheduled(technician, FROZEN + 2 * DAY)
    rest = [scheduled(technician, FROZEN + 2 * DAY) for _ in range(others)]
    queue_reminders()
    for to in (other_technician, technician):
        to.set_password("x")
        to.save()
        assignment.hand_over_case(case=case, to=to, by=administrator, source="web")
        outbox.deliver()
    for _ in range(2):
        send()
        clock.shift(DAY - HOUR)
    tom = {("tom@example.com", each.external_case_id): 1 for each in (case, *rest)}
    assert told(mailoutbox) == tom


# --- Circles of deputies --------------------------------------------------------------------------------------------


@pytest.fixture
def circle(clock) -> list[User]:
    """Three technicians who are all away, each with the next as deputy."""
    people = [UserFactory(username=name, role="technician") for name in ("anna", "bert", "cora")]
    today = FROZEN.date()
    for number, person in enumerate(people):
        Absence.objects.create(
            technician=person, deputy=people[(number + 1) % 3], first_day=today, last_day=today + 9 * DAY
        )
    return people


def test_in_a_circle_where_everybody_is_away_each_is_told_once(circle, mailoutbox, clock):
    cases = [scheduled(person, FROZEN + 2 * DAY) for person in circle]
    with CaptureQueriesContext(connection) as captured:
        queue_reminders()
    assert len(captured) < 20
    outbox.deliver()
    assert told(mailoutbox) == {(person.email, case.external_case_id): 1 for person in circle for case in cases}
    assert len(mailoutbox) == 3
    clock.shift(DAY)
    send()
    assert len(mailoutbox) == 3


@pytest.mark.parametrize("kind", ["question", "reply", "approval", "held", "failed"])
def test_in_a_circle_nobody_is_notified_twice_nor_of_their_own_doing(kind, circle):
    anna, bert, cora = circle
    case = CaseFactory(assigned_to=anna)
    for to in ([anna], circle):
        for by, expected in (("a program", {anna.pk, bert.pk, cora.pk}), (bert, {anna.pk, cora.pk})):
            Notification.objects.all().delete()
            notify(kind, case=case, to=to, by=by, at=FROZEN, ref=1)
            found = Counter(Notification.objects.values_list("recipient", flat=True))
            assert found == dict.fromkeys(expected, 1)


# --- Two thousand at once -------------------------------------------------------------------------------------------

PEOPLE, EACH = 100, 20
# A batch has 600 reminders, which SQLite inserts in several statements.
STATEMENTS_OF_A_BATCH = 30


@pytest.fixture
def two_thousand(clock) -> list[Case]:
    technicians = UserFactory.create_batch(PEOPLE, role="technician")
    member = UserFactory()
    on = {"scheduled": True, "member": member, "scheduled_release_date": (FROZEN + 2 * DAY).date()}
    rows = [CaseFactory.build(assigned_to=person, **on) for person in technicians for _ in range(EACH)]
    return Case.objects.bulk_create(rows)


def test_two_thousand_at_once_survive_runs_and_a_sender_that_die(two_thousand, mailoutbox, clock, monkeypatch):
    """A run breaks off in its third batch, and the next in its second. A sender dies with its claim."""
    monkeypatch.setattr(reminders, "BATCH", 30)
    batches, store = [], reminders._store

    def breaks_off(*args: object) -> None:
        batches.append(1)
        store(*args)
        if len(batches) in (3, 5):
            raise ConnectionError("killed")

    monkeypatch.setattr(reminders, "_store", breaks_off)
    with CaptureQueriesContext(connection) as captured:
        for emails in (60, 90):
            with pytest.raises(ConnectionError):
                queue_reminders()
            assert OutgoingEmail.objects.count() == emails
        assert queue_reminders() == PEOPLE - 90
    assert len(captured) <= STATEMENTS_OF_A_BATCH * len(batches)
    assert len(claim(limit=50)) == 50  # and dies
    clock.shift(lease())
    outbox.deliver()
    assert queue_reminders() == 0
    assert len(mailoutbox) == PEOPLE
    assert told(mailoutbox) == {(case.assigned_to.email, case.external_case_id): 1 for case in two_thousand}
