"""The answer to a case: what its technician writes to the member. A verb as in cases.releases."""

from django.db import transaction

from cases.core import limits
from cases.core.clock import portal_now
from cases.core.errors import AnswerChanged
from cases.core.text import clean_text
from cases.lifecycle.history import log_committed
from cases.lifecycle.locking import lock_for_action
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseAnswer, User


@transaction.atomic
def save_answer(*, case: Case, by: User, text: str, version: int | None = None) -> CaseAnswer:
    """Replace the answer of an accepted case. Return it with its new version.

    `version` is the version of the answer that the person edited, or 0 for the first. AnswerChanged if that is an older
    one, unless the text is the same, because an autosave whose response was lost is sent again. TooLong for a long
    text. The row of the case is locked but not changed, so other forms that show this version of the case stay valid.
    """
    text = clean_text(text)
    limits.check_length(text, limits.ANSWER, field="answer")
    locked = lock_for_action(case, Action.WRITE_ANSWER, by=by)
    case, by = locked.case, locked.by
    answer = CaseAnswer.objects.filter(case=case).first() or CaseAnswer(case=case)
    if text == answer.text:
        return answer
    if version is not None and version != answer.version:
        raise AnswerChanged(is_own=answer.updated_by_id == by.pk)
    answer.text, answer.version = text, answer.version + 1
    answer.updated_at, answer.updated_by = portal_now(), by
    answer.save()
    log_committed("answer saved", case_id=case.pk, by=by.pk)
    return answer
