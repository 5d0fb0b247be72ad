"""The words of a case, for its search: one row for each case, which no release writes into.

Each text has its own column, written in the transaction that writes the text. Who may search which of them, and when,
is determined from the case itself at search time (cases.selectors.search).
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Concat, Left
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.search_words import searchable

if TYPE_CHECKING:
    from cases.models.case import Case

# Marks the member of a case. Words contain only letters and digits, so no one can type it.
MEMBER_MARK = "@"
# The texts that are in the row of the case itself.
OF_THE_CASE = ("title", "description")
# The columns for the names of documents of each kind.
COLUMN_OF_KIND = {"submission": "submissions", "report": "reports"}


def _column(label: Any) -> Any:
    return models.CharField(label, max_length=limits.SEARCHABLE, blank=True, default="", db_default="")


class CaseWords(models.Model):
    """The result of `searchable` for the texts of one case. PostgreSQL has a GIN index over all columns, SQLite an FTS5
    table that triggers maintain (cases.db.search_index)."""

    case = models.OneToOneField(
        "cases.Case", verbose_name=_("case"), on_delete=models.CASCADE, primary_key=True, related_name="words"
    )
    member = models.CharField(_("member"), max_length=25, help_text=_("The key of the member, marked."))
    # Includes the number of the case.
    title = _column(_("title"))
    description = _column(_("description"))
    submissions = _column(_("submissions"))
    answer = _column(_("answer"))
    reports = _column(_("reports"))
    # Only staff search these.
    notes = _column(_("notes and messages"))

    class Meta:
        verbose_name = _("words of a case")
        verbose_name_plural = _("words of cases")

    def __str__(self) -> str:
        return f"words of case {self.case_id}"


def member_mark(member_id: int) -> str:
    """Return the word that marks this member in their cases."""
    return f"{MEMBER_MARK}{member_id}"


def of_case(case: "Case", texts: Iterable[str] = OF_THE_CASE) -> CaseWords:
    """Return the row of `case` with the words of these texts of the case. It is not stored."""
    found = CaseWords(case_id=case.pk, member=f" {member_mark(case.member_id)}")
    if "title" in texts:
        set_text(found, "title", [case.external_case_id, case.title])
    if "description" in texts:
        set_text(found, "description", [case.description])
    return found


def store(rows: Sequence[CaseWords], columns: Iterable[str]) -> None:
    """Store these columns of `rows`, whether or not the rows exist. One statement."""
    CaseWords.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["case"], update_fields=["member", *columns]
    )


def set_text(row: CaseWords, column: str, texts: Iterable[str]) -> None:
    """Set `column` of `row` to the words of `texts`. It is not stored."""
    setattr(row, column, searchable(texts, limits.SEARCHABLE))


def store_text(case: "Case", column: str, texts: Iterable[str]) -> None:
    """Replace the content of `column` of `case` with the words of `texts`."""
    row = of_case(case, ())
    set_text(row, column, texts)
    store([row], [column])


def add_note(case: "Case", text: str) -> None:
    """Put the words of another note or message before those of earlier ones, which the limit cuts off first."""
    words = searchable([text], limits.SEARCHABLE)
    rows = CaseWords.objects.filter(case=case)
    added = Left(Concat(Value(words), F("notes"), output_field=models.TextField()), limits.SEARCHABLE)
    if words and not rows.update(notes=added):
        store_text(case, "notes", [text])
