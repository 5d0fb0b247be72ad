"""Who is notified of what, when and how: each event of the portal is checked for everyone (docs/notifications.md)."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases import releases
from cases.casework import assignment, drafts
from cases.core.schedule import Schedule
from cases.delivery import outbox
from cases.delivery.notifications import About, next_digest, notify, notify_each
from cases.models import Case, Heartbeat, Notification, NotificationChoice, OutgoingEmail, User
from cases.releases import notices
from tests.conftest import FROZEN
from tests.factories import CaseFactory, UserFactory
from tests.triggers import refuse

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

Kind = Notification.Kind
DAY = dt.timedelta(days=1)
WEB = {"source": "web"}


@pytest.fixture
def people(member, other_member, technician, other_technician, administrator) -> dict[str, User]:
    """Everyone who could be notified. The deactivated administrator never is."""
    UserFactory(username="gone", role="administrator", is_active=False)
    return {person.username: person for person in (member, other_member, technician, other_technician, administrator)}


def case_of(people, **options) -> Case:
    return CaseFactory(member=people["mia"], **{"assigned_to": people["tom"]} | options)


def submit(people):
    drafts.submit(case=case_of(people, draft=True, assigned_to=None), by=people["mia"], **WEB)


def accept(people):
    assignment.accept(case=case_of(people, submitted=True, assigned_to=None), by=people["tom"], **WEB)


def accept_for_a_technician(people):
    case = case_of(people, submitted=True, assigned_to=None)
    assignment.accept(case=case, by=people["ada"], technician=people["tom"], **WEB)


def hand_over(people):
    assignment.hand_over_case(case=case_of(people), to=people["otto"], by=people["tom"], **WEB)


def hand_over_everything(people):
    case_of(people), case_of(people, scheduled=True)
    assignment.hand_over_all(technician=people["tom"], to=people["otto"], by=people["ada"], **WEB)


def complete_for_later(people):
    later = Schedule(timezone.localdate() + 10 * DAY, None)
    return releases.complete(case=case_of(people), by=people["tom"], release_on=later, **WEB)


def complete_now(people):
    releases.complete(case=case_of(people), by=people["tom"], release_on=None, **WEB)


def recall(people):
    releases.recall(case=case_of(people, released=True), by=people["ada"], reason="A mistake", **WEB)


def undo(people):
    case = releases.complete(case=case_of(people), by=people["tom"], release_on=None, **WEB)
    releases.undo(case=case, by=people["tom"], **WEB)


def give_a_condition(people):
    case = case_of(people)
    releases.add_condition(case=case, by=people["tom"], kind="manual", name="Paid", owner=people["otto"], **WEB)


def own_condition(people):
    releases.add_condition(case=case_of(people), by=people["tom"], kind="manual", name="Paid", **WEB)


def ask_for_approval(people):
    releases.add_condition(case=complete_for_later(people), by=people["tom"], kind="approval", **WEB)


def ask_one_person_for_approval(people):
    case = complete_for_later(people)
    releases.add_condition(case=case, by=people["tom"], kind="approval", owner=people["otto"], **WEB)


def approval_before_completion(people):
    case = case_of(people)
    releases.add_condition(case=case, by=people["tom"], kind="approval", owner=people["otto"], **WEB)


def complete_with_an_approval(people):
    approval_before_completion(people)
    later = Schedule(timezone.localdate() + 10 * DAY, None)
    releases.complete(case=Case.objects.get(), by=people["tom"], release_on=later, **WEB)


def change_what_was_approved(people):
    ask_one_person_for_approval(people)
    case = Case.objects.get()
    releases.approve(condition=case.conditions.get(), by=people["otto"], **WEB)
    Notification.objects.update(read_at=FROZEN)
    later = Schedule(timezone.localdate() + 11 * DAY, None)
    releases.schedule(case=case, by=people["tom"], release_on=later, **WEB)


def reach_the_instant_with_a_condition(people):
    notices.tell_of_held()
    case_of(people, due=True, open_conditions=1, scheduled_release_date=FROZEN.date())
    Heartbeat.objects.update(at=FROZEN - DAY)
    notices.tell_of_held()


def fail(people):
    case_of(people, due=True)
    refuse("cases_case", "UPDATE", "NEW.actual_release_date IS NOT NULL")
    releases.release_due(by="sweep", source="sweep")


def release_due(people):
    case_of(people, due=True)
    releases.release_due(by="sweep", source="sweep")


NOBODY: set[tuple[str, str]] = set()
TOLD = {
    submit: {("mia", "received"), ("tom", "queue"), ("otto", "queue")},
    accept: {("mia", "accepted")},
    accept_for_a_technician: {("mia", "accepted"), ("tom", "assigned")},
    hand_over: {("otto", "assigned")},
    hand_over_everything: {("otto", "assigned")},
    complete_for_later: NOBODY,
    complete_now: {("mia", "released")},
    release_due: {("mia", "released")},
    fail: {("tom", "failed"), ("ada", "failed")},
    recall: {("tom", "recalled")},
    undo: {("mia", "released")},
    give_a_condition: {("otto", "condition")},
    own_condition: NOBODY,
    ask_for_approval: {("ada", "approval")},
    ask_one_person_for_approval: {("otto", "approval")},
    approval_before_completion: NOBODY,
    complete_with_an_approval: {("otto", "approval")},
    change_what_was_approved: {("otto", "approval")},
    reach_the_instant_with_a_condition: {("tom", "held")},
}


@pytest.mark.parametrize("event", TOLD, ids=lambda event: event.__name__)
def test_who_is_told_of_an_event_and_that_nobody_else_is(event, people):
    event(people)
    rows = Notification.objects.values_list("recipient__username", "kind")
    assert set(rows) == TOLD[event]
    assert not OutgoingEmail.objects.exclude(kind__in=["released", "recalled"]).exists()


CHANNELS = {  # kind of the email, and how long after noon UTC it is due
    "portal": None,
    "mail": ("notification", dt.timedelta()),
    "digest": ("digest", 20 * dt.timedelta(hours=1)),
    "nothing": None,
}


@pytest.mark.parametrize("are_emails_usual", [False, True])
@pytest.mark.parametrize("channel", [*CHANNELS, "usual"])
def test_each_is_told_as_they_have_chosen(channel, are_emails_usual, people, settings):
    settings.NOTIFICATION_EMAILS = are_emails_usual
    if channel != "usual":
        NotificationChoice.objects.create(user=people["otto"], kind=Kind.ASSIGNED, channel=channel)
    expected = ("mail" if are_emails_usual else "portal") if channel == "usual" else channel
    hand_over(people)
    assert Notification.objects.filter(recipient=people["otto"]).exists() == (expected != "nothing")
    emails = [(email.kind, email.due - FROZEN, email.address) for email in OutgoingEmail.objects.all()]
    wanted = CHANNELS[expected]
    assert emails == ([(*wanted, people["otto"].email)] if wanted else [])
    assert Notification.objects.filter(email__isnull=False).count() == len(emails)


def test_who_has_no_address_is_told_in_the_portal(people, settings):
    settings.NOTIFICATION_EMAILS = True
    User.objects.filter(username="otto").update(email="", email_canonical=None)
    hand_over(people)
    assert Notification.objects.get().email is None
    assert not OutgoingEmail.objects.exists()


@pytest.mark.parametrize("kind", ["notification", "digest"])
def test_an_email_collects_until_it_is_claimed(kind, people, settings):
    channel = {"notification": "mail", "digest": "digest"}[kind]
    NotificationChoice.objects.create(user=people["otto"], kind=Kind.ASSIGNED, channel=channel)
    for _case in range(2):
        hand_over(people)
    email = OutgoingEmail.objects.get()
    assert (email.kind, email.notifications.count()) == (kind, 2)
    OutgoingEmail.objects.update(group="0" * 32, message_id="<claimed@example.com>")
    hand_over(people)
    assert OutgoingEmail.objects.count() == 2
    assert OutgoingEmail.objects.latest("pk").notifications.count() == 1


@pytest.mark.parametrize("before", ["mail", "digest"])
@pytest.mark.parametrize("after", NotificationChoice.Channel.values)
def test_a_waiting_email_leaves_if_any_email_is_still_wanted(before, after, people, clock, mailoutbox):
    choice = NotificationChoice.objects.create(user=people["otto"], kind=Kind.ASSIGNED, channel=before)
    hand_over(people)
    NotificationChoice.objects.filter(pk=choice.pk).update(channel=after)
    clock.shift(DAY)
    outbox.deliver()
    assert len(mailoutbox) == (1 if after in ("mail", "digest") else 0)


def test_the_queue_is_told_once_until_it_is_read(people):
    for _case in range(3):
        submit(people)
    of_otto = Notification.objects.filter(kind=Kind.QUEUE, recipient=people["otto"])
    assert of_otto.count() == 1
    of_otto.update(read_at=FROZEN)
    submit(people)
    assert of_otto.count() == 2
    assert Notification.objects.filter(kind=Kind.QUEUE, recipient=people["tom"]).count() == 1


def test_what_is_noticed_again_is_told_once_and_of_another_schedule_again(people):
    case = case_of(people)
    for ref in (1, 1, 2):
        notify(Kind.HELD, case=case, to=[people["tom"], None], by="sweep", at=FROZEN, ref=ref)
    assert list(Notification.objects.order_by("ref").values_list("ref", flat=True)) == [1, 2]


def test_what_conditions_hold_back_is_told_once_at_its_instant(people, clock):
    """The clock may be stepped back, and the sweep may come late."""
    held = {"open_conditions": 1, "held": True, "schedule_revision": 1}
    long_ago = case_of(people, **held, scheduled_release_date=FROZEN.date() - DAY)
    assert notices.tell_of_held() == 0
    soon = case_of(people, **held, scheduled_release_date=FROZEN.date(), scheduled_release_time=dt.time(13))
    tomorrow = case_of(people, **held, scheduled_release_date=FROZEN.date() + DAY)
    case_of(people, held=True, scheduled_release_date=FROZEN.date(), scheduled_release_time=dt.time(13))
    told = []
    for hours in (0, 0.9, 2, 2, 1, 2, 30):
        clock.move_to(FROZEN + dt.timedelta(hours=hours))
        told.append(notices.tell_of_held())
    assert told == [0, 0, 1, 0, 0, 0, 1]
    assert set(Notification.objects.values_list("case", flat=True)) == {soon.pk, tomorrow.pk} - {long_ago.pk}


@pytest.mark.parametrize(
    ("zone", "now", "next_one"),
    [
        ("", "2025-06-11 12:00+00:00", "2025-06-12 08:00+00:00"),
        ("America/Chicago", "2025-06-11 12:59+00:00", "2025-06-11 13:00+00:00"),
        ("America/Chicago", "2025-06-11 13:00+00:00", "2025-06-12 13:00+00:00"),
        # The night before the clocks change, either way, and a zone that skips a day.
        ("America/Chicago", "2025-03-08 20:00+00:00", "2025-03-09 13:00+00:00"),
        ("America/Chicago", "2025-11-01 20:00+00:00", "2025-11-02 14:00+00:00"),
        ("Pacific/Apia", "2011-12-29 20:00+00:00", "2011-12-30 10:00+00:00"),
    ],
)
def test_a_digest_is_due_at_its_time_on_the_readers_clock(zone, now, next_one):
    assert next_digest(zone, dt.datetime.fromisoformat(now)) == dt.datetime.fromisoformat(next_one)


def test_telling_of_many_cases_takes_no_more_statements_than_of_two(people, settings):
    settings.NOTIFICATION_EMAILS = True
    counts = []
    for number in (2, 30):
        abouts = [About(people["otto"].pk, case_of(people).pk) for _each in range(number)]
        with CaptureQueriesContext(connection) as queries:
            notify_each(Kind.ASSIGNED, abouts, by=people["tom"], at=FROZEN)
        counts.append(len(queries))
    assert counts[0] >= counts[1] <= 4
