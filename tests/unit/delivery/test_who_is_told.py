"""For each event, preference and RELEASE_MEMBER_VIEW: who is notified of what, when and how, and that no one else is.

Each event of tests.unit.delivery.told_world happens through its verb, and then the portal does everything it does by
itself for two days. Everything at anyone's bell, and every email sent, is compared with TABLE.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from django.core import mail
from django.db import transaction

from cases.core.numbers import capped
from cases.models import Notification, NotificationChoice, OutgoingEmail, User
from cases.releases.reminders import queue_reminders
from cases.selectors import notifications
from tests.conftest import FROZEN
from tests.unit.delivery import told_world as events
from tests.unit.delivery.told_world import PROGRAMS, TITLE, WRITTEN, Program, World

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("says who is told, not how it is asked"),
]

VIEWS = ("hidden", "in_progress", "announced")
# How long after the event: immediately, once it is too late to undo and changes to an account have been collected, the
# next morning, the morning after that.
NOW, NO_UNDO, MORNING, LAST = (dt.timedelta(seconds=seconds) for seconds in (0, 61, 20 * 3600, 44 * 3600))

# How each kind is reported to those who have chosen nothing, if NOTIFICATION_EMAILS is on, and words that appear
# nowhere else, for a member or for staff.
KINDS = {
    "queue": ("digest", ["waiting in the queue"]),
    "received": ("mail", ["We have received your case"]),
    "accepted": ("mail", ["A technician has started working"]),
    "assigned": ("mail", ["handed this case over to you", "was handed over to you"]),
    "question": ("mail", ["We have a question for you", "The member asked a question"]),
    "reply": ("mail", ["We replied to you", "The member replied"]),
    "mention": ("mail", ["mentioned you in a note", "You were mentioned"]),
    "condition": ("digest", ["opened a condition on this case that you own", "its owner has left"]),
    "approval": ("mail", ["needs an approval"]),
    "held": ("mail", ["held by conditions"]),
    "failed": ("mail", ["The release of this case failed"]),
    "recalled": ("mail", ["recalled the release", "was recalled"]),
    "changed": (
        "mail",
        [
            "undid the release",
            "released this case",
            "reopened this case",
            "completed this case",
            "put this case on hold",
            "set a release date",
            "changed the release date",
            "changed the type",
            "changed the urgency",
            "waived a condition",
            "added a condition",
        ],
    ),
    # These have their own emails, which also go to those who have chosen nothing while NOTIFICATION_EMAILS is off. The
    # second is reported only that way.
    "reminder": ("digest", ["This case will be released soon"]),
    "unopened": ("mail", ["you haven't opened it yet"]),
    # No one can choose for it. It has its own email as well.
    "released": ("portal", ["Your case is ready."]),
}
# Sent unchanged to everyone, whatever they have chosen, and those that report notifications.
OWN_EMAILS = {
    "released",
    "recalled",
    "password_reset",
    "invitation",
    "address_changed",
    "account_security",
    "history_head",
}
EMAILS = OWN_EMAILS | {"reminder", "unopened", "notification", "digest"}

Told = set[tuple[str, str]]
NOBODY: Told = set()


@dataclass
class Row:
    """Who is notified of which kind, always or depending on RELEASE_MEMBER_VIEW, what the deputy also gets while the
    technician is away, and separate emails with their times.
    """

    told: Told | dict[str, Told] = field(default_factory=set)
    deputy: Told | dict[str, Told] = field(default_factory=set)
    emails: set[tuple[str, str, dt.timedelta]] = field(default_factory=set)


def in_view(told: Told | dict[str, Told], view: str) -> Told:
    return told.get(view, NOBODY) if isinstance(told, dict) else told


def dora(kind: str) -> Told:
    return {("dora", kind)}


def administrators(kind: str) -> Told:
    return {("ada", kind), ("abel", kind)}


NOTHING = Row()
QUEUE = {(name, "queue") for name in ("tom", "otto", "dora", "fritz")}
MIA_IS_ASKED: Told = {("mia", "question")}
OTTO_APPROVES = Row({("otto", "approval")})
OTTO_APPROVES_WHAT_IS_CHANGED = Row({("otto", "approval"), ("tom", "changed")})
TOMS_IS_CHANGED = Row({("tom", "changed")})
RELEASED, RELEASED_BY_HAND = ({("mia", "released", after)} for after in (NOW, NO_UNDO))
TABLE: dict[Callable[[World], object], Row] = {
    events.a_member_submits: Row({("mia", "received"), *QUEUE}),
    events.a_member_submits_while_others_wait_unread: Row({("mia", "received"), ("olga", "received"), *QUEUE}),
    events.a_member_submits_and_technicians_leave: Row(
        {("mia", "received"), *QUEUE} - {("fritz", "queue"), ("dora", "queue")}
    ),
    events.a_technician_accepts: Row({("mia", "accepted")}),
    events.an_administrator_gives_it_to_a_technician: Row({("mia", "accepted"), ("tom", "assigned")}),
    events.it_is_handed_over: Row({("tom", "assigned")}),
    events.all_are_handed_over: Row({("tom", "assigned")}),
    events.a_run_hands_over: Row({("tom", "assigned")}),
    events.staff_work_on_it: NOTHING,
    events.a_note_mentions_a_colleague: Row({("otto", "mention")}),
    # The conversation
    events.a_technician_asks: Row(MIA_IS_ASKED),
    events.an_administrator_asks: Row(MIA_IS_ASKED),
    events.the_deputy_asks: Row(MIA_IS_ASKED),
    events.a_technician_writes: Row({("mia", "reply")}),
    events.a_member_asks: Row({("tom", "question")}, dora("question")),
    events.a_member_replies: Row({("tom", "reply")}, dora("reply")),
    events.a_member_asks_after_it_was_handed_over: Row({("tom", "question")}, dora("question")),
    events.a_member_writes_before_it_is_accepted: NOTHING,
    events.no_reply_is_needed: NOTHING,
    events.it_is_asked_and_then_completed: Row({"in_progress": MIA_IS_ASKED}),
    events.a_member_writes_between_completion_and_release: Row(
        {"in_progress": {("tom", "question")}}, {"in_progress": dora("question")}
    ),
    events.a_technician_writes_between_completion_and_release: Row({"in_progress": {("mia", "reply")}}),
    events.a_member_asks_about_a_release: Row({("tom", "question")}, dora("question")),
    events.a_member_asks_about_the_release_of_a_technician_who_left: Row(administrators("question")),
    events.a_member_asks_about_the_release_of_a_technician_who_is_none_anymore: Row(administrators("question")),
    events.a_member_replies_to_an_administrator_after_the_technician_left: Row(administrators("reply")),
    events.a_technician_writes_about_a_release: Row({("mia", "reply")}),
    # Conditions
    events.a_condition_is_given_to_a_colleague: Row({("otto", "condition")}),
    events.conditions_that_concern_nobody_else: TOMS_IS_CHANGED,
    events.an_approval_is_wanted_of_administrators: Row(administrators("approval")),
    events.an_approval_is_wanted_of_a_colleague: OTTO_APPROVES,
    events.an_approval_is_wanted_before_the_completion: NOTHING,
    events.an_approval_is_wanted_of_someone_for_whom_the_asker_stands_in: OTTO_APPROVES,
    events.it_is_completed_with_an_approval: OTTO_APPROVES,
    events.who_is_to_approve_takes_it_over_and_completes_it: Row(administrators("approval")),
    events.who_is_to_approve_completes_it_as_the_deputy: Row({("tom", "changed"), *administrators("approval")}),
    events.who_is_to_approve_left_before_the_completion: Row(administrators("approval")),
    events.who_is_to_approve_takes_it_over: Row({("otto", "assigned"), *administrators("approval")}),
    events.who_is_to_approve_takes_all_over: Row({("otto", "assigned"), *administrators("approval")}),
    events.who_is_to_approve_takes_it_over_by_a_run: Row({("otto", "assigned"), *administrators("approval")}),
    events.who_is_to_approve_hands_it_over: Row({("fritz", "assigned"), ("otto", "approval")}),
    events.what_a_colleague_is_to_approve_is_handed_over: Row({("fritz", "assigned")}),
    events.who_is_to_approve_leaves: Row(administrators("approval")),
    events.who_is_to_approve_becomes_a_member: Row(administrators("approval")),
    events.who_is_to_approve_becomes_an_administrator: NOTHING,
    events.the_owner_of_conditions_leaves: Row({("tom", "condition")}),
    events.the_owner_and_the_technician_leave: Row(administrators("condition")),
    events.what_was_approved_is_moved: OTTO_APPROVES,
    events.a_run_moves_what_was_approved: OTTO_APPROVES_WHAT_IS_CHANGED,
    events.what_was_approved_is_held: TOMS_IS_CHANGED,
    events.a_run_holds_what_was_approved: TOMS_IS_CHANGED,
    events.a_run_adds_a_condition_of_a_colleague: Row({("otto", "condition"), ("tom", "changed")}),
    events.runs_add_conditions_that_concern_nobody_else: TOMS_IS_CHANGED,
    events.what_colleagues_met_by_work_is_reopened: Row(
        {("otto", "condition"), ("tom", "condition"), ("tom", "changed")}
    ),
    events.a_run_reopens_what_colleagues_met_by_work: Row(
        {("otto", "condition"), ("tom", "condition"), ("tom", "changed")}
    ),
    events.it_is_reopened_by_an_owner: Row({("otto", "condition")}),
    events.it_is_reopened_and_completed_again: TOMS_IS_CHANGED,
    events.it_is_reopened_after_an_owner_left: Row({("tom", "condition")}),
    events.the_undo_of_a_run_reopens_what_colleagues_own: Row({("otto", "condition")}),
    events.the_undo_of_a_run_wants_what_was_waived: Row({("otto", "condition")}),
    events.a_run_wants_an_approval_of_administrators: Row({("abel", "approval"), ("tom", "changed")}),
    events.a_run_wants_an_approval_of_a_colleague: OTTO_APPROVES_WHAT_IS_CHANGED,
    events.a_run_wants_an_approval_once_more: OTTO_APPROVES,
    events.a_run_wants_an_approval_once_more_of_any_administrator: Row({("abel", "approval")}),
    events.what_waits_for_an_approval_gets_a_date: OTTO_APPROVES,
    events.a_run_gives_a_date_to_what_waits_for_an_approval: OTTO_APPROVES_WHAT_IS_CHANGED,
    events.a_run_moves_what_waits_for_an_approval_that_nobody_has_read_of: OTTO_APPROVES_WHAT_IS_CHANGED,
    events.the_undo_of_a_run_moves_what_waits_for_an_approval: OTTO_APPROVES_WHAT_IS_CHANGED,
    events.the_undo_of_a_run_completes_what_was_approved: OTTO_APPROVES_WHAT_IS_CHANGED,
    events.the_undo_of_a_run_wants_an_approval_that_was_waived: OTTO_APPROVES_WHAT_IS_CHANGED,
    # Completion and release
    events.it_is_completed_for_later: NOTHING,
    events.it_is_accepted_and_then_completed: Row({"in_progress": {("mia", "accepted")}}),
    events.it_is_asked_completed_and_held: Row(
        {
            "hidden": {("tom", "changed")},
            "in_progress": {("tom", "changed"), *MIA_IS_ASKED},
            "announced": {("tom", "changed"), *MIA_IS_ASKED},
        }
    ),
    events.it_is_moved_held_and_reopened: TOMS_IS_CHANGED,
    events.it_is_released_by_hand: Row({("mia", "released")}, emails=RELEASED_BY_HAND),
    events.it_is_released_early: Row({("mia", "released"), ("tom", "changed")}, emails=RELEASED_BY_HAND),
    events.it_is_released_at_its_date: Row({("mia", "released")}, emails=RELEASED),
    events.a_member_who_left_has_a_release: NOTHING,
    events.it_is_undone: NOTHING,
    events.it_is_recalled_after_its_email: Row({("tom", "recalled")}, emails={("mia", "recalled", NOW)}),
    events.it_is_recalled_after_its_technician_left: Row({("abel", "recalled")}, emails={("mia", "recalled", NOW)}),
    events.it_is_recalled_before_its_email: Row({("tom", "recalled")}),
    events.the_undo_of_a_run_recalls: Row({("tom", "recalled")}, emails={("mia", "recalled", NOW)}),
    events.it_is_released_again: Row({("mia", "released"), ("tom", "changed")}, emails=RELEASED_BY_HAND),
    events.colleagues_change_it: TOMS_IS_CHANGED,
    events.a_run_of_its_technician_changes_it: NOTHING,
    events.conditions_hold_it_back: Row({("tom", "held"), ("tom", "changed")}, dora("held")),
    events.conditions_hold_it_back_and_its_technician_left: Row(administrators("held")),
    events.conditions_hold_back_what_is_an_administrators: Row({("abel", "held"), ("abel", "changed")}),
    events.its_release_fails: Row({("tom", "failed"), *administrators("failed")}, dora("failed")),
    # Reminders
    events.its_release_is_near: Row({("tom", "reminder")}, dora("reminder")),
    events.its_release_is_near_and_its_technician_left: Row(administrators("reminder")),
    events.its_release_was_near_but_it_is_fritzs_no_more: Row(
        {("tom", "assigned"), ("tom", "reminder")}, dora("reminder")
    ),
    events.nobody_opens_it: Row({("mia", "unopened")}),
    # Accounts
    events.a_person_is_invited: Row(emails={("new", "invitation", NOW)}),
    events.a_password_is_forgotten: Row(emails={("mia", "password_reset", NOW)}),
    events.an_address_is_corrected: Row(emails={("olga", "address_changed", NOW)}),
    events.a_password_is_changed: Row(emails={("mia", "account_security", NO_UNDO)}),
    events.credentials_are_made: Row(emails={("otto", "account_security", NO_UNDO)}),
    events.an_account_changes: NOTHING,
    events.the_history_is_sealed: Row(emails={(name, "history_head", NOW) for name in ("ada", "abel")}),
}


def test_the_table_has_every_kind_of_notification_and_of_email():
    rows = TABLE.values()
    told = {kind for row in rows for view in VIEWS for _person, kind in in_view(row.told, view)}
    assert set(KINDS) == set(Notification.Kind.values), "add its words to KINDS"
    assert told == set(KINDS), "add an event that notifies of it to told_world.py, and its row to TABLE"
    sent = {kind for row in rows for _person, kind, _after in row.emails}
    assert set(OutgoingEmail.Kind.values) == EMAILS, "add it to OWN_EMAILS"
    assert sent == OWN_EMAILS, "add an event that sends it to told_world.py, and its row to TABLE"


# What everyone has chosen for every kind, and the circumstances: RELEASE_MEMBER_VIEW, and whether the technician is
# away.
AT_WORK, AWAY = False, True
HIDDEN, IN_PROGRESS, ANNOUNCED = ("hidden", AT_WORK), ("in_progress", AWAY), ("announced", AT_WORK)
EVERY_WAY = [IN_PROGRESS, HIDDEN, ANNOUNCED]
CHANNELS = {
    "mail": IN_PROGRESS,
    "digest": ANNOUNCED,
    "portal": HIDDEN,
    "nothing": IN_PROGRESS,
    "usual": ANNOUNCED,
    "usual without emails": HIDDEN,
}
Found = set[tuple[str, str, str, dt.timedelta]]
Busy = dict[dt.timedelta, list[Program]]


@pytest.mark.parametrize("event", TABLE, ids=lambda event: event.__name__)
def test_who_is_told_what_when_and_through_what_and_that_nobody_else_is(event, clock, settings):
    settings.RELEASE_UNOPENED_REMINDER, settings.RELEASE_UNOPENED_DAYS, settings.RELEASE_UNDO_SECONDS = True, 7, 30
    clock.move_to(FROZEN - dt.timedelta(minutes=1))
    world, row = World(), TABLE[event]
    busy: Busy = {}
    for channel in CHANNELS:
        settings.NOTIFICATION_EMAILS = channel != "usual without emails"
        with nothing_kept():
            choose_for_everybody(channel)
            for view, is_away in ways(row, channel):
                settings.RELEASE_MEMBER_VIEW = view
                clock.move_to(FROZEN)
                told = in_view(row.told, view) | (in_view(row.deputy, view) if is_away else NOBODY)
                with nothing_kept():
                    if is_away:
                        world.send_tom_away()
                    event(world)
                    found = emails_of_two_days(world, clock, busy) | bells()
                assert found == expected(told, row, channel), (channel, view, is_away)


def ways(row: Row, channel: str) -> list[tuple[str, bool]]:
    """For email, each event is tried in every view, to check that no one else is notified in any. Events that reach a
    member, or depend on what they see, are tried in every view for the other channels too.
    """
    told = {each for view in VIEWS for each in in_view(row.told, view)}
    asks_the_view = isinstance(row.told, dict) or any(person in events.ROLES["member"] for person, _kind in told)
    return (
        EVERY_WAY if channel in (("mail", "digest", "portal") if asks_the_view else ("mail",)) else [CHANNELS[channel]]
    )


@contextmanager
def nothing_kept() -> Iterator[None]:
    point = transaction.savepoint()
    yield
    transaction.savepoint_rollback(point)


def choose_for_everybody(channel: str) -> None:
    """Also for kinds that their role does not get, or for which no one can choose."""
    people = User.objects.all() if channel in NotificationChoice.Channel else []
    NotificationChoice.objects.bulk_create(
        NotificationChoice(user=person, kind=kind, channel=channel) for person in people for kind in KINDS
    )


def emails_of_two_days(world: World, clock, busy: Busy) -> Found:
    """Return what was sent, by the minute, without what was sent while the event was prepared.

    Which programs have something to do depends only on the event. Once they are known, they are in `busy`, because the
    others would cost the most time.
    """
    found: Found = set()
    names = {address: name for name, address in User.objects.values_list("username", "email")}
    for after in (NOW, NO_UNDO, MORNING, LAST):
        clock.move_to(FROZEN + after)
        if after != NOW:
            mail.outbox.clear()
        # Only reminders and emails are due at the other moments.
        due = PROGRAMS if after in (NOW, MORNING) else [queue_reminders]
        had_work = world.beat(busy.get(after, due))
        busy.setdefault(after, had_work)
        for message in mail.outbox:
            told = {(names.get(message.to[0], "olga"), kind, through) for kind, through in read(message)}
            assert not told & {each[:3] for each in found}, "told twice"
            found |= {(*each, after) for each in told}
    return found


def read(message) -> set[tuple[str, str]]:
    """Return the kinds that an email reports, each with the kind of the email. It quotes nothing that people wrote."""
    row = OutgoingEmail.objects.filter(message_id=message.extra_headers["Message-ID"]).first()
    html = message.alternatives[0].content
    for text in (message.subject, message.body, html, str(message.extra_headers)):
        assert [words for words in WRITTEN if words in text] == []
    assert TITLE not in message.subject
    if row.kind not in ("notification", "digest"):
        return {(row.kind, row.kind)}
    assert TITLE not in message.body + html
    told = {kind for kind in KINDS if says(message.body, kind)}
    assert told, f"no words of KINDS are in “{message.subject}”"
    assert told == {kind for kind in KINDS if says(html, kind)}
    return {(kind, row.kind) for kind in told}


def says(text: str, kind: str) -> bool:
    plain = " ".join(text.split())
    return any(words in plain for words in KINDS[kind][1])


def bells() -> Found:
    """Return what everyone finds at their bell, in words, and its number."""
    found: Found = set()
    for person in User.objects.filter(pk__in=Notification.objects.values("recipient")):
        lines = [line for group in notifications.unread(person) for line in group.lines]
        for line in lines:
            kind = line.notification.kind
            assert says(line.text, kind), line.text
            found.add((person.username, kind, "portal", line.notification.at - FROZEN))
        assert notifications.count_unread(person) == len(lines)
        assert capped(len(lines), 99) == notifications.in_words(len(lines))
    return found


def expected(told: Told, row: Row, channel: str) -> Found:
    found: Found = {(person, kind, kind, after) for person, kind, after in row.emails}
    for person, kind in told:
        # The portal notices these events by itself, in the morning.
        at = MORNING if kind == "reminder" else NOW
        through = channel_of(kind, channel)
        if through != "nothing" and kind != "unopened":
            found.add((person, kind, "portal", at))
        if through in ("mail", "digest"):
            found.add((person, kind, *EMAILED.get(kind, EMAILED[through])))
    return found


EMAILED = {
    "mail": ("notification", NOW),
    "digest": ("digest", MORNING),
    "reminder": ("reminder", MORNING),
    "unopened": ("unopened", MORNING),
}


def channel_of(kind: str, channel: str) -> str:
    usual, _words = KINDS[kind]
    if kind == "released" or channel == "usual":
        return usual
    if channel == "usual without emails":
        return usual if kind in ("reminder", "unopened") else "portal"
    return channel
