"""Internal notes of a case: written by staff, for staff. A verb as in cases.releases."""

from django.db import transaction
from django.utils.translation import gettext as _

from cases.casework.mentions import mentions_in
from cases.core import limits
from cases.core.clock import portal_now
from cases.core.errors import CaseError
from cases.core.text import clean_text
from cases.delivery.notifications import notify
from cases.lifecycle import form_tokens, permissions, quotas
from cases.lifecycle.history import log_committed
from cases.lifecycle.locking import lock_people
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseNote, Notification, User


@transaction.atomic
def add(*, case: Case, by: User, text: str, form_token: str = "") -> CaseNote:
    """Add a note by `by` to the case, and notify the colleagues it mentions.

    A form makes one (cases.lifecycle.form_tokens). CaseError for an empty note, TooLong for a long one, QuotaReached
    for one too many. The author is locked, but not the row of the case: a note does not change it, and never waits for
    a release.
    """
    by = lock_people(by)[by.pk]
    permissions.check(Action.NOTE, by=by, case=Case.objects.visible_to(by).get(pk=case.pk))
    text = clean_text(text)
    if not text:
        raise CaseError(_("Enter a note."), field="text")
    limits.check_length(text, limits.NOTE, field="text")
    used = form_tokens.use(form_token, by=by, content=["note", str(case.pk), text])
    quotas.check_notes(by)
    note = CaseNote.objects.create(case=case, author=by, text=text, at=portal_now())
    notify(Notification.Kind.MENTION, case=case, to=mentions_in(text).people, by=by, at=note.at, ref=note.pk)
    form_tokens.remember(used, note.pk)
    log_committed("note added", note_id=note.pk, case_id=case.pk, by=by.pk)
    return note
