"""What members are asked, in the cases that wait for them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import OuterRef, Subquery
from django.utils.text import Truncator

from cases.core import markdown
from cases.lifecycle.visible_case import VisibleCase
from cases.models import Case, CaseMessage, User

# Of a message, enough for SHOWN characters without its marks, and these.
READ, SHOWN = 600, 140


@dataclass(frozen=True)
class Question:
    """A case, who wrote last to its member, and how that begins."""

    case: VisibleCase
    author: str = ""
    text: str = ""


def questions_in(cases: Sequence[VisibleCase], *, to: User) -> list[Question]:
    """Return the latest message of staff in each of `cases`, which `to` sees. One statement, or none without cases."""
    if not cases:
        return []
    written = CaseMessage.objects.visible_to(to).filter(is_from_member=False)
    latest = written.filter(case=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    seen = Case.objects.visible_to(to).filter(pk__in=[case.pk for case in cases])
    asked = written.filter(pk__in=seen.order_by().values(latest=Subquery(latest)))
    said = {
        each.case_id: (each.author.display_name, _first_words(each.text)) for each in asked.select_related("author")
    }
    return [Question(case, *said.get(case.pk, ())) for case in cases]


def _first_words(text: str) -> str:
    return Truncator(markdown.plain(text[:READ])).chars(SHOWN)
