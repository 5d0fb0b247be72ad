"""Schedules for many cases from a file: the preview of what can be used, and the mistakes by line."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from cases.models import BulkRow, BulkRun, Case, User
from cases.releases import bulk, schedule_file
from cases.releases.schedule_file import FileRow, LineProblem

# How many are looked up together.
CHUNK = 1_000


@dataclass(frozen=True)
class FilePreview:
    """The preview of a file, or None if no line names a case, and every line that would not be carried out."""

    run: BulkRun | None
    problems: list[LineProblem]


@transaction.atomic
def preview(*, content: bytes, by: User) -> FilePreview:
    """Store the preview of the schedules in a file (cases.releases.schedule_file).

    It changes no case. BadFile if the file cannot be read, and the errors of `bulk.preview_each`.
    """
    file = schedule_file.read(content)
    cases = _cases_of(file.rows, by=by)
    known = [row for row in file.rows if row.number in cases]
    problems = [*file.problems, *(_unknown(row) for row in file.rows if row.number not in cases)]
    schedules = [
        bulk.CaseSchedule(cases[row.number], row.schedule.date, row.schedule.time, row.reason) for row in known
    ]
    run = bulk.preview_each(by=by, schedules=schedules) if known else None
    if run and run.to_do < run.total:
        problems += _refused(run, known)
    return FilePreview(run, sorted(problems, key=lambda problem: problem.line))


def _cases_of(rows: list[FileRow], *, by: User) -> dict[str, int]:
    """Return the keys of the cases that `by` may know about, by the number in the file.

    The portal's own numbers use capital letters. Those from other systems may not.
    """
    numbers = list({spelling for row in rows for spelling in (row.number, row.number.upper())})
    found: dict[str, int] = {}
    for start in range(0, len(numbers), CHUNK):
        some = Case.objects.visible_to(by).filter(external_case_id__in=numbers[start : start + CHUNK])
        found |= dict(some.values_list("external_case_id", "pk"))
    keys = {row.number: found.get(row.number, found.get(row.number.upper())) for row in rows}
    return {number: key for number, key in keys.items() if key is not None}


def _unknown(row: FileRow) -> LineProblem:
    return LineProblem(row.line, _("There is no case with this number."), row.number)


def _refused(run: BulkRun, rows: list[FileRow]) -> list[LineProblem]:
    """Return what the preview refuses, by line. Its rows are in the order of the file."""
    refused = run.rows.exclude(verdict=BulkRow.Code.WILL).values_list("position", "words")
    return [LineProblem(rows[place].line, words, rows[place].number) for place, words in refused]
