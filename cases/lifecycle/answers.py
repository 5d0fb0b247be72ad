"""Whether a case has an answer, and whether it needs one to be completed."""

from django.conf import settings
from django.utils.translation import gettext as _

from cases.core.errors import CaseError
from cases.models import Case, CaseAnswer


def has_answer(case: Case) -> bool:
    """Tell whether `case` has an answer. One query."""
    return CaseAnswer.objects.filter(case=case).exclude(text="").exists()


def is_required(case: Case) -> bool:
    """Tell whether the portal, or the type of `case`, requires an answer before it can be completed."""
    return settings.RELEASE_REQUIRES_ANSWER or bool(case.case_type and case.case_type.requires_answer)


def check_answered(case: Case, *, is_answered: bool | None = None) -> None:
    """Raise CaseError if `case`, which is locked, needs an answer and has none. `is_answered`: None to look it up."""
    if not is_required(case) or (has_answer(case) if is_answered is None else is_answered):
        return
    if settings.RELEASE_REQUIRES_ANSWER:
        raise CaseError(_("Write an answer before you complete this case."))
    raise CaseError(_("Write an answer before you complete this case. Cases of this type need one."))
