"""A portal with everyone who could be notified, and everything that can happen there, each through its verb."""

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from django.core import mail

from cases import releases
from cases.accounts import absences, api_tokens, calendar_feed, own_account, people
from cases.casework import answers, assignment, corrections, drafts, notes
from cases.conversation import messages
from cases.core.errors import WrongState
from cases.core.schedule import Schedule
from cases.delivery import account_email_queue, outbox
from cases.documents import attach_and_remove as documents
from cases.models import Absence, BulkRun, Case, HistorySeal, Notification, OutgoingEmail, User
from cases.proof.publishing import publish_head
from cases.releases import bulk, notices
from cases.releases.bulk import Parameters
from cases.releases.reminders import queue_reminders
from cases.releases.unopened_reminders import queue_unopened_reminders
from tests.conftest import FROZEN
from tests.factories import CaseDocumentFactory, CaseFactory, UserFactory, letter
from tests.triggers import refuse

DAY = dt.timedelta(days=1)
TODAY = FROZEN.date()
LATER, LATEST = (Schedule(TODAY + days * DAY, None) for days in (10, 11))
WEB: dict[str, Any] = {"source": "web"}
REASON = "Quoddy reason"
TITLE = "Quillfeather pension"
# Written by people. None of it is in any notification.
WRITTEN = ("Quidnunc note", "Quincunx answer", "Quixotic message", "Quorum condition", "letter.pdf", REASON)
NOTE, ANSWER, MESSAGE, CONDITION, _file, _reason = WRITTEN

Program = Callable[[], object]


def _release_due() -> int:
    batch = releases.release_due(by="sweep", source="sweep")
    return len(batch.released) + len(batch.failed)


PROGRAMS: list[Program] = [
    _release_due,
    notices.tell_of_held,
    absences.tell_of_begun,
    queue_unopened_reminders,
    queue_reminders,
]

# Mia's case is Tom's, who took it over from Fritz. Dora is the deputy of Tom, and Tom hers. No one stands in for Otto,
# because his deputy has left. Rita was a technician, and is now a member.
ROLES = {
    "member": ("mia", "olga", "rita", "left_member"),
    "technician": ("tom", "otto", "dora", "fritz", "left_technician"),
    "administrator": ("ada", "abel", "left_administrator"),
}


class World:
    """Its people by name, as they are in the database now."""

    def __init__(self) -> None:
        for role, names in ROLES.items():
            for name in names:
                UserFactory(username=name, role=role, is_active=not name.startswith("left_"))
        days = {"first_day": TODAY - DAY, "last_day": TODAY + 3 * DAY}
        Absence.objects.create(technician=self.otto, deputy=self.left_technician, **days)
        Absence.objects.create(technician=self.tom, deputy=self.dora, first_day=TODAY - 9 * DAY, last_day=TODAY - DAY)
        self.beat()

    def __getattr__(self, name: str) -> User:
        return User.objects.get(username=name)

    def send_tom_away(self) -> None:
        """Until the third day. In a circle."""
        days = {"first_day": TODAY, "last_day": TODAY + 3 * DAY}
        absences.set_absence(technician=self.tom, deputy=self.dora, by=self.tom, **days)
        Absence.objects.create(technician=self.dora, deputy=self.tom, **days)

    def beat(self, programs: Sequence[Program] = PROGRAMS) -> list[Program]:
        """Do what the portal does by itself: run these `programs`, and send what is waiting. Return those that had
        work."""
        busy = [program for program in programs if program()]
        if outbox.is_waiting():
            outbox.deliver()
        return busy

    def case(self, **options: Any) -> Case:
        """Create a case of Mia and Tom, in progress except for `options`."""
        return CaseFactory(**{"member": self.mia, "assigned_to": self.tom, "title": TITLE} | options)


def _settled(w: World) -> None:
    """Mark all earlier notifications as read, and send the waiting emails."""
    Notification.objects.update(read_at=FROZEN)
    w.beat()
    mail.outbox.clear()


