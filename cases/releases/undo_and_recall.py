"""Take a release back: by the person who made it, a moment later (undo), or by an administrator at any time (recall).

Either way the case is completed and on hold again: it is invisible from the commit on, and its next release is a new
one, with the next number. An email that has not left is dropped. One that is being sent counts as having left.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, cast

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop

from cases.core.errors import NotAllowed, WrongState
from cases.db.bulk import ids_as_rows
from cases.delivery.change_notices import tell_technician
from cases.lifecycle import case_conditions
from cases.lifecycle.locking import Locked, lock_for_action
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseEvent, OutgoingEmail, User
from cases.models.delivery import GIVEN_UP, MAY_HAVE_LEFT, first_due
from cases.releases.complete_and_release import SCHEDULE_FIELDS, set_schedule
from cases.releases.notices import tell_of_recalls
from cases.releases.release_batch import tell_mail_workers

Kind = CaseEvent.Kind
State = OutgoingEmail.State
TAKEN_BACK = _noop("The release was undone or recalled.")
DROPPED_BY_HAND: dict[str, Any] = {"state": State.DROPPED, "last_error": TAKEN_BACK}


@transaction.atomic
def undo(*, case: Case, by: User, source: str, version: int | None = None) -> Case:
    """Take back the manual release that `by` made within the last RELEASE_UNDO_SECONDS.

    NotAllowed for anyone else. WrongState if the time is over or the email has left.
    """
    locked = lock_for_action(case, Action.UNDO, by=by, source=source, people=[case.member], version=version)
    if not releases_of([locked.case], by=locked.by):
        raise NotAllowed(_("Only the person who released this case can undo the release."))
    if locked.recorder.at >= undo_ends(locked.case):
        raise WrongState(_("It's too late to undo this release. An administrator can recall it."))
    email = _lock_release_email(locked.case)
    if email and email.may_have_left:
        raise WrongState(
            _("The email to the member has been sent, so this release can't be undone. An administrator can recall it.")
        )
    _take_back(locked, Kind.UNDONE, email)
    tell_technician(locked.recorder, Kind.UNDONE)
    return locked.case


@transaction.atomic
def recall(*, case: Case, by: User, source: str, reason: str, version: int | None = None) -> Case:
    """Make a released case invisible again. Its member gets an email only if the email of the release has left."""
    locked = lock_for_action(
        case, Action.RECALL, by=by, source=source, people=[case.member], reason=reason, version=version
    )
    email = _lock_release_email(locked.case)
    _take_back(locked, Kind.RECALLED, email, reason=reason)
    tell_of_recalls([locked.case], by=locked.by, at=locked.recorder.at)
    if email and email.may_have_left:
        recall_notice(email, at=locked.recorder.at).save()
        tell_mail_workers()
    return locked.case


def undo_ends(case: Case) -> dt.datetime:
    """Return the moment from which the release of the released `case` can no longer be undone."""
    released_at = cast(dt.datetime, case.actual_release_date)
    return released_at + dt.timedelta(seconds=settings.RELEASE_UNDO_SECONDS)


def can_undo(case: Case, email: OutgoingEmail | None, *, now: dt.datetime) -> bool:
    """Tell whether an undo of the released `case` is still possible because no email has left."""
    return now < undo_ends(case) and not (email and email.may_have_left)


def releases_of(cases: Sequence[Case], *, by: User) -> set[int]:
    """Return the keys of the `cases` whose present release was made by `by`. One statement."""
    numbers = {case.pk: case.release_number for case in cases}
    events = CaseEvent.objects.filter(kind=Kind.RELEASED, case__in=ids_as_rows(list(numbers)), actor=by).order_by()
    return {pk for pk, number in events.values_list("case_id", "release_number") if numbers[pk] == number}


def _lock_release_email(case: Case) -> OutgoingEmail | None:
    """Lock the email of the present release, so that a sender records its result either before or afterwards."""
    emails = OutgoingEmail.objects.filter(case=case, kind=OutgoingEmail.Kind.RELEASED)
    return emails.filter(release_number=case.release_number).select_for_update(no_key=True).first()


def _take_back(locked: Locked, kind: CaseEvent.Kind, email: OutgoingEmail | None, *, reason: str = "") -> None:
    """Store the locked case as completed and on hold, drop the email that has not left, and record the step."""
    case = locked.case
    facts = facts_of_release(case, email)
    case.actual_release_date = case.release_batch = case.first_viewed_at = None
    set_schedule(case, None)
    case_conditions.lapse_approvals(case, locked.recorder)
    locked.save("actual_release_date", "release_batch", "first_viewed_at", *SCHEDULE_FIELDS)
    if email and is_droppable(email):
        OutgoingEmail.objects.filter(pk=email.pk).update(**DROPPED_BY_HAND)
    renew_notices([case.pk], at=locked.recorder.at)
    locked.recorder.record(kind, reason=reason, details=facts)


def facts_of_release(case: Case, email: OutgoingEmail | None) -> dict[str, str]:
    """Return what history records about a release that is taken back. Call this before the case changes."""
    facts = {"seen_at": case.first_viewed_at and case.first_viewed_at.isoformat(), "email": email and email.state}
    return {name: fact for name, fact in facts.items() if fact}


def is_droppable(email: OutgoingEmail | None) -> bool:
    """Tell whether the email of a release has not left, so that it is dropped with the release."""
    return email is not None and email.state in (State.WAITING, *GIVEN_UP)


def renew_notices(cases: Sequence[int], *, at: dt.datetime) -> None:
    """Let recall emails wait again that were canceled because these locked cases had been released again.

    Their members last read that the cases are ready, if no email of a later release has left. A sender that holds such
    an email may still be canceling it, and no longer can. Their members are locked, so none is claimed meanwhile. Each
    is a new message: other recalls may have been sent under the former Message-ID, and a mail program would hide it.
    """
    later = OutgoingEmail.objects.filter(MAY_HAVE_LEFT, kind=OutgoingEmail.Kind.RELEASED, case=OuterRef("case"))
    notices = OutgoingEmail.objects.filter(kind=OutgoingEmail.Kind.RECALLED, case__in=ids_as_rows(cases))
    latest = notices.exclude(Exists(later.filter(release_number__gt=OuterRef("release_number"))))
    held = latest.filter(state__in=[State.DROPPED, State.SENDING]).order_by("pk").select_for_update(no_key=True)
    by_state: dict[str, list[int]] = defaultdict(list)
    for pk, state in held.values_list("pk", "state"):
        by_state[state].append(pk)
    if not by_state:
        return
    new: dict[str, Any] = {"state": State.WAITING, "last_error": "", "group": None, "message_id": ""}
    OutgoingEmail.objects.filter(pk__in=by_state[State.SENDING]).update(**new)
    OutgoingEmail.objects.filter(pk__in=by_state[State.DROPPED]).update(**new, due=at, next_try=at)
    tell_mail_workers()


def recall_notice(email: OutgoingEmail, *, at: dt.datetime) -> OutgoingEmail:
    """Return the recall email to the recipient of `email`, the email about the release.

    While that one is being sent, this one waits until the claim on it must have ended, and is sent if it has left by
    then (cases.delivery.recall_email). So it never arrives first.
    """
    first_try = email.next_try if email.state == State.SENDING else at
    return OutgoingEmail(
        case_id=email.case_id,
        kind=OutgoingEmail.Kind.RECALLED,
        release_number=email.release_number,
        recipient_id=email.recipient_id,
        address=email.address,
        **first_due(first_try, created=at),
    )
