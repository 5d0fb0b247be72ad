"""Who is reminded of which release and when, only once, and not of anything that has changed since."""

import datetime as dt
import zoneinfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import releases
from cases.accounts import people
from cases.accounts.absences import set_absence, tell_of_begun
from cases.casework import assignment
from cases.core.schedule import Schedule
from cases.delivery import outbox
from cases.delivery.email_claims import claim, lease
from cases.lifecycle.reminder_days import reminder_day
from cases.models import Absence, Case, Condition, Notification, NotificationChoice, OutgoingEmail, Reminder, User
from cases.releases import bulk
from cases.releases.reminders import queue_reminders
from tests.conftest import FROZEN
from tests.factories import CaseAnswerFactory, CaseFactory, UserFactory
from tests.stored_clock import store

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

TODAY = FROZEN.date()
DAY = dt.timedelta(days=1)


def ahead(technician: User | None, days: int, **options: object) -> Case:
    return CaseFactory(assigned_to=technician, scheduled=True, scheduled_release_date=TODAY + days * DAY, **options)


def send() -> None:
    queue_reminders()
    outbox.deliver()


def told(mailoutbox) -> dict[str, set[str]]:
    """Return the case numbers in the mails to each address, and clear the mails."""
    found: dict[str, set[str]] = {}
    for mail in mailoutbox:
        numbers = {number for number in Case.objects.values_list("external_case_id", flat=True) if number in mail.body}
        assert mail.to[0] not in found, "one mail for each person"
        found[mail.to[0]] = numbers
    mailoutbox.clear()
    return found


def numbers(*cases: Case) -> set[str]:
    return {case.external_case_id for case in cases}


def test_what_is_near_is_reminded_of_once_and_what_needs_something_comes_first(
    technician, other_technician, administrator, mailoutbox, clock
):
    ready, soon, theirs, own = (
        ahead(technician, 1, title="Pension"),
        ahead(technician, 2),
        ahead(other_technician, 2),
        ahead(administrator, 2),
    )
    later = ahead(technician, 3)
    for days, traits in (
        (0, {}),
        (2, {"assigned_to": None}),
        (1, {"actual_release_date": FROZEN, "release_number": 1}),
    ):
        CaseFactory(
            **{"scheduled": True, "scheduled_release_date": TODAY + days * DAY, "assigned_to": technician} | traits
        )
    CaseFactory(held=True, assigned_to=technician)
    for case in (ready, theirs):
        CaseAnswerFactory(case=case)
    send()
    (mail,) = [mail for mail in mailoutbox if mail.to == ["tom@example.com"]]
    assert mail.subject == "2 cases will be released soon"
    assert "Pension" not in mail.subject
    places = [mail.body.index(text) for text in ("Something to do", soon.external_case_id, "Ready to be released")]
    assert sorted(places) == places
    assert places[-1] < mail.body.index(ready.external_case_id)
    assert "No report and no answer" in mail.body
    assert told(mailoutbox) == {
        "tom@example.com": numbers(ready, soon),
        "otto@example.com": numbers(theirs),
        "ada@example.com": numbers(own),
    }
    for _ in range(2):  # beat twice, and the next morning
        send()
        assert told(mailoutbox) == {}
    clock.shift(DAY)
    send()
    assert told(mailoutbox) == {"tom@example.com": numbers(later)}


@pytest.mark.parametrize("usual", [dt.time(0), dt.time(9)])
def test_the_next_release_comes_first_whether_it_has_a_time_or_not(usual, settings, technician, mailoutbox):
    settings.RELEASE_TIME_OF_DAY = usual
    times = (None, dt.time(8, 30), dt.time(17))
    cases = [ahead(technician, 2, scheduled_release_time=time) for time in times] + [ahead(technician, 1)]
    send()
    places = {case: mailoutbox[0].body.index(case.external_case_id) for case in cases}
    assert sorted(cases, key=lambda case: places[case]) == sorted(cases, key=lambda case: case.release_instant)


def moved(case: Case, by: User) -> None:
    releases.schedule(case=case, by=by, source="web", release_on=Schedule(TODAY + 30 * DAY), reason="x")


