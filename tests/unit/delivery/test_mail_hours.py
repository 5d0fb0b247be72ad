"""An email about a release waits for its member's mail hours. That does not count as a try or a failure, and is never
late."""

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import releases
from cases.accounts.own_account import change_profile
from cases.delivery import email_claims, mail_hours, outbox, retries
from cases.delivery.account_email_queue import queue_invitation
from cases.delivery.notifications import next_digest
from cases.delivery.results import DeliveryResult, Outcome
from cases.models import Case, OutgoingEmail, User
from cases.monitoring.outbox_status import outbox_status
from tests.conftest import FROZEN
from tests.factories import CaseFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

EIGHT_TO_EIGHT = (dt.time(8), dt.time(20))
HOUR = dt.timedelta(hours=1)
# At noon UTC it is 2 AM in Honolulu, 7 AM in Chicago, 9 PM in Tokyo and 1 PM in London.
HONOLULU, CHICAGO, TOKYO, LONDON = "Pacific/Honolulu", "America/Chicago", "Asia/Tokyo", "Europe/London"


@pytest.fixture(autouse=True)
def _hours(settings):
    settings.RELEASE_MAIL_HOURS = EIGHT_TO_EIGHT


def somebody(zone="") -> User:
    return UserFactory(time_zone=zone)


def release_for(*members) -> list[Case]:
    made = [CaseFactory(due=True, member=member) for member in members]
    releases.release_due(by="test", source="sweep")
    return made


def row(member) -> OutgoingEmail:
    return OutgoingEmail.objects.get(recipient=member)


def utc(text) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def move_to(member, zone) -> None:
    change_profile(by=member, changes={"time_zone": zone})


# --- When it may leave ------------------------------------------------------------------------------------------------


def opening(zone, at) -> str | None:
    """Return the next opening on the wall clock there, or None if an email may be sent now."""
    found = mail_hours.next_opening(zone, at)
    return found and found.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes")


@pytest.mark.parametrize(
    ("zone", "at", "expected"),
    [
        (CHICAGO, "2025-06-11T12:59:59", "2025-06-11T08:00-05:00"),
        (CHICAGO, "2025-06-11T13:00:00", None),
        (CHICAGO, "2025-06-12T00:59:59", None),
        (CHICAGO, "2025-06-12T01:00:00", "2025-06-12T08:00-05:00"),
        (TOKYO, "2025-06-11T12:00:00", "2025-06-12T08:00+09:00"),
        (LONDON, "2025-06-11T12:00:00", None),
        # Half an hour off the others, and the last place on earth in each direction.
        ("Asia/Kolkata", "2025-06-11T02:29:00", "2025-06-11T08:00+05:30"),
        ("Pacific/Kiritimati", "2025-06-11T12:00:00", "2025-06-12T08:00+14:00"),
        ("Etc/GMT+12", "2025-06-11T12:00:00", "2025-06-11T08:00-12:00"),
        # Across the change of the clock the next opening is 23 or 25 hours after the last.
        (CHICAGO, "2025-03-09T02:30:00", "2025-03-09T08:00-05:00"),
        (CHICAGO, "2025-11-02T01:30:00", "2025-11-02T08:00-06:00"),
        # Samoa had no December 30, 2011.
        ("Pacific/Apia", "2011-12-30T06:30:00", "2011-12-31T08:00+14:00"),
    ],
)
def test_it_may_leave_while_the_members_clock_shows_the_hours(zone, at, expected):
    assert opening(zone, utc(at)) == expected


