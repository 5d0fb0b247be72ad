"""What members do with a case before anyone works on it: create, edit, delete, submit. Verbs as in cases.releases."""

from django.db import transaction
from django.utils.translation import gettext as _

from cases.casework.case_types import check_choosable
from cases.core import limits
from cases.core.errors import CaseError, DraftChanged, NotAllowed
from cases.core.text import clean_line, clean_text
from cases.delivery.notifications import notify, notify_queue
from cases.lifecycle import case_type_conditions, form_tokens, quotas
from cases.lifecycle.history import log_committed
from cases.lifecycle.locking import lock_for_action, lock_people
from cases.lifecycle.permissions import Action
from cases.lifecycle.stored_files import discard_after_commit
from cases.models import Case, CaseDocument, CaseEvent, CaseType, Notification, User


@transaction.atomic
def create(
    *,
    by: User,
    title: str,
    description: str,
    urgency: str = Case.Urgency.NORMAL,
    case_type: CaseType | None = None,
    form_token: str = "",
) -> Case:
    """Create a draft of the member `by`, with a generated case number.

    Without a type it is *General*. A form makes one draft (cases.lifecycle.form_tokens). TooLong for a long text,
    WrongState for one draft too many, QuotaReached for one too many in an hour, CaseError for a retired type.
    """
    _check_lengths(title, description)
    check_choosable(case_type, present=None)
    by = lock_people(by)[by.pk]
    if not (by.is_member and by.is_active):
        raise NotAllowed(_("Only members can create cases."))
    used = form_tokens.use(form_token, by=by, content=[title, description, urgency, str(case_type and case_type.pk)])
    quotas.check_open_drafts(by)
    quotas.check_created(by)
    case = Case.objects.create(member=by, title=title, description=description, urgency=urgency, case_type=case_type)
    form_tokens.remember(used, case.pk)
    log_committed("draft created", case_id=case.pk, by=by.pk)
    return case


@transaction.atomic
def edit(
    *,
    case: Case,
    by: User,
    title: str,
    description: str,
    urgency: str,
    case_type: CaseType | None = None,
    version: int | None = None,
) -> Case:
    """Replace the text, urgency and type of a draft. Without a type it is *General*.

    CaseError for a retired type, unless the draft already has it. DraftChanged if it is no longer the `version` that
    the person edited, because they changed it in a second tab, unless the content is the same: a save whose response
    was lost is sent again.
    """
    _check_lengths(title, description)
    locked = lock_for_action(case, Action.EDIT, by=by)
    case = locked.case
    if _says(case, title, description, urgency, case_type):
        return case
    if version is not None and version != case.version:
        raise DraftChanged
    check_choosable(case_type, present=case.case_type_id)
    case.title, case.description, case.urgency, case.case_type = title, description, urgency, case_type
    locked.save("title", "description", "urgency", "case_type")
    log_committed("draft changed", case_id=case.pk, by=by.pk)
    return case


def _says(case: Case, title: str, description: str, urgency: str, case_type: CaseType | None) -> bool:
    facts = (clean_line(title), urgency, case_type and case_type.pk, clean_text(description))
    return facts == (case.title, case.urgency, case.case_type_id, case.description)


@transaction.atomic
def delete_draft(*, case: Case, by: User, source: str) -> None:
    """Delete the draft: no one sees it anymore, its text and documents are gone, and the files follow after the commit.

    The empty row keeps its number, because the history of attached files refers to it and is never changed
    (docs/rules.md, 10). Case.DoesNotExist if it is already deleted.
    """
    locked = lock_for_action(case, Action.DELETE, by=by, source=source)
    case, documents = locked.case, list(CaseDocument.objects.filter(case=locked.case))
    paths = [str(document.file.name) for document in documents]
    for document in documents:
        document.delete()
    case.status, case.title, case.description, case.case_type = Case.Status.DELETED, "", "", None
    locked.recorder.record(CaseEvent.Kind.DRAFT_DELETED, details={"documents": len(paths)})
    locked.save("status", "title", "description", "case_type")
    discard_after_commit(paths)


def _check_lengths(title: str, description: str) -> None:
    limits.check_length(title, limits.TITLE, field="title")
    limits.check_length(description, limits.DESCRIPTION, field="description")


@transaction.atomic
def submit(*, case: Case, by: User, source: str, version: int | None = None) -> Case:
    """Submit the draft: technicians see it from now on. It gets the conditions of its type.

    CaseError without a title, QuotaReached for one too many, Stale if the person was looking at an older `version`.
    """
    locked = lock_for_action(case, Action.SUBMIT, by=by, source=source, version=version)
    case, recorder = locked.case, locked.recorder
    if not clean_line(case.title):
        raise CaseError(_("Enter a title before you submit the case."), field="title")
    quotas.check_submissions(locked.by)
    case.status = Case.Status.SUBMITTED
    case.date_submitted = recorder.at
    recorder.record(CaseEvent.Kind.SUBMITTED)
    if case.case_type:
        case_type_conditions.apply(case, recorder)
    locked.save("status", "date_submitted", "open_conditions")
    notify(Notification.Kind.RECEIVED, case=case, to=[case.member_id], by=locked.by, at=recorder.at)
    notify_queue(by=locked.by, at=recorder.at)
    return case
