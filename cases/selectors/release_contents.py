"""What a release gives its member: an answer, reports, or neither. For cases that are new to them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.lifecycle.case_for_viewer import VisibleCase
from cases.models import Case, CaseAnswer, CaseDocument, User
from cases.models.case_states import RELEASED

REPORT = Q(documents__kind=CaseDocument.Kind.REPORT)


@dataclass(frozen=True)
class ReleaseContents:
    """A released case, whether it has an answer, and how many reports."""

    case: VisibleCase
    has_answer: bool
    reports: int

    @property
    def in_words(self) -> str:
        """What there is to read. Empty if there is nothing."""
        if not self.reports:
            return _("Answer") if self.has_answer else ""
        if self.has_answer:
            text = ngettext("Answer and %(n)s report", "Answer and %(n)s reports", self.reports)
        else:
            text = ngettext("%(n)s report", "%(n)s reports", self.reports)
        return text % {"n": self.reports}

    @property
    def button(self) -> str:
        """The label of the button that leads to the case."""
        if self.has_answer:
            return _("Read your answer")
        return _("Open your report") if self.reports else _("View your case")


def contents_of(cases: Sequence[VisibleCase], *, to: User) -> list[ReleaseContents]:
    """Return the contents of the releases of `cases`, which `to` sees. One statement, or none without cases."""
    if not cases:
        return []
    answered = Exists(CaseAnswer.objects.filter(case=OuterRef("pk")).exclude(text=""))
    released = Case.objects.visible_to(to).filter(RELEASED, pk__in=[case.pk for case in cases]).order_by()
    counted = released.annotate(is_answered=answered, reports=Count("documents", filter=REPORT))
    facts = {pk: found for pk, *found in counted.values_list("pk", "is_answered", "reports")}
    return [ReleaseContents(case, *facts.get(case.pk, (False, 0))) for case in cases]