@pytest.mark.parametrize(
    ("hours", "at", "expected"),
    [
        # On March 9, 2025, Chicago's clock went from 2 to 3 AM.
        ((dt.time(2, 30), dt.time(20)), "2025-03-09T07:59:59", "2025-03-09T03:00-05:00"),
        ((dt.time(2, 30), dt.time(20)), "2025-03-09T08:00:00", None),
        ((dt.time(1), dt.time(2, 30)), "2025-03-09T07:59:59", None),
        ((dt.time(1), dt.time(2, 30)), "2025-03-09T08:00:00", "2025-03-10T01:00-05:00"),
        ((dt.time(2, 10), dt.time(2, 50)), "2025-03-09T07:00:00", "2025-03-10T02:10-05:00"),
        # On November 2, 2025, it showed 1 AM twice.
        ((dt.time(1, 30), dt.time(20)), "2025-11-02T06:29:00", "2025-11-02T01:30-05:00"),
        ((dt.time(1, 30), dt.time(20)), "2025-11-02T06:30:00", None),
        ((dt.time(1, 30), dt.time(20)), "2025-11-02T07:15:00", None),
        ((dt.time(0), dt.time(1, 30)), "2025-11-02T06:29:00", None),
        ((dt.time(0), dt.time(1, 30)), "2025-11-02T07:15:00", "2025-11-03T00:00-06:00"),
    ],
)
def test_an_opening_that_is_skipped_or_comes_twice(settings, hours, at, expected):
    settings.RELEASE_MAIL_HOURS = hours
    assert opening(CHICAGO, utc(at)) == expected


def test_without_a_zone_of_their_own_the_portals_counts(settings):
    settings.TIME_ZONE = CHICAGO
    at_eight = utc("2025-06-11T13:00")
    for zone in ("", "Nowhere/Gone"):
        assert mail_hours.next_opening(zone, at_eight - HOUR) == at_eight
        assert mail_hours.next_opening(zone, at_eight) is None


def test_without_hours_everything_leaves_and_nothing_is_asked(settings, mailoutbox):
    settings.RELEASE_MAIL_HOURS = None
    release_for(somebody(TOKYO))
    with CaptureQueriesContext(connection) as captured:
        outbox.deliver()
    assert len(mailoutbox) == 1
    assert not [query for query in captured if "time_zone" in query["sql"] and "DISTINCT" in query["sql"]]


# --- Sending ----------------------------------------------------------------------------------------------------------


def test_whoever_sleeps_gets_it_in_the_morning_and_everybody_else_now(clock, mailoutbox):
    early, late, awake = somebody(CHICAGO), somebody(TOKYO), somebody(LONDON)
    cases = release_for(early, late, awake)
    assert all(Case.objects.values_list("actual_release_date", flat=True)), "all are visible at the instant"

    outbox.deliver()
    assert [message.to for message in mailoutbox] == [[awake.email]]
    assert (row(early).state, row(early).next_try) == ("waiting", FROZEN + HOUR)
    assert (row(late).state, row(late).next_try) == ("waiting", utc("2025-06-11T23:00"))
    assert not outbox.is_waiting()

    clock.move_to(FROZEN + HOUR)
    assert outbox.is_waiting()
    outbox.deliver()
    assert mailoutbox[-1].to == [early.email]
    clock.move_to(utc("2025-06-11T23:00"))
    outbox.deliver()
    assert mailoutbox[-1].to == [late.email]
    assert len(cases) == len(mailoutbox) == OutgoingEmail.objects.filter(state="sent", attempts=1).count()


def test_what_came_over_night_is_one_message(clock, mailoutbox):
    member = somebody(TOKYO)
    release_for(member)
    outbox.deliver()
    clock.shift(HOUR)
    release_for(member)
    outbox.deliver()
    assert mailoutbox == []
    clock.move_to(utc("2025-06-11T23:00"))
    outbox.deliver()
    assert len(mailoutbox) == 1


def test_only_emails_about_releases_wait(mailoutbox):
    invited = UserFactory(time_zone=TOKYO)
    invited.set_unusable_password()
    invited.save()
    release_for(invited)
    queue_invitation(invited)
    outbox.deliver()
    assert len(mailoutbox) == 1
    assert set(OutgoingEmail.objects.values_list("kind", "state")) == {("invitation", "sent"), ("released", "waiting")}


