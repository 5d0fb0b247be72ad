"""What members do with a case before anybody works on it: create, edit, submit. Verbs as in cases.releases."""

from django.db import transaction
from django.utils.translation import gettext as _

from cases.core import limits
from cases.core.errors import CaseError, NotAllowed
from cases.core.text import clean_line
from cases.lifecycle import form_tokens, quotas
from cases.lifecycle.history import log_committed
from cases.lifecycle.locking import lock_for_action, lock_people
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseEvent, User


@transaction.atomic
def create(*, by: User, title: str, description: str, urgency: str = Case.Urgency.NORMAL, form_token: str = "") -> Case:
    """Create a draft of the member `by`, with a generated case number.

    A form makes one draft (cases.lifecycle.form_tokens). TooLong for a long text, WrongState for a draft too many.
    """
    _check_lengths(title, description)
    by = lock_people(by)[by.pk]
    if not (by.is_member and by.is_active):
        raise NotAllowed(_("Only members can create cases."))
    used = form_tokens.use(form_token, by=by, content=[title, description, urgency])
    quotas.check_open_drafts(by)
    case = Case.objects.create(member=by, title=title, description=description, urgency=urgency)
    form_tokens.remember(used, case.pk)
    log_committed("draft created", case_id=case.pk, by=by.pk)
    return case


@transaction.atomic
def edit(*, case: Case, by: User, title: str, description: str, urgency: str, version: int | None = None) -> Case:
    """Replace the text and urgency of a draft.

    Stale where it is no longer the `version` that the person wrote over, in a second tab for example.
    """
    _check_lengths(title, description)
    locked = lock_for_action(case, Action.EDIT, by=by, version=version)
    case = locked.case
    case.title, case.description, case.urgency = title, description, urgency
    locked.save("title", "description", "urgency")
    log_committed("draft changed", case_id=case.pk, by=by.pk)
    return case


def _check_lengths(title: str, description: str) -> None:
    limits.check_length(title, limits.TITLE, field="title")
    limits.check_length(description, limits.DESCRIPTION, field="description")


@transaction.atomic
def submit(*, case: Case, by: User, source: str, version: int | None = None) -> Case:
    """Submit the draft: technicians see it from now on.

    CaseError without a title, QuotaReached for one too many, Stale where the person was looking at an older `version`.
    """
    locked = lock_for_action(case, Action.SUBMIT, by=by, source=source, version=version)
    case, recorder = locked.case, locked.recorder
    if not clean_line(case.title):
        raise CaseError(_("Enter a title before you submit the case."), field="title")
    quotas.check_submissions(locked.by)
    case.status = Case.Status.SUBMITTED
    case.date_submitted = recorder.at
    locked.save("status", "date_submitted")
    recorder.record(CaseEvent.Kind.SUBMITTED)
    return case
