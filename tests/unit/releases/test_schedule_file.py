"""Files with schedules: what is read, what is refused as a whole, and what is refused of a line."""

import datetime as dt

import pytest

from cases.core import limits
from cases.core.schedule import Schedule
from cases.releases.schedule_file import BadFile, FileRow, read

DAY = dt.date(2026, 3, 31)
HEAD = "number,date,time,reason\n"
ONE = FileRow(2, "C-7K2M9QX4TB", Schedule(DAY, dt.time(9, 30)), "Asked for it, twice")

ACCEPTED = {
    "plain": HEAD + 'C-7K2M9QX4TB,2026-03-31,09:30,"Asked for it, twice"\n',
    "byte order mark and the line ends of Windows": "\ufeff"
    + HEAD.replace("\n", "\r\n")
    + 'c-7k2m9qx4tb, 2026-03-31 ,9:30,"Asked for it, twice"\r\n',
    "semicolons and Spanish": 'Número;Fecha;Hora;Motivo\nC-7K2M9QX4TB;2026-03-31;09:30:00;"Asked for it, twice"',
    "tabs, another order, empty cells": "reason\ttime\tdate\tnumber\t\n"
    "Asked for it, twice\t09:30\t2026-03-31\tC-7K2M9QX4TB\t\t\n\t\t\t\n",
}


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_what_spreadsheets_write_is_read(text, encoding):
    if encoding == "utf-16":
        text = text.removeprefix("\ufeff")
    assert read(text.encode(encoding)).rows == [ONE]


REFUSED = {
    b"": "empty",
    b" \n \n": "empty",
    b"PK\x03\x04 a workbook": "workbook",
    HEAD.encode() + "C-1,2026-03-31,,señal".encode("cp1252"): "isn't UTF-8",
    b"\xff\xfen": "isn't UTF-8",
    HEAD.encode() + b"C-1,2026-03-31,,\0": "aren't text",
    HEAD.encode(): "no lines below",
    b"C-7K2M9QX4TB,2026-03-31": "first line must name",
    b"number,date,tme\nC-1,2026-03-31,09:30": "first line must name",
    b"number,date,date\nC-1,2026-03-31,2026-04-01": "first line must name",
    HEAD.encode() + b'C-1,2026-03-31,,ok\nC-2,2026-03-31,,"never closed\nC-3,2026-03-31,,\n': "Line 3 can't be read",
    HEAD.encode() + b"C-1,2026-03-31\n" * 100_000: "up to 10,000 lines",
    HEAD.encode() + b"C-1,2026-03-31,,\n" + b"x" * limits.SCHEDULE_FILE_BYTES: "too large",
}


@pytest.mark.parametrize("content", REFUSED, ids=REFUSED.values())
def test_what_is_no_such_file_is_refused_in_a_sentence(content):
    with pytest.raises(BadFile, match=REFUSED[content]):
        read(content)


LINES = {
    ",2026-03-31": "Enter the number",
    "C-1,": "Enter a date",
    "C-1": "Enter a date",
    "C-1,03/31/2026": "“03/31/2026” isn't a date",
    "C-1,2026-02-30": "isn't a date",
    "C-1,2026-03-31,9 o'clock": "isn't a time",
    "C-1,2026-03-31,25:00": "isn't a time",
    "C-1,2026-03-31,,because,of": "more cells than",
    "C-1,2026-03-31,,=HYPERLINK(1)": "could be a formula",
    "@C-1,2026-03-31": "could be a formula",
    f"C-1,2026-03-31,,{'x' * 1001}": "up to 1,000 characters",
    f"{'C' * 65},2026-03-31": "isn't the number",
}


@pytest.mark.parametrize("line", LINES, ids=LINES.values())
def test_a_mistake_is_a_problem_of_its_line_and_the_others_are_kept(line):
    found = read(f"{HEAD}{line}\n\nC-2,2026-03-31\n".encode())
    assert [(problem.line, LINES[line] in problem.text) for problem in found.problems] == [(2, True)]
    assert found.rows == [FileRow(4, "C-2", Schedule(DAY))]


def test_a_case_on_two_lines_is_refused_on_both():
    found = read(f'{HEAD}C-1,2026-03-31,,"two\nlines"\nC-2,2026-03-31\nc-1,2026-04-01\n'.encode())
    said = "This case is on line 2 and on line 5. Keep one of them."
    assert [(each.line, each.number, each.text) for each in found.problems] == [(2, "C-1", said), (5, "C-1", said)]
    assert [row.line for row in found.rows] == [4]