def test_a_night_is_one_statement_for_each_zone_however_many_members(mailoutbox):
    def updates(members):
        release_for(*members)
        with CaptureQueriesContext(connection) as captured:
            outbox.deliver()
        return len([query for query in captured if query["sql"].startswith('UPDATE "cases_outgoingemail"')])

    assert updates([somebody(TOKYO), somebody(HONOLULU)]) == 2
    assert updates([somebody(zone) for zone in (TOKYO, HONOLULU) for _ in range(60)]) == 2
    assert mailoutbox == []


def test_where_everybody_is_awake_it_costs_one_look_for_each_claim(member):
    def statements():
        release_for(member)
        with CaptureQueriesContext(connection) as captured:
            outbox.claim(limit=5)
        return len(captured)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mail_hours, "postpone", lambda *_, **__: None)
        without = statements()
    assert statements() == without + 1


def test_a_claim_that_is_open_when_the_hours_end_is_not_sent(clock, mailoutbox, monkeypatch):
    member = somebody(LONDON)
    clock.move_to(utc("2025-06-11T18:59:59"))
    release_for(member)
    claim = outbox.claim

    def claimed_in_the_last_second(*, limit):
        batches = claim(limit=limit)
        clock.move_to(utc("2025-06-11T19:00:00"))
        return batches

    monkeypatch.setattr(outbox, "claim", claimed_in_the_last_second)
    report = outbox.deliver()
    assert mailoutbox == []
    assert (report.sent, report.retried, report.failed) == (0, 0, 0)
    email = row(member)
    assert (email.state, email.attempts, email.deferrals) == ("waiting", 0, 0)
    assert email.next_try == utc("2025-06-12T07:00")


# --- A zone that changes ----------------------------------------------------------------------------------------------


def test_whoever_has_come_to_where_it_is_day_gets_it_now(clock, mailoutbox):
    member = somebody(TOKYO)
    release_for(member)
    outbox.deliver()
    move_to(member, LONDON)
    clock.shift(dt.timedelta(seconds=30))
    outbox.deliver()
    assert len(mailoutbox) == 1


def test_whoever_has_come_to_where_it_is_night_waits(mailoutbox):
    member = somebody(LONDON)
    release_for(member)
    move_to(member, TOKYO)
    outbox.deliver()
    assert mailoutbox == []
    assert row(member).next_try == utc("2025-06-11T23:00")


def test_between_claim_and_sending_it_counts_too(mailoutbox, monkeypatch):
    member = somebody(LONDON)
    release_for(member)
    claim = outbox.claim

    def moved_after_the_claim(*, limit):
        batches = claim(limit=limit)
        if batches:
            move_to(member, TOKYO)
        return batches

    monkeypatch.setattr(outbox, "claim", moved_after_the_claim)
    outbox.deliver()
    assert mailoutbox == []
    assert (row(member).state, row(member).attempts) == ("waiting", 0)


def test_another_name_or_language_moves_no_email(clock):
    member = somebody(TOKYO)
    release_for(member)
    outbox.deliver()
    before = row(member).next_try
    move_to(member, TOKYO)
    assert row(member).next_try == before


def test_a_failed_try_keeps_its_back_off_when_the_zone_changes():
    member = somebody(LONDON)
    release_for(member)
    (batch,) = outbox.claim(limit=5)
    outbox.record(batch, DeliveryResult(Outcome.DEFERRED, "451 later"))
    before = row(member).next_try
    move_to(member, "Europe/Paris")
    assert row(member).next_try == before


# --- Retries, claims and what operators see ---------------------------------------------------------------------------