def overdue(case: Case, by: User) -> None:
    Case.objects.filter(pk=case.pk).update(scheduled_release_date=TODAY - DAY)


CHANGES = {
    "released": lambda case, ada: releases.release_now(case=case, by=ada, source="web", reason="x"),
    "moved": moved,
    "held": lambda case, ada: releases.cancel_schedule(case=case, by=ada, source="web", reason="x"),
    "reopened": lambda case, ada: releases.return_to_accepted(case=case, by=ada, source="web"),
    "reached its date": overdue,
    "handed over": lambda case, ada: assignment.hand_over_case(
        case=case, to=User.objects.get(username="otto"), by=ada, source="web"
    ),
    "deactivated": lambda case, ada: User.objects.filter(username="tom").update(is_active=False),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_has_changed_since_is_not_sent(
    change, technician, other_technician, administrator, mailoutbox, clock, settings
):
    settings.RELEASE_UNDO_SECONDS = 3600
    case = ahead(technician, 2, member__email="")
    other = ahead(technician, 2)
    queue_reminders()
    CHANGES[change](case, administrator)
    outbox.deliver()
    kept = {} if change == "deactivated" else {"tom@example.com": numbers(other)}
    assert told(mailoutbox) == kept
    clock.shift(DAY)
    send()
    tomorrow = {
        "handed over": {"otto@example.com": numbers(case)},
        "deactivated": {"ada@example.com": numbers(case, other)},
    }
    assert told(mailoutbox) == tomorrow.get(change, {})


def test_a_digest_of_which_nothing_is_left_is_dropped(technician, administrator, mailoutbox):
    case = ahead(technician, 2)
    queue_reminders()
    CHANGES["held"](case, administrator)
    outbox.deliver()
    assert (mailoutbox, OutgoingEmail.objects.get().state) == ([], "dropped")


@pytest.mark.parametrize(("days", "at_once"), [(1, True), (2, False)])
def test_a_case_handed_over_is_reminded_of_before_the_next_day_if_that_is_too_late(
    days, at_once, technician, other_technician, mailoutbox, clock
):
    case = ahead(technician, days)
    send()
    assert told(mailoutbox) == {"tom@example.com": numbers(case)}
    assignment.hand_over_case(case=case, to=other_technician, by=technician, source="web")
    send()
    assert told(mailoutbox) == ({"otto@example.com": numbers(case)} if at_once else {})
    clock.move_to(dt.datetime(2025, 6, 12, 8, tzinfo=dt.UTC))
    send()
    assert told(mailoutbox) == ({} if at_once else {"otto@example.com": numbers(case)})


def bring_forward(case: Case, by: User, days: int, time: dt.time | None = None) -> None:
    case.refresh_from_db()
    wanted = Schedule(TODAY + days * DAY, time)
    releases.schedule(case=case, by=by, source="web", release_on=wanted, reason="x")


def complete_for_tomorrow(case: Case, by: User) -> None:
    returned = releases.return_to_accepted(case=case, by=by, source="web")
    releases.complete(case=returned, by=by, source="web", release_on=Schedule(TODAY + DAY), reason="x")


def bring_forward_in_bulk(case: Case, by: User) -> None:
    run = bulk.preview(
        by=by, action="schedule", keys=[case.pk], parameters=bulk.Parameters(date=TODAY + DAY), reason="x"
    )
    bulk.start(by=by, run=run)
    bulk.work_off()


@pytest.mark.parametrize("already", [False, True], ids=["first of the day", "second of the day"])
@pytest.mark.parametrize(
    "move",
    [lambda case, by: bring_forward(case, by, 1), complete_for_tomorrow, bring_forward_in_bulk],
    ids=["moved", "completed", "in bulk"],
)
def test_who_would_be_reminded_too_late_of_a_nearer_date_is_reminded_at_once(
    move, already, technician, other_technician, administrator, mailoutbox, clock
):
    Absence.objects.create(technician=technician, deputy=other_technician, first_day=TODAY, last_day=TODAY)
    if already:
        ahead(technician, 2)
    case = ahead(technician, 10)
    send()
    mailoutbox.clear()
    move(case, administrator)
    send()
    assert told(mailoutbox) == {name: numbers(case) for name in ("tom@example.com", "otto@example.com")}
    assert Notification.objects.filter(kind="reminder", case=case).count() == 2
    send()
    assert told(mailoutbox) == {}


def test_who_stands_in_from_now_on_is_reminded_of_what_cannot_wait(technician, other_technician, mailoutbox):
    case, _later = ahead(technician, 1), ahead(technician, 2)
    send()
    assert set(told(mailoutbox)) == {"tom@example.com"}
    set_absence(technician=technician, deputy=other_technician, first_day=TODAY, last_day=TODAY, by=technician)
    send()
    assert told(mailoutbox) == {"otto@example.com": numbers(case)}


def test_who_stands_in_from_a_later_day_on_is_reminded_of_what_cannot_wait_then(
    technician, other_technician, administrator, mailoutbox, clock, settings
):
    """Tomorrow's reminder, at eight, would be too late. Tom got his today."""
    settings.RELEASE_REMINDER_DAYS = 1
    case = ahead(technician, 1, scheduled_release_time=dt.time(7))
    send()
    assert set(told(mailoutbox)) == {"tom@example.com"}
    tomorrow = TODAY + DAY
    set_absence(technician=technician, deputy=other_technician, first_day=tomorrow, last_day=tomorrow, by=technician)
    send()
    assert told(mailoutbox) == {}
    clock.move_to(dt.datetime.combine(tomorrow, dt.time(0, 0, 30), tzinfo=dt.UTC))
    tell_of_begun()
    send()
    assert told(mailoutbox) == {"otto@example.com": numbers(case)}
    tell_of_begun()
    send()
    assert told(mailoutbox) == {}


def test_administrators_are_reminded_at_once_of_what_is_left_to_them_and_cannot_wait(
    technician, administrator, mailoutbox, clock
):
    case, later = ahead(technician, 1), ahead(technician, 2)
    send()
    mailoutbox.clear()
    people.deactivate(person=technician, by=administrator)
    send()
    assert told(mailoutbox) == {"ada@example.com": numbers(case)}
    clock.shift(DAY)
    send()
    assert told(mailoutbox) == {"ada@example.com": numbers(later)}


def test_a_nearer_date_that_the_next_reminder_tells_in_time_waits_for_it(technician, administrator, mailoutbox, clock):
    case = ahead(technician, 10)
    send()
    bring_forward(case, administrator, 1, dt.time(8, 1))
    send()
    assert told(mailoutbox) == {}
    clock.move_to(dt.datetime(2025, 6, 12, 8, tzinfo=dt.UTC))
    send()
    assert told(mailoutbox) == {"tom@example.com": numbers(case)}


def test_nobody_is_reminded_at_once_of_a_date_that_they_chose(technician, administrator, mailoutbox, settings):
    settings.RELEASE_MIN_DAYS = 0
    case = ahead(technician, 10)
    send()
    bring_forward(case, technician, 1)
    send()
    assert told(mailoutbox) == {}


def test_a_reminder_at_once_takes_none_of_the_day_away(technician, administrator, mailoutbox):
    """It is before the reminders of that day."""
    other, case = ahead(technician, 2), ahead(technician, 10)
    User.objects.update(reminders_considered=TODAY - DAY)
    bring_forward(case, administrator, 1)
    send()
    at_once, of_the_day = sorted((mail.body for mail in mailoutbox), key=lambda body: other.external_case_id in body)
    assert case.external_case_id in at_once
    assert other.external_case_id in of_the_day


def test_a_new_date_is_reminded_of_anew(technician, administrator, mailoutbox, clock):
    case = ahead(technician, 2)
    send()
    releases.schedule(case=case, by=administrator, source="web", release_on=Schedule(TODAY + 9 * DAY), reason="x")
    clock.shift(7 * DAY)
    mailoutbox.clear()
    send()
    assert told(mailoutbox) == {"tom@example.com": numbers(case)}


def test_deputies_are_reminded_too_in_a_circle_as_well(technician, other_technician, mailoutbox):
    third = UserFactory(username="uma", role="technician")
    for away, deputy in ((technician, other_technician), (other_technician, third), (third, technician)):
        Absence.objects.create(technician=away, deputy=deputy, first_day=TODAY, last_day=TODAY)
    case = ahead(technician, 2)
    send()
    assert set(told(mailoutbox)) == {"tom@example.com", "otto@example.com", "uma@example.com"}
    assert Reminder.objects.filter(case=case).count() == 3


def test_a_deputy_reads_whose_case_it_is_and_no_more_of_it_once_the_absence_is_over(
    technician, other_technician, mailoutbox
):
    absence = Absence.objects.create(technician=technician, deputy=other_technician, first_day=TODAY, last_day=TODAY)
    ahead(technician, 2)
    queue_reminders()
    absence.delete()
    outbox.deliver()
    assert set(told(mailoutbox)) == {"tom@example.com"}


def test_administrators_are_reminded_of_what_a_technician_left_behind(technician, administrator, mailoutbox):
    case, own = ahead(technician, 2), ahead(administrator, 2)
    User.objects.filter(pk=technician.pk).update(is_active=False)
    queue_reminders()
    (email,) = OutgoingEmail.objects.all()
    outbox.deliver()
    assert "Assigned to tom, whose account is deactivated" in mailoutbox[0].body
    assert told(mailoutbox) == {"ada@example.com": numbers(case, own)}

    User.objects.update(is_active=True, reminders_considered=None)
    Reminder.objects.all().delete()
    email.delete()
    queue_reminders()
    outbox.deliver()
    assert told(mailoutbox) == {"ada@example.com": numbers(own), "tom@example.com": numbers(case)}


@pytest.mark.parametrize("days", [0, 1])
def test_a_setting_turns_it_off(days, technician, mailoutbox, settings):
    settings.RELEASE_REMINDER_DAYS = days
    ahead(technician, 1)
    send()
    assert len(mailoutbox) == days


@pytest.mark.parametrize(
    ("channel", "mails", "bells"), [("", 1, 1), ("mail", 1, 1), ("digest", 1, 1), ("portal", 0, 1), ("nothing", 0, 0)]
)
def test_a_person_chooses_how_to_be_reminded(channel, mails, bells, technician, mailoutbox, clock):
    ahead(technician, 2)
    if channel:
        NotificationChoice.objects.create(user=technician, kind="reminder", channel=channel)
    for _ in range(2):
        send()
        clock.shift(DAY)
    assert (len(mailoutbox), Notification.objects.filter(kind="reminder").count()) == (mails, bells)


CHICAGO, APIA = "America/Chicago", "Pacific/Apia"


@pytest.mark.parametrize(
    ("zone", "now", "day"),
    [
        ("", "2025-06-11 07:59:59+00:00", "2025-06-10"),
        ("", "2025-06-11 08:00:00+00:00", "2025-06-11"),
        (CHICAGO, "2025-06-11 12:59:59+00:00", "2025-06-10"),
        (CHICAGO, "2025-06-11 13:00:00+00:00", "2025-06-11"),
        (APIA, "2025-06-10 19:00:00+00:00", "2025-06-11"),
        # The clock is put forward and back at 2 o'clock: both days have an 8 o'clock.
        (CHICAGO, "2025-03-09 12:59:59+00:00", "2025-03-08"),
        (CHICAGO, "2025-03-09 13:00:00+00:00", "2025-03-09"),
        (CHICAGO, "2025-11-02 13:59:59+00:00", "2025-11-01"),
        (CHICAGO, "2025-11-02 14:00:00+00:00", "2025-11-02"),
        ("no such zone", "2025-06-11 08:00:00+00:00", "2025-06-11"),
    ],
)
def test_the_day_is_that_of_the_persons_clock(zone, now, day):
    found = reminder_day(zone, dt.datetime.fromisoformat(now))
    assert str(found.day) == day
    local = found.before.astimezone(zoneinfo.ZoneInfo(zone if "/" in zone else "UTC"))
    assert local.replace(tzinfo=None) == dt.datetime.fromisoformat(day) + 3 * DAY


@pytest.mark.parametrize("time", [dt.time(2, 30), dt.time(1, 30)], ids=["skipped", "twice"])
def test_every_day_has_one_reminder_when_the_clock_changes(time, settings, technician, clock):
    settings.RELEASE_REMINDER_TIME = time
    User.objects.filter(pk=technician.pk).update(time_zone=CHICAGO)
    start = dt.datetime(2025, 3 if time.hour == 2 else 11, 8 if time.hour == 2 else 1, 12, tzinfo=dt.UTC)
    for days in range(3, 8):
        CaseFactory(assigned_to=technician, scheduled=True, scheduled_release_date=start.date() + days * DAY)
    clock.move_to(start)
    queue_reminders()
    before = OutgoingEmail.objects.count()
    for _ in range(48):  # the hours of two days
        clock.shift(dt.timedelta(hours=1))
        queue_reminders()
    assert OutgoingEmail.objects.count() == before + 2


def test_an_outage_over_the_time_loses_none_and_a_clock_set_back_doubles_none(technician, mailoutbox, clock):
    case = ahead(technician, 3)
    send()
    assert told(mailoutbox) == {}
    clock.move_to(dt.datetime(2025, 6, 13, 3, tzinfo=dt.UTC))  # nothing ran on the 12th
    send()
    assert told(mailoutbox) == {"tom@example.com": numbers(case)}
    clock.move_to(dt.datetime(2025, 6, 12, 9, tzinfo=dt.UTC))
    send()
    assert told(mailoutbox) == {}


def test_nobody_is_reminded_by_a_clock_that_is_not_the_portals(technician, mailoutbox, settings):
    """It would state wrong moments. The day is left to a process with the right clock."""
    case = ahead(technician, 1)
    store("Pacific/Auckland", settings.RELEASE_TIME_OF_DAY)
    send()
    assert mailoutbox == []
    store(settings.TIME_ZONE, settings.RELEASE_TIME_OF_DAY)
    send()
    assert told(mailoutbox) == {"tom@example.com": numbers(case)}


def test_a_sender_that_dies_sends_the_same_message_again(technician, mailoutbox, clock):
    ahead(technician, 2)
    queue_reminders()
    (batch,) = claim(limit=50)  # and dies
    clock.shift(lease())
    outbox.deliver()
    assert [mail.extra_headers["Message-ID"] for mail in mailoutbox] == [batch.message_id]


def test_many_people_take_as_many_statements_as_few(mailoutbox):
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            queue_reminders()
        return len(captured)

    def add_people(count: int) -> None:
        for technician in UserFactory.create_batch(count, role="technician"):
            ahead(technician, 1)
            ahead(technician, 2)

    add_people(1)
    few = statements()
    add_people(20)
    assert statements() == few
    assert OutgoingEmail.objects.count() == 21
    assert statements() <= 3  # it is no one's time yet


def test_the_links_are_what_the_reader_may_do(technician, administrator, mailoutbox):
    ahead(technician, 2)
    ahead(administrator, 2)
    send()
    labels = ("Change the", "Reopen case", "Put on", "Release early")
    offered = {mail.to[0]: [label for label in labels if label in mail.body] for mail in mailoutbox}
    assert offered == {
        "tom@example.com": ["Change the", "Reopen case"],
        "ada@example.com": ["Change the", "Reopen case", "Put on", "Release early"],
    }
    html = mailoutbox[0].alternatives[0][0]
    assert html.count("/reminders/") == mailoutbox[0].body.count("/reminders/")


def test_a_long_list_is_cut_and_counted(technician, mailoutbox, monkeypatch):
    monkeypatch.setattr("cases.delivery.reminder_email.MAX_LISTED", 2)
    cases = [ahead(technician, 2) for _ in range(3)]
    Condition.objects.create(case=cases[0], kind="manual", name="Secret", created=FROZEN, since=FROZEN)
    send()
    (mail,) = mailoutbox
    assert "And 1 more case." in mail.body
    assert "Secret" not in mail.body