def _say(case: Case, by: User, *, asks: bool = False) -> None:
    messages.send(case=case, by=by, text=MESSAGE, asks=asks, **WEB)


def _for_later(case: Case, by: User) -> Case:
    return releases.complete(case=case, by=by, release_on=LATER, **WEB)


def _now(case: Case, by: User) -> Case:
    return releases.complete(case=case, by=by, release_on=None, **WEB)


def _run(w: World, action: str, case: Case, **parameters: Any) -> BulkRun:
    chosen = Parameters(**parameters)
    return _work_off(w, bulk.preview(by=w.ada, action=action, keys=[case.pk], parameters=chosen, reason=REASON))


def _undo_run(w: World, run: BulkRun) -> BulkRun:
    return _work_off(w, bulk.preview_undo(by=w.ada, run=run, reason=REASON))


def _work_off(w: World, run: BulkRun) -> BulkRun:
    bulk.start(by=w.ada, run=run)
    bulk.work_off()
    run.refresh_from_db()
    return run


# --- Before the completion -------------------------------------------------------------------------------------------


def a_member_submits(w: World) -> None:
    drafts.submit(case=w.case(draft=True, assigned_to=None), by=w.mia, **WEB)


def a_member_submits_while_others_wait_unread(w: World) -> None:
    a_member_submits(w)
    other = CaseFactory(draft=True, member=w.olga)
    drafts.submit(case=other, by=w.olga, **WEB)


def a_member_submits_and_technicians_leave(w: World) -> None:
    a_member_submits(w)
    people.change_role(person=w.fritz, by=w.ada, role="member")
    people.deactivate(person=w.dora, by=w.ada)


def a_technician_accepts(w: World) -> None:
    assignment.accept(case=w.case(submitted=True, assigned_to=None), by=w.tom, **WEB)


def an_administrator_gives_it_to_a_technician(w: World) -> None:
    assignment.accept(case=w.case(submitted=True, assigned_to=None), by=w.ada, technician=w.tom, **WEB)


def it_is_handed_over(w: World) -> Case:
    case = w.case(assigned_to=w.fritz)
    return assignment.hand_over_case(case=case, to=w.tom, by=w.fritz, reason=REASON, **WEB)


def all_are_handed_over(w: World) -> None:
    w.case(assigned_to=w.fritz), w.case(assigned_to=w.fritz, held=True)
    assignment.hand_over_all(technician=w.fritz, to=w.tom, by=w.ada, **WEB)


def a_run_hands_over(w: World) -> None:
    _run(w, "hand_over", w.case(assigned_to=w.fritz), technician=w.tom.pk)


def staff_work_on_it(w: World) -> None:
    case = w.case()
    answers.save_answer(case=case, by=w.tom, text=ANSWER)
    documents.attach(case=case, by=w.tom, file=letter(), **WEB)
    corrections.correct(case=case, by=w.tom, case_type=None, urgency="urgent", **WEB)
    notes.add(case=case, by=w.tom, text=f"{NOTE} of @tom, who writes to @mia, @left_technician and x@otto.example")


def a_note_mentions_a_colleague(w: World) -> None:
    notes.add(case=w.case(), by=w.tom, text=f"{NOTE} for @otto, @OTTO and @nobody")


# --- The conversation ------------------------------------------------------------------------------------------------


def a_technician_asks(w: World) -> None:
    _say(w.case(), w.tom, asks=True)


def a_technician_writes(w: World) -> None:
    _say(w.case(), w.tom)


def an_administrator_asks(w: World) -> None:
    _say(w.case(), w.ada, asks=True)


def the_deputy_asks(w: World) -> None:
    Absence.objects.create(technician=w.fritz, deputy=w.tom, first_day=TODAY, last_day=TODAY)
    _say(w.case(assigned_to=w.fritz), w.tom, asks=True)