def test_a_retry_waits_for_the_morning_with_its_message_id_and_its_tries(clock, mailoutbox):
    member = somebody(LONDON)
    clock.move_to(utc("2025-06-11T18:59:50"))
    release_for(member)
    (batch,) = outbox.claim(limit=5)
    outbox.record(batch, DeliveryResult(Outcome.DEFERRED, "451 later"))
    clock.shift(dt.timedelta(minutes=1))
    assert outbox.claim(limit=5) == []
    email = row(member)
    assert (email.attempts, email.deferrals, email.message_id) == (1, 1, batch.message_id)
    assert email.next_try == utc("2025-06-12T07:00")

    clock.move_to(email.next_try)
    (again,) = outbox.claim(limit=5)
    assert (again.message_id, again.group) == (batch.message_id, batch.group)
    assert again.claim != batch.claim


def test_nights_lead_to_no_giving_up(clock):
    member = somebody(LONDON)
    release_for(member)
    for _ in range(retries.MAX_DEFERRALS - 1):
        (batch,) = outbox.claim(limit=5)
        outbox.record(batch, DeliveryResult(Outcome.DEFERRED, "451 later"))
        for night in range(3):
            clock.move_to(utc("2025-06-11T22:00") + dt.timedelta(days=night + row(member).deferrals * 4))
            assert outbox.claim(limit=5) == []
        clock.move_to(row(member).next_try)
    assert (row(member).state, row(member).deferrals) == ("waiting", retries.MAX_DEFERRALS - 1)


def test_what_a_dead_sender_had_claimed_waits_too(clock):
    member = somebody(LONDON)
    clock.move_to(utc("2025-06-11T18:59:50"))
    release_for(member)
    (batch,) = outbox.claim(limit=5)
    clock.shift(email_claims.lease())
    assert outbox.claim(limit=5) == []
    email = row(member)
    assert (email.state, email.claim, email.message_id) == ("waiting", batch.claim, batch.message_id)
    # Its server had accepted the message after all, and the sender comes back to report that.
    outbox.record(batch, DeliveryResult(Outcome.SENT))
    assert row(member).state == "sent"


@pytest.mark.parametrize("failed_before", [False, True])
def test_operators_read_that_it_is_not_due_and_nothing_is_late(clock, failed_before):
    member = somebody(LONDON)
    clock.move_to(utc("2025-06-11T18:59:50"))
    release_for(member)
    if failed_before:
        (batch,) = outbox.claim(limit=5)
        outbox.record(batch, DeliveryResult(Outcome.UNREACHABLE, "timed out"))
    clock.shift(dt.timedelta(minutes=1))
    outbox.claim(limit=5)
    clock.shift(8 * HOUR)

    seen = outbox_status(Case.objects.all(), utc("2025-06-12T03:00"))

    assert seen.problems == []
    assert (seen.not_due.number, seen.waiting.number, seen.retrying.number) == (1, 0, 0)
    assert (seen.oldest, seen.overdue, seen.retrying_rows) == (dt.timedelta(), None, [])


# --- The daily email --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "at"),
    [
        (LONDON, TOKYO, "2025-06-11T23:00"),
        (TOKYO, CHICAGO, "2025-06-11T13:00"),
        (CHICAGO, "", "2025-06-12T08:00"),
    ],
)
def test_the_daily_email_moves_with_the_zone_of_its_reader(clock, other_member, before, after, at):
    technician = UserFactory(role="technician", time_zone=before)
    due = next_digest(before, FROZEN)
    for reader in (technician, other_member):
        moments = {"due": due, "next_try": due, "created": FROZEN}
        OutgoingEmail.objects.create(kind="digest", recipient=reader, address=reader.email, **moments)
    move_to(technician, after)
    assert (row(technician).due, row(technician).next_try, row(other_member).due) == (utc(at), utc(at), due)


def test_a_daily_email_that_is_tried_again_keeps_its_next_try(clock, member):
    moments = {"due": FROZEN, "next_try": FROZEN + dt.timedelta(minutes=5), "created": FROZEN}
    fixed = {"group": uuid.uuid4(), "message_id": "<1@x>"}
    OutgoingEmail.objects.create(kind="digest", recipient=member, address=member.email, **moments, **fixed)
    move_to(member, TOKYO)
    assert row(member).next_try == moments["next_try"]
