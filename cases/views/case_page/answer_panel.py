"""The answer on the page of a case, for staff: written while the case is in progress, locked from its completion on."""

from typing import Any

from cases.core import limits
from cases.forms.answers import AnswerForm
from cases.lifecycle import answers
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseAnswer


def answer_panel(case: Case, can: set[Action]) -> dict[str, Any]:
    """Return what the panel says of the answer of `case`, fetched `in_full`. No query but for a case type."""
    answer: CaseAnswer | None = getattr(case, "answer", None)
    saved = {"answer": answer, "answer_most": limits.ANSWER}
    if Action.WRITE_ANSWER not in can:
        return saved
    initial = {"answer": answer.text if answer else "", "version": answer.version if answer else 0}
    is_required = answers.is_required(case)
    return saved | {"answer_form": AnswerForm(initial=initial), "answer_is_required": is_required}