def a_member_asks(w: World) -> None:
    _say(w.case(), w.mia)


def a_member_replies(w: World) -> None:
    _say(w.case(waiting_for="member", waiting_since=FROZEN), w.mia)


def a_member_asks_after_it_was_handed_over(w: World) -> None:
    case = it_is_handed_over(w)
    _settled(w)
    _say(case, w.mia)


def a_member_writes_before_it_is_accepted(w: World) -> None:
    _say(w.case(submitted=True, assigned_to=None), w.mia)


def no_reply_is_needed(w: World) -> None:
    case = w.case(waiting_for="staff", waiting_since=FROZEN)
    messages.end_waiting(case=case, by=w.tom, **WEB)


def it_is_asked_and_then_completed(w: World) -> None:
    """Before the email about the question is sent."""
    case = w.case()
    _say(case, w.tom, asks=True)
    _for_later(case, w.tom)


def a_member_writes_between_completion_and_release(w: World) -> None:
    with suppress(Case.DoesNotExist, WrongState):
        _say(w.case(scheduled=True), w.mia)


def a_technician_writes_between_completion_and_release(w: World) -> None:
    with suppress(WrongState):
        _say(w.case(scheduled=True), w.tom)


def a_member_asks_about_a_release(w: World) -> None:
    _say(w.case(released=True, first_viewed_at=FROZEN), w.mia)


def a_member_asks_about_the_release_of_a_technician_who_left(w: World) -> None:
    _say(w.case(released=True, first_viewed_at=FROZEN, assigned_to=w.left_technician), w.mia)


def a_member_asks_about_the_release_of_a_technician_who_is_none_anymore(w: World) -> None:
    _say(w.case(released=True, first_viewed_at=FROZEN, assigned_to=w.rita), w.mia)


def a_member_replies_to_an_administrator_after_the_technician_left(w: World) -> None:
    case = w.case(assigned_to=w.left_technician)
    _say(case, w.ada, asks=True)
    _settled(w)
    _say(case, w.mia)


def a_technician_writes_about_a_release(w: World) -> None:
    _say(w.case(released=True, first_viewed_at=FROZEN), w.tom, asks=True)


# --- Conditions ------------------------------------------------------------------------------------------------------


def _condition(case: Case, by: User, kind: str = "manual", owner: User | None = None) -> Any:
    name = CONDITION if kind == "manual" else ""
    return releases.add_condition(case=case, by=by, kind=kind, name=name, owner=owner, **WEB)


def a_condition_is_given_to_a_colleague(w: World) -> None:
    _condition(w.case(), w.tom, owner=w.otto)


def conditions_that_concern_nobody_else(w: World) -> None:
    case = w.case()
    _condition(case, w.tom, owner=w.tom)
    condition = _condition(case, w.tom)
    releases.meet_condition(condition=condition, by=w.tom, **WEB)
    releases.waive_condition(condition=_condition(case, w.tom), by=w.ada, reason=REASON, **WEB)
    releases.remove_condition(condition=_condition(case, w.tom), by=w.ada, **WEB)


def an_approval_is_wanted_of_administrators(w: World) -> None:
    _condition(_for_later(w.case(), w.tom), w.tom, "approval")


def an_approval_is_wanted_of_a_colleague(w: World) -> None:
    _condition(_for_later(w.case(), w.tom), w.tom, "approval", w.otto)


def an_approval_is_wanted_before_the_completion(w: World) -> None:
    _condition(w.case(), w.tom, "approval", w.otto)


def it_is_completed_with_an_approval(w: World) -> None:
    case = w.case()
    _condition(case, w.tom, "approval", w.otto)
    _for_later(case, w.tom)


def an_approval_is_wanted_of_someone_for_whom_the_asker_stands_in(w: World) -> None:
    Absence.objects.filter(technician=w.otto).update(deputy=w.fritz)
    case = w.case(assigned_to=w.fritz, scheduled=True)
    _condition(case, w.fritz, "approval", w.otto)


