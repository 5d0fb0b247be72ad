"""A file that says when each of many cases is to be released: its text read, line by line, and nothing else.

The first line names the columns: `number` and `date`, and optionally `time` and `reason`, in any order, in English or
in Spanish. A file that cannot be read reliably is rejected. A mistake in one line is a problem of that line only.
"""

import codecs
import csv
import datetime as dt
import io
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from cases.core import limits
from cases.core.errors import CaseError
from cases.core.numbers import grouped
from cases.core.safe_csv import FORMULA
from cases.core.schedule import Schedule
from cases.core.text import clean_line, clean_text

COLUMNS = {
    "number": "number",
    "date": "date",
    "time": "time",
    "reason": "reason",
    "número": "number",
    "numero": "number",
    "fecha": "date",
    "hora": "time",
    "motivo": "reason",
}
NEEDED = ("number", "date")
# Their names in a template. COLUMNS has those of all languages.
TEMPLATE = (
    pgettext_lazy("column of a file", "number"),
    pgettext_lazy("column of a file", "date"),
    pgettext_lazy("column of a file", "time"),
    pgettext_lazy("column of a file", "reason"),
)
DELIMITERS = ",;\t"
# The beginning of spreadsheet programs' native files, which are ZIP or OLE archives.
WORKBOOK = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
MAX_CELL_SHOWN = 40  # characters of a cell that a message repeats


