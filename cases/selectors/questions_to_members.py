"""What members are asked, in the cases that wait for them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import OuterRef, Subquery
from django.utils.text import Truncator

from cases.core import markdown
from cases.lifecycle.case_for_viewer import VisibleCase
from cases.models import Case, CaseMessage, User

# Of a message, enough for SHOWN characters without its marks, and these.
READ, SHOWN = 600, 140


@dataclass(frozen=True)
class Question:
    """A case, who asked its member, and how the question begins."""

    case: VisibleCase
    author: str = ""
    text: str = ""


def questions_in(cases: Sequence[VisibleCase], *, to: User) -> list[Question]:
    """Return the question that each of `cases`, which `to` sees, waits for. One statement, or none without cases.

    If staff asked several times in a row, it is the first question. What they wrote after it may ask nothing.
    """
    if not cases:
        return []
    written = CaseMessage.objects.visible_to(to).filter(is_from_member=False)
    # A case waits from the moment of its question on.
    question = written.filter(case=OuterRef("pk"), at=OuterRef("waiting_since")).order_by("-pk").values("pk")[:1]
    seen = Case.objects.visible_to(to).filter(pk__in=[case.pk for case in cases])
    asked = written.filter(pk__in=seen.order_by().values(question=Subquery(question)))
    said = {
        each.case_id: (each.author.display_name, _first_words(each.text)) for each in asked.select_related("author")
    }
    return [Question(case, *said.get(case.pk, ())) for case in cases]


def _first_words(text: str) -> str:
    return Truncator(markdown.plain(text[:READ])).chars(SHOWN)