def _wanted_of_otto(w: World) -> Case:
    """A case in progress that needs Otto's approval. No one has been notified of it."""
    case = w.case()
    _condition(case, w.tom, "approval", w.otto)
    return case


def who_is_to_approve_takes_it_over_and_completes_it(w: World) -> None:
    case = assignment.hand_over_case(case=_wanted_of_otto(w), to=w.otto, by=w.tom, **WEB)
    _settled(w)
    _for_later(case, w.otto)


def who_is_to_approve_completes_it_as_the_deputy(w: World) -> None:
    case = _wanted_of_otto(w)
    Absence.objects.update_or_create(
        technician=w.tom, first_day=TODAY, defaults={"deputy": w.otto, "last_day": TODAY + 3 * DAY}
    )
    _for_later(case, w.otto)


def who_is_to_approve_left_before_the_completion(w: World) -> None:
    case = _wanted_of_otto(w)
    people.deactivate(person=w.otto, by=w.ada)
    _for_later(case, w.tom)


def who_is_to_approve_takes_it_over(w: World) -> None:
    case = _for_later(_wanted_of_otto(w), w.tom)
    _settled(w)
    assignment.hand_over_case(case=case, to=w.otto, by=w.ada, **WEB)


def who_is_to_approve_takes_all_over(w: World) -> None:
    _for_later(_wanted_of_otto(w), w.tom)
    _settled(w)
    assignment.hand_over_all(technician=w.tom, to=w.otto, by=w.ada, **WEB)


def who_is_to_approve_takes_it_over_by_a_run(w: World) -> None:
    case = _for_later(_wanted_of_otto(w), w.tom)
    _settled(w)
    _run(w, "hand_over", case, technician=w.otto.pk)


def who_is_to_approve_hands_it_over(w: World) -> None:
    who_is_to_approve_takes_it_over(w)
    _settled(w)
    assignment.hand_over_case(case=Case.objects.get(), to=w.fritz, by=w.otto, **WEB)


def what_a_colleague_is_to_approve_is_handed_over(w: World) -> None:
    case = _asked(w, scheduled=True)
    assignment.hand_over_case(case=case, to=w.fritz, by=w.tom, **WEB)


def who_is_to_approve_leaves(w: World) -> None:
    _asked(w, scheduled=True)
    people.deactivate(person=w.otto, by=w.ada)


def who_is_to_approve_becomes_a_member(w: World) -> None:
    _asked(w, scheduled=True)
    people.change_role(person=w.otto, by=w.ada, role="member")


def who_is_to_approve_becomes_an_administrator(w: World) -> None:
    _asked(w, scheduled=True)
    people.change_role(person=w.otto, by=w.ada, role="administrator")


def the_owner_of_conditions_leaves(w: World) -> None:
    """One is on a case in progress, one is met, and one is on a released case."""
    _condition(w.case(), w.ada, owner=w.otto)
    case = w.case()
    met = _condition(case, w.ada, owner=w.otto)
    releases.meet_condition(condition=met, by=w.tom, **WEB)
    _settled(w)
    people.deactivate(person=w.otto, by=w.ada)


def the_owner_and_the_technician_leave(w: World) -> None:
    _condition(w.case(assigned_to=w.left_technician), w.ada, owner=w.otto)
    _settled(w)
    people.deactivate(person=w.otto, by=w.ada)


def _approved(w: World) -> Case:
    case = _for_later(w.case(), w.tom)
    condition = _condition(case, w.tom, "approval", w.otto)
    releases.approve(condition=condition, by=w.otto, **WEB)
    _settled(w)
    return case


def what_was_approved_is_moved(w: World) -> None:
    releases.schedule(case=_approved(w), by=w.tom, release_on=LATEST, **WEB)