class BadFile(CaseError):
    """Nothing of the file can be used."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="file")


@dataclass(frozen=True, slots=True)
class FileRow:
    """One valid line: which case, when, and why."""

    line: int
    number: str
    schedule: Schedule
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LineProblem:
    """One line that cannot be used, and what is wrong with it, as a sentence. `number` is the case number in the
    line."""

    line: int
    text: str
    number: str = ""


@dataclass(frozen=True)
class ScheduleFile:
    """What a file says, in the order of its lines."""

    rows: list[FileRow]
    problems: list[LineProblem]


class _Unreadable(Exception):
    """A cell that cannot be read. The message is for people."""


def read(content: bytes) -> ScheduleFile:
    """Return the rows and problems of a file. BadFile if it is not such a file, or too long."""
    lines = _records(_text_of(content))
    columns = _columns(next(lines, (1, []))[1])
    rows: list[FileRow] = []
    problems: list[LineProblem] = []
    lines_of: dict[str, list[int]] = defaultdict(list)
    for count, (line, cells) in enumerate(lines, 1):
        if count > limits.SCHEDULE_FILE_ROWS:
            raise BadFile(_("A file can have up to %(most)s lines.") % {"most": grouped(limits.SCHEDULE_FILE_ROWS)})
        number = _named(cells, columns).get("number", "")
        lines_of[_key(number)].append(line)
        try:
            rows.append(_row(line, cells, columns))
        except _Unreadable as error:
            problems.append(LineProblem(line, str(error), _shown(number)))
    if not rows and not problems:
        raise BadFile(_("This file has no lines below the column names."))
    return _without_repeated(rows, problems, lines_of)


def _text_of(content: bytes) -> str:
    if not content.strip():
        raise BadFile(_("This file is empty."))
    if len(content) > limits.SCHEDULE_FILE_BYTES:
        most = limits.SCHEDULE_FILE_BYTES // 1_000_000
        raise BadFile(_("This file is too large. The limit is %(limit)s MB.") % {"limit": most})
    if content.startswith(WORKBOOK):
        raise BadFile(
            _("This is a workbook. Save it as “CSV UTF-8” in your spreadsheet program, then choose it again.")
        )
    try:
        text = content.decode("utf-16" if content.startswith(UTF_16) else "utf-8-sig")
    except UnicodeDecodeError:
        raise BadFile(
            _("This file isn't UTF-8 text. Save it as “CSV UTF-8” in your spreadsheet program, then choose it again.")
        ) from None
    if NOT_TEXT.search(text):
        raise BadFile(
            _("This file contains characters that aren't text. Save it as “CSV UTF-8”, then choose it again.")
        )
    return text


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each line that is not empty with its number. A cell in quotation marks may span several lines."""
    heading = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
    delimiter = max(DELIMITERS, key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            text = _("Line %(line)s can't be read. Check its quotation marks, then choose the file again.")
            raise BadFile(text % {"line": grouped(line)}) from None
        if any(cell.strip() for cell in cells):
            yield line, cells
        line = reader.line_num + 1


def _columns(names: list[str]) -> list[str]:
    while names and not names[-1].strip():
        names.pop()
    # One more than there are is enough to refuse them. A file has room for two million.
    columns = [COLUMNS.get(clean_line(name).lower(), "") for name in names[: len(COLUMNS) + 1]]
    if not all(columns) or len(set(columns)) < len(columns) or not set(NEEDED) <= set(columns):
        raise BadFile(
            _(
                "The first line must contain the column names number and date, and can also contain time and reason. "
                "Use each name once, and no other names. You can start from the template."
            )
        )
    return columns


def _named(cells: list[str], columns: list[str]) -> dict[str, str]:
    return dict(zip(columns, cells, strict=False))


def _row(line: int, cells: list[str], columns: list[str]) -> FileRow:
    if any(cell.strip() for cell in cells[len(columns) :]):
        raise _Unreadable(
            _("This line has more cells than there are columns. Put text that contains a comma in quotation marks.")
        )
    if formula := next((cell for cell in cells if cell.lstrip().startswith(FORMULA)), ""):
        raise _Unreadable(
            _("“%(cell)s” could be a formula. A cell can't begin with = + - or @.") % {"cell": _shown(formula)}
        )
    cell = _named(cells, columns)
    return FileRow(
        line,
        _number(cell.get("number", "")),
        Schedule(_date(cell.get("date", "")), _time(cell.get("time", ""))),
        _reason(cell.get("reason", "")),
    )


def _number(cell: str) -> str:
    number = clean_line(cell)
    if not number:
        raise _Unreadable(_("Enter the case number."))
    if len(number) > limits.CASE_NUMBER:
        raise _Unreadable(_("This isn't a case number."))
    return number


def _date(cell: str) -> dt.date:
    if not (text := clean_line(cell)):
        raise _Unreadable(_("Enter a date."))
    with suppress(ValueError):
        if found := DATE.fullmatch(text):
            return dt.date(*map(int, found.groups()))
    words = _("“%(cell)s” isn't a date. Enter it as year-month-day, for example 2026-03-31.")
    raise _Unreadable(words % {"cell": _shown(cell)})


def _time(cell: str) -> dt.time | None:
    if not (text := clean_line(cell)):
        return None
    with suppress(ValueError):
        if found := TIME.fullmatch(text):
            hour, minute, second = (int(part or 0) for part in found.groups())
            return dt.time(hour, minute, second)
    words = _("“%(cell)s” isn't a time. Enter it as hours and minutes, for example 09:30.")
    raise _Unreadable(words % {"cell": _shown(cell)})


def _reason(cell: str) -> str:
    reason = clean_text(cell)
    if len(reason) > limits.REASON:
        raise _Unreadable(_("Use up to %(most)s characters for the reason.") % {"most": grouped(limits.REASON)})
    return reason


def _shown(cell: str) -> str:
    text = clean_line(cell)
    return text if len(text) <= MAX_CELL_SHOWN else f"{text[:MAX_CELL_SHOWN]}…"


def _key(number: str) -> str:
    """Return one form for all spellings of a case number, even if nothing else in its line can be read."""
    return clean_line(number).upper()


def _without_repeated(rows: list[FileRow], problems: list[LineProblem], lines_of: dict[str, list[int]]) -> ScheduleFile:
    """Reject every line of a case that is in the file more than once, because it is unclear which one is meant.

    `lines_of` has the lines of each case, including unreadable ones.
    """
    repeated, kept = [], []
    for row in rows:
        lines = lines_of[_key(row.number)]
        if len(lines) > 1:
            repeated.append(LineProblem(row.line, _repeated(lines), row.number))
        else:
            kept.append(row)
    return ScheduleFile(kept, sorted([*problems, *repeated], key=lambda problem: problem.line))


def _repeated(lines: list[int]) -> str:
    words = _("This case is on line %(first)s and on line %(other)s. Keep one of them.")
    return words % {"first": grouped(lines[0]), "other": grouped(lines[1])}
