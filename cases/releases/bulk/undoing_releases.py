"""Undo of a bulk release: an undo within RELEASE_UNDO_SECONDS, else a recall (cases.releases.undo_and_recall)."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F

from cases.db.bulk import ids_as_rows
from cases.lifecycle import condition_sets, permissions
from cases.lifecycle.permissions import Action, Rule
from cases.models import BulkRow, Case, CaseEvent, OutgoingEmail
from cases.releases.bulk.operation import CaseChange, Item, Job, record, recorders, recount, store
from cases.releases.bulk.undoing import UndoOperation
from cases.releases.complete_and_release import set_schedule
from cases.releases.release_batch import tell_mail_workers
from cases.releases.undo_and_recall import (
    DROPPED_BY_HAND,
    can_undo,
    facts_of_release,
    is_droppable,
    recall_notice,
    releases_of,
    renew_notices,
)

Kind = CaseEvent.Kind


class UndoRelease(UndoOperation):
    """Takes releases back. The cases end up on hold. Their email rows are locked with the cases, and the members before
    that."""

    permission = Action.RECALL
    lapses = True

    @classmethod
    def people(cls, rows: Sequence[BulkRow]) -> set[int]:
        """Return the keys of the members. Locking them waits for a sender that has claimed their emails."""
        cases = Case.objects.filter(pk__in=ids_as_rows([row.case_id for row in rows]))
        return set(cases.values_list("member_id", flat=True))

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.own: set[int] = set()
        self.emails: dict[int, OutgoingEmail] = {}

    def load(self, items: Sequence[Item]) -> None:
        super().load(items)
        cases = [item.case for item in items]
        self.own = releases_of(cases, by=self.job.by)
        self.emails = release_emails(items, lock=bool(self.job.run.claim))

    def rule(self, item: Item) -> Rule:
        """Return the rule of an undo if it is still possible, otherwise that of a recall."""
        action = Action.UNDO if self.is_undo(item) else Action.RECALL
        return permissions.check(action, by=self.job.by, case=item.case, now=self.job.now, why=self.why_not_yet)

    def is_undo(self, item: Item) -> bool:
        """Tell whether the member has not been notified yet, and the person may still undo their own release."""
        case = item.case
        return case.is_released and case.pk in self.own and can_undo(case, self.emails.get(case.pk), now=self.job.now)

    def tells_member(self, item: Item) -> bool:
        email = self.emails.get(item.case.pk)
        return not self.is_undo(item) and bool(email and email.may_have_left)

    def write(self, changes: Sequence[CaseChange]) -> None:
        undone = {change.case.pk for change in changes if self.is_undo(Item(change.row, change.case))}
        details = {change.case.pk: facts_of_release(change.case, self.emails.get(change.case.pk)) for change in changes}
        notices = self._notices(changes, undone)
        self._store(changes)
        events = condition_sets.lapse_approvals(recorders(changes))
        if events:
            recount(changes)
        for change in changes:
            kind = Kind.UNDONE if change.case.pk in undone else Kind.RECALLED
            events.append(change.recorder.event(kind, reason=self.reason(change.row), details=details[change.case.pk]))
        record(events)
        if notices:
            OutgoingEmail.objects.bulk_create(notices)
            tell_mail_workers()

    def _notices(self, changes: Sequence[CaseChange], undone: set[int]) -> list[OutgoingEmail]:
        told = [self.emails.get(change.case.pk) for change in changes if change.case.pk not in undone]
        return [recall_notice(email, at=self.job.now) for email in told if email and email.may_have_left]

    def _store(self, changes: Sequence[CaseChange]) -> None:
        columns: dict[str, Any] = dict.fromkeys(TAKEN, None)
        store(changes, **columns, schedule_revision=F("schedule_revision") + 1, release_error="", release_attempts=0)
        for change in changes:
            change.case.actual_release_date = change.case.release_batch = change.case.first_viewed_at = None
            set_schedule(change.case, None)
        dropped = [
            self.emails[change.case.pk].pk for change in changes if is_droppable(self.emails.get(change.case.pk))
        ]
        OutgoingEmail.objects.filter(pk__in=ids_as_rows(dropped)).update(**DROPPED_BY_HAND)
        renew_notices([change.case.pk for change in changes], at=self.job.now)


TAKEN = (
    "actual_release_date",
    "release_batch",
    "first_viewed_at",
    "scheduled_release_date",
    "scheduled_release_time",
    "release_next_try",
)


def release_emails(items: Sequence[Item], *, lock: bool) -> dict[int, OutgoingEmail]:
    """Return the email of the present release of each case.

    With `lock`, a sender records its result before or after.
    """
    numbers = {item.case.pk: item.case.release_number for item in items}
    emails = OutgoingEmail.objects.filter(case__in=ids_as_rows(list(numbers)), kind=OutgoingEmail.Kind.RELEASED)
    if lock:
        emails = emails.select_for_update(no_key=True)
    present = [email for email in emails.order_by("pk") if numbers[email.case_id or 0] == email.release_number]
    return {email.case_id or 0: email for email in present}