def a_run_moves_what_was_approved(w: World) -> None:
    _run(w, "schedule", _approved(w), date=LATEST.date)


def what_was_approved_is_held(w: World) -> None:
    releases.cancel_schedule(case=_approved(w), by=w.ada, reason=REASON, **WEB)


def a_run_holds_what_was_approved(w: World) -> None:
    _run(w, "hold", _approved(w))


def a_run_adds_a_condition_of_a_colleague(w: World) -> None:
    _run(w, "add_condition", w.case(), kind="manual", name=CONDITION, owner=w.otto.pk)


def runs_add_conditions_that_concern_nobody_else(w: World) -> None:
    """Her own, one without an owner, one that is met immediately, and an approval on a case in progress."""
    case = w.case(scheduled=True)
    _run(w, "add_condition", case, kind="manual", name=CONDITION, owner=w.ada.pk)
    _run(w, "add_condition", case, kind="external", name=CONDITION)
    CaseDocumentFactory(case=case)
    _run(w, "add_condition", case, kind="report", owner=w.otto.pk)
    _run(w, "add_condition", w.case(), kind="approval", owner=w.otto.pk)


def _met_by_work(w: World) -> Case:
    """Its answer and its report are a condition each: one of Otto, one of Tom, and none is open."""
    case = w.case()
    CaseDocumentFactory(case=case)
    answers.save_answer(case=case, by=w.tom, text=ANSWER)
    _condition(case, w.ada, "report", w.otto)
    _condition(case, w.ada, "answer", w.tom)
    case = _for_later(case, w.tom)
    _settled(w)
    return case


def what_colleagues_met_by_work_is_reopened(w: World) -> None:
    releases.return_to_accepted(case=_met_by_work(w), by=w.ada, **WEB)


def a_run_reopens_what_colleagues_met_by_work(w: World) -> None:
    _run(w, "return", _met_by_work(w))


def it_is_reopened_by_an_owner(w: World) -> None:
    releases.return_to_accepted(case=_met_by_work(w), by=w.tom, **WEB)


def it_is_reopened_and_completed_again(w: World) -> None:
    case = _met_by_work(w)
    releases.return_to_accepted(case=case, by=w.ada, **WEB)
    _for_later(case, w.tom)


def it_is_reopened_after_an_owner_left(w: World) -> None:
    case = _met_by_work(w)
    people.deactivate(person=w.otto, by=w.ada)
    releases.return_to_accepted(case=case, by=w.tom, **WEB)


def the_undo_of_a_run_reopens_what_colleagues_own(w: World) -> None:
    case = w.case(scheduled=True)
    _condition(case, w.tom, owner=w.otto)
    run = _run(w, "meet_condition", case, kind="manual", name=CONDITION)
    _settled(w)
    _undo_run(w, run)


def the_undo_of_a_run_wants_what_was_waived(w: World) -> None:
    case = w.case(scheduled=True)
    _condition(case, w.tom, owner=w.otto)
    run = _run(w, "waive_condition", case, kind="manual", name=CONDITION)
    _settled(w)
    _undo_run(w, run)


def a_run_wants_an_approval_of_administrators(w: World) -> None:
    _run(w, "add_condition", w.case(held=True), kind="approval")


def a_run_wants_an_approval_of_a_colleague(w: World) -> None:
    _run(w, "add_condition", w.case(scheduled=True), kind="approval", owner=w.otto.pk)


def a_run_wants_an_approval_once_more(w: World) -> None:
    _run(w, "add_condition", _approved(w), kind="approval", owner=w.otto.pk)


def a_run_wants_an_approval_once_more_of_any_administrator(w: World) -> None:
    _run(w, "add_condition", _approved(w), kind="approval")


def _asked(w: World, **options: Any) -> Case:
    """A case with an open approval. Otto has read the request for it."""
    case = w.case(**options)
    _condition(case, w.tom, "approval", w.otto)
    _settled(w)
    return case


