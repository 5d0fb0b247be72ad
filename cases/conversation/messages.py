"""What people do in the conversation of a case: write, and say that no reply is needed. Verbs as in cases.releases.

`Case.waiting_for` says whose turn it is. Completion and release do not change it, so that a member who still sees the
case in progress sees the same as before (RELEASE_MEMBER_VIEW).
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from cases.core import limits
from cases.core.errors import BadDocument, CaseError
from cases.core.text import clean_text
from cases.delivery.notifications import administrators, mark_acted_on, mark_outdated, notify_each, with_administrators
from cases.documents import attach_and_remove as documents
from cases.lifecycle import form_tokens, permissions, quotas
from cases.lifecycle.deputies import deputies_of
from cases.lifecycle.history import log_committed
from cases.lifecycle.locking import Locked, lock_for_action
from cases.lifecycle.notification_kinds import About
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseDocument, CaseEvent, CaseMessage, Notification, User

Kind = Notification.Kind
WaitingFor = Case.WaitingFor
ABOUT_MESSAGES = (Kind.QUESTION, Kind.REPLY)


def send(
    *,
    case: Case,
    by: User,
    source: str,
    text: str,
    files: Sequence[File[Any]] = (),
    asks: bool = False,
    form_token: str = "",
) -> CaseMessage:
    """Write to the other side. A member may send `files` along, staff say whether they wait for a reply (`asks`).

    NotAllowed and WrongState by cases.lifecycle.permissions. CaseError for an empty message, TooLong for a long text,
    BadDocument for a file that cannot be a document, QuotaReached for one too many. A form sends one message
    (cases.lifecycle.form_tokens).
    """
    text = _checked(text, files)
    # Before any file is stored. It is checked again with the row locked.
    permissions.check(Action.WRITE_MESSAGE, by=by, case=Case.objects.visible_to(by).get(pk=case.pk))
    _check_files(files, by)
    content = ["message", str(case.pk), text, str(asks), *(f"{file.name} {file.size}" for file in files)]
    with documents.stored(files, by=by) as kept:
        locked = lock_for_action(case, Action.WRITE_MESSAGE, by=by, source=source)
        used = form_tokens.use(form_token, by=locked.by, content=content)
        message = _record(locked, text, kept)
        _settle(locked)
        _tell(message, locked, asks=asks)
        _take_turns(locked, asks=asks)
        form_tokens.remember(used, message.pk)
    return message


@transaction.atomic
def end_waiting(*, case: Case, by: User, source: str) -> Case:
    """Say that no reply is needed, from either side. Nothing changes if no one is waiting.

    NotAllowed and WrongState by cases.lifecycle.permissions.
    """
    locked = lock_for_action(case, Action.END_WAITING, by=by, source=source)
    former = locked.case.waiting_for
    if former:
        locked.recorder.record(CaseEvent.Kind.WAITING_ENDED, details={"waited_for": former})
        _settle(locked)
        _wait_for(locked.case, "", None)
    return locked.case


def _checked(text: str, files: Sequence[File[Any]]) -> str:
    text = clean_text(text)
    limits.check_length(text, limits.MESSAGE, field="message")
    if not text and not files:
        raise CaseError(_("Enter a message."), field="message")
    return text


def _check_files(files: Sequence[File[Any]], by: User) -> None:
    if files and not by.is_member:
        raise BadDocument(_("You can't send files with a message. Attach reports to the case instead."))
    if len(files) > limits.MESSAGE_FILES:
        raise BadDocument(_("You can send up to %(most)s files with a message.") % {"most": limits.MESSAGE_FILES})


def _record(locked: Locked, text: str, kept: Sequence[CaseDocument]) -> CaseMessage:
    case, by = locked.case, locked.by
    quotas.check_messages(by)
    message = CaseMessage.objects.create(
        case=case,
        author=by,
        is_from_member=by.is_member,
        text=text,
        at=locked.recorder.at,
        release_number=case.release_number if case.is_released else 0,
    )
    for document in kept:
        document.message = message
        documents.record_attached(document, locked.recorder, by=by)
    log_committed("message sent", message_id=message.pk, case_id=case.pk, by=by.pk, files=len(kept))
    return message


def _tell(message: CaseMessage, locked: Locked, *, asks: bool) -> None:
    """Notify the other side, before the turn changes. If the member was asked, their message is a reply."""
    case, by = locked.case, locked.by
    if by.is_member:
        kind = Kind.REPLY if case.waiting_for == WaitingFor.MEMBER else Kind.QUESTION
        # In the queue it concerns no one yet: the technician reads the message when they accept the case.
        to = with_administrators([About(case.assigned_to_id, case.pk, message.pk)] if case.assigned_to_id else [])
    else:
        kind = Kind.QUESTION if asks and not case.is_released else Kind.REPLY
        to = [About(case.member_id, case.pk, message.pk)]
    notify_each(kind, to, by=by, at=message.at)


def _settle(locked: Locked) -> None:
    """Mark read what was told of messages: to a member, or to all staff who may have been told, whichever of them
    acts."""
    case, by, at = locked.case, locked.by, locked.recorder.at
    mark_acted_on(ABOUT_MESSAGES, case=case, by=by, at=at)
    if not by.is_member:
        technicians = {case.assigned_to_id} if case.assigned_to_id else set()
        people = technicians.union(administrators(), *deputies_of(technicians).values()) - {by.pk}
        mark_outdated({case.pk}, kinds=ABOUT_MESSAGES, people=people, at=at)


def _take_turns(locked: Locked, *, asks: bool) -> None:
    """Set whose turn it is. If there are several messages in a row, the first one says since when."""
    case, at = locked.case, locked.recorder.at
    if locked.by.is_member:
        since = case.waiting_since if case.waiting_for == WaitingFor.STAFF else at
        _wait_for(case, WaitingFor.STAFF, since)
    elif asks and not case.is_released:
        since = case.waiting_since if case.waiting_for == WaitingFor.MEMBER else at
        _wait_for(case, WaitingFor.MEMBER, since)
    elif case.waiting_for == WaitingFor.STAFF:
        _wait_for(case, "", None)


def _wait_for(case: Case, waiting_for: str, since: dt.datetime | None) -> None:
    # The version of the case does not change, so that open forms about something else stay valid.
    case.waiting_for, case.waiting_since = waiting_for, since
    case.save(update_fields=["waiting_for", "waiting_since"])