def what_waits_for_an_approval_gets_a_date(w: World) -> None:
    releases.schedule(case=_asked(w, held=True), by=w.tom, release_on=LATEST, **WEB)


def a_run_gives_a_date_to_what_waits_for_an_approval(w: World) -> None:
    _run(w, "schedule", _asked(w, held=True), date=LATEST.date)


def a_run_moves_what_waits_for_an_approval_that_nobody_has_read_of(w: World) -> None:
    """There is no second notification."""
    case = w.case(scheduled=True)
    _condition(case, w.tom, "approval", w.otto)
    _run(w, "shift", case, days=1)


def the_undo_of_a_run_moves_what_waits_for_an_approval(w: World) -> None:
    run = _run(w, "shift", _asked(w, scheduled=True), days=1)
    _settled(w)
    _undo_run(w, run)


def the_undo_of_a_run_completes_what_was_approved(w: World) -> None:
    """The reopening had let the approval lapse."""
    run = _run(w, "return", _approved(w))
    _settled(w)
    _undo_run(w, run)


def the_undo_of_a_run_wants_an_approval_that_was_waived(w: World) -> None:
    run = _run(w, "waive_condition", _asked(w, scheduled=True), kind="approval")
    _undo_run(w, run)


# --- Completion and release ------------------------------------------------------------------------------------------


def it_is_completed_for_later(w: World) -> None:
    _for_later(w.case(), w.tom)


def it_is_accepted_and_then_completed(w: World) -> None:
    """Before the email about the start is sent."""
    case = w.case(submitted=True, assigned_to=None)
    assignment.accept(case=case, by=w.tom, **WEB)
    _for_later(case, w.tom)


def it_is_asked_completed_and_held(w: World) -> None:
    """On hold, it looks as if in progress wherever its member sees it."""
    it_is_asked_and_then_completed(w)
    releases.cancel_schedule(case=Case.objects.get(), by=w.ada, reason=REASON, **WEB)


def it_is_moved_held_and_reopened(w: World) -> None:
    case = _for_later(w.case(), w.tom)
    releases.schedule(case=case, by=w.tom, release_on=LATEST, **WEB)
    releases.cancel_schedule(case=case, by=w.ada, reason=REASON, **WEB)
    releases.return_to_accepted(case=case, by=w.tom, reason=REASON, **WEB)


def it_is_released_by_hand(w: World) -> None:
    _now(w.case(), w.tom)


def it_is_released_early(w: World) -> None:
    releases.release_now(case=w.case(scheduled=True), by=w.ada, reason=REASON, **WEB)


def it_is_released_at_its_date(w: World) -> None:
    w.case(due=True)


def a_member_who_left_has_a_release(w: World) -> None:
    w.case(due=True, member=w.left_member)


def it_is_undone(w: World) -> None:
    case = _now(w.case(), w.tom)
    releases.undo(case=case, by=w.tom, **WEB)


def it_is_recalled_after_its_email(w: World) -> None:
    case = w.case(due=True)
    _settled(w)
    releases.recall(case=case, by=w.ada, reason=REASON, **WEB)


def it_is_recalled_after_its_technician_left(w: World) -> None:
    case = w.case(due=True, assigned_to=w.left_technician)
    _settled(w)
    releases.recall(case=case, by=w.ada, reason=REASON, **WEB)


def it_is_recalled_before_its_email(w: World) -> None:
    case = _now(w.case(), w.tom)
    releases.recall(case=case, by=w.ada, reason=REASON, **WEB)


def the_undo_of_a_run_recalls(w: World) -> None:
    run = _run(w, "release_now", w.case(scheduled=True))
    OutgoingEmail.objects.update(next_try=FROZEN)
    _settled(w)
    _undo_run(w, run)


def it_is_released_again(w: World) -> None:
    it_is_recalled_after_its_email(w)
    _settled(w)
    releases.release_now(case=Case.objects.get(), by=w.ada, reason=REASON, **WEB)


def colleagues_change_it(w: World) -> None:
    case = w.case()
    corrections.correct(case=case, by=w.ada, case_type=None, urgency="urgent", **WEB)
    releases.complete(case=case, by=w.ada, release_on=LATER, **WEB)
    releases.schedule(case=case, by=w.ada, release_on=LATEST, reason=REASON, **WEB)
    releases.return_to_accepted(case=case, by=w.ada, **WEB)


def a_run_of_its_technician_changes_it(w: World) -> None:
    case = w.case(scheduled=True)
    run = bulk.preview(by=w.tom, action="return", keys=[case.pk], parameters=Parameters(), reason=REASON)
    bulk.start(by=w.tom, run=run)
    bulk.work_off()


def conditions_hold_it_back(w: World, **options: Any) -> None:
    case = w.case(scheduled=True, scheduled_release_date=TODAY, scheduled_release_time=FROZEN.time(), **options)
    _condition(case, w.ada)


def conditions_hold_it_back_and_its_technician_left(w: World) -> None:
    conditions_hold_it_back(w, assigned_to=w.left_technician)


def conditions_hold_back_what_is_an_administrators(w: World) -> None:
    conditions_hold_it_back(w, assigned_to=w.abel)


def its_release_fails(w: World) -> None:
    w.case(due=True)
    refuse("cases_case", "UPDATE", "NEW.actual_release_date IS NOT NULL")


# --- Reminders -------------------------------------------------------------------------------------------------------


def its_release_is_near(w: World) -> None:
    """On the next morning, the release is in two days."""
    w.case(scheduled=True, scheduled_release_date=TODAY + 3 * DAY)


def its_release_is_near_and_its_technician_left(w: World) -> None:
    w.case(scheduled=True, scheduled_release_date=TODAY + 3 * DAY, assigned_to=w.left_technician)


def its_release_was_near_but_it_is_fritzs_no_more(w: World) -> None:
    case = w.case(assigned_to=w.fritz, scheduled=True, scheduled_release_date=TODAY + 3 * DAY)
    assignment.hand_over_case(case=case, to=w.tom, by=w.fritz, **WEB)


def nobody_opens_it(w: World) -> None:
    """Released so long ago that its days are over tomorrow morning."""
    w.case(released=True, actual_release_date=FROZEN - 6.5 * DAY)


# --- Accounts --------------------------------------------------------------------------------------------------------


def a_person_is_invited(w: World) -> None:
    people.invite(by=w.ada, email="new@example.com", first_name="", last_name="", role="technician")


def a_password_is_forgotten(w: World) -> None:
    account_email_queue.request_password_resets([w.mia, w.left_member])


def an_address_is_corrected(w: World) -> None:
    people.correct(person=w.olga, by=w.ada, email="o@example.org", first_name="", last_name="")


def a_password_is_changed(w: World) -> None:
    mia = w.mia
    mia.set_password("a former phrase")
    mia.save()
    own_account.set_password(by=mia, password="a phrase of four words", with_link=False)


def credentials_are_made(w: World) -> None:
    api_tokens.create(user=w.otto, by=w.otto, name=NOTE, days=1)
    calendar_feed.make(user=w.otto)


def an_account_changes(w: World) -> None:
    absences.end_absence(absence=w.otto.absences.get(), by=w.ada)
    people.change_role(person=w.otto, by=w.ada, role="administrator")
    people.deactivate(person=w.otto, by=w.ada)
    people.reactivate(person=w.otto, by=w.ada)


def the_history_is_sealed(w: World) -> None:
    facts = {
        "at": FROZEN,
        "history": "cases",
        "first_id": 1,
        "last_id": 1,
        "entries": b"x",
        "previous": "",
        "digest": "0",
    }
    HistorySeal.objects.create(number=1, **facts)
    publish_head(FROZEN)
