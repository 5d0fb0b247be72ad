"""Files with schedules: what is read, which files are refused as a whole, and which lines are refused."""

import csv
import datetime as dt
from contextlib import suppress
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cases.core import limits
from cases.core.schedule import Schedule
from cases.releases.schedule_file import BadFile, FileRow, read
from tests.processor_time import seconds_of

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
    (row,) = read(text.encode(encoding)).rows
    assert replace(row, number=row.number.upper()) == ONE


def test_many_columns_cost_little_more_than_to_split_the_line():
    """To clean each of two million names takes 150 times as long."""
    empty = b"number,date" + b"," * 1_900_000 + b"\nC-7K2M9QX4TB,2026-03-31\n"
    named = b"number,date" + b",x" * 900_000
    assert len(read(empty).rows) == 1
    with pytest.raises(BadFile, match="column names"):
        read(named)

    def split(file: bytes) -> float:
        return seconds_of(lambda: list(csv.reader(file.decode().splitlines())))

    def refused() -> None:
        with suppress(BadFile):
            read(named)

    assert seconds_of(lambda: read(empty)) < 30 * split(empty)
    assert seconds_of(refused) < 30 * split(named)


REFUSED = {
    b"": "empty",
    b" \n \n": "empty",
    b"PK\x03\x04 a workbook": "workbook",
    HEAD.encode() + "C-1,2026-03-31,,señal".encode("cp1252"): "isn't UTF-8",
    b"\xff\xfen": "isn't UTF-8",
    HEAD.encode() + b"C-1,2026-03-31,,\0": "aren't text",
    HEAD.encode(): "no lines below",
    b"C-7K2M9QX4TB,2026-03-31": "first line must contain the column names",
    b"number,date,tme\nC-1,2026-03-31,09:30": "first line must contain the column names",
    b"number,date,date\nC-1,2026-03-31,2026-04-01": "first line must contain the column names",
    HEAD.encode() + b'C-1,2026-03-31,,ok\nC-2,2026-03-31,,"never closed\nC-3,2026-03-31,,\n': "Line 3 can't be read",
    HEAD.encode() + b"C-1,2026-03-31\n" * 100_000: "up to 10,000 lines",
    HEAD.encode() + b"C-1,2026-03-31,,\n" + b"x" * limits.SCHEDULE_FILE_BYTES: "too large",
}


@pytest.mark.parametrize("content", REFUSED, ids=REFUSED.values())
def test_what_is_no_such_file_is_refused_in_a_sentence(content):
    with pytest.raises(BadFile, match=REFUSED[content]):
        read(content)


LINES = {
    ",2026-03-31": "Enter the case number",
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
    f"{'C' * 65},2026-03-31": "isn't a case number",
}


@pytest.mark.parametrize("line", LINES, ids=LINES.values())
def test_a_mistake_is_a_problem_of_its_line_and_the_others_are_kept(line):
    found = read(f"{HEAD}{line}\n\nC-2,2026-03-31\n".encode())
    assert [(problem.line, LINES[line] in problem.text) for problem in found.problems] == [(2, True)]
    assert found.rows == [FileRow(4, "C-2", Schedule(DAY))]


def test_a_case_on_two_lines_is_refused_on_both():
    found = read(f'{HEAD}C-1,2026-03-31,,"two\nlines"\nC-2,2026-03-31\nc-1,2026-04-01\n'.encode())
    said = "This case is on line 2 and on line 5. Keep one of them."
    assert [(each.line, each.number, each.text) for each in found.problems] == [(2, "C-1", said), (5, "c-1", said)]
    assert [row.line for row in found.rows] == [4]


UNREADABLE = ["2025-07-32", "", "2025-07-09,9 o'clock", "2025-07-09,,=1", "2025-07-09,,because,of", "2025-07-09,,@x"]


@pytest.mark.parametrize("rest", UNREADABLE)
@pytest.mark.parametrize("number", ["C-1", "c-1", " c-1\t"])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_case_on_two_lines_is_refused_where_one_cannot_be_read(rest, number, is_first):
    good, bad, other = "C-1,2025-07-09", f"{number},{rest}", "C-2,2026-03-31"
    lines = [bad, other, good] if is_first else [good, other, bad]
    found = read((HEAD + "\n".join(lines)).encode())
    assert [row.number for row in found.rows] == ["C-2"]
    first, last = [problem.text for problem in found.problems]
    said, own = (last, first) if is_first else (first, last)
    assert said == "This case is on line 2 and on line 4. Keep one of them."
    assert own != said


def test_lines_without_a_number_are_no_lines_of_one_case():
    found = read(f"{HEAD},2026-03-31\n,2026-03-31\nC-1,2026-03-31\n".encode())
    assert [problem.text for problem in found.problems] == ["Enter the case number."] * 2
    assert len(found.rows) == 1


CELLS = {"number": "C-1", "date": "2026-03-31", "time": "09:30", "reason": "Asked for it"}
ORDERS = [
    list(order) for count in (2, 3, 4) for order in permutations(CELLS, count) if {"number", "date"} <= set(order)
]


@pytest.mark.parametrize("order", ORDERS, ids=",".join)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_line_that_ends_early_is_a_problem_of_that_line_in_every_order_of_columns(order, delimiter):
    for count in range(1, len(order)):
        cells = [CELLS[column] for column in order[:count]]
        whole = [CELLS[column].replace("C-1", "C-2") for column in order]
        found = read("\n".join(map(delimiter.join, (order, cells, whole))).encode())
        missing = [column for column in ("number", "date") if column in order[count:]]
        assert [problem.line for problem in found.problems] == ([2] if missing else [])
        for problem in found.problems:
            assert problem.text == {"number": "Enter the case number.", "date": "Enter a date."}[missing[0]]
            assert problem.number == ("" if "number" in missing else "C-1")
        assert [row.number for row in found.rows] == (["C-2"] if missing else ["C-1", "C-2"])


NAMES = [*ORDERS, ["number", "date", "date"], ["date"], ["", "number", "date"], ["date", "number", " ", ""], ["x"], []]
ODD = [
    *CELLS.values(),
    *("", " ", "\t", ",", ";", '"', '""', '"a,b"', '"two\nlines"', '"two\r\nlines', "=1", "@", "-", "\ufeff"),
    *("\u200b", "\x85", "\u2028", "\x1c", "\x00", "\U0001f600", "ß" * 64, "x" * 1001, "x" * 200_000),
    *("0000-00-00", "0001-01-01", "9999-12-31", "2026-13-31", "٢٠٢٦-٠٣-٣١", "99:99", "9:3", "24:00"),
]
Lines = list[list[str]]
# Even on a busy machine.
IN_ANY_TIME = hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@IN_ANY_TIME
@given(
    names=st.sampled_from(NAMES),
    lines=st.lists(st.lists(st.sampled_from(ODD), max_size=6), max_size=6),
    delimiter=st.sampled_from([",", ";", "\t"]),
    end=st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
    mark=st.sampled_from(["", "\ufeff", "\ufeff\ufeff"]),
    encoding=st.sampled_from(["utf-8", "utf-16", "utf-16-le"]),
)
@example(["date", "number"], [["2026-03-31"]], ",", "\n", "", "utf-8")
@example(["number", "date"], [], ",", "\n", "\ufeff", "utf-8")
@example(["number", "date"], [["", ""], [""], []], ";", "\r\n", "", "utf-8")
@example(["number", "date"], [["C-1", '"2026-03-31']], ",", "\n", "", "utf-8")
def test_odd_lines_are_each_used_or_refused_and_never_an_error(
    names: list[str], lines: Lines, delimiter: str, end: str, mark: str, encoding: str
):
    text = mark + end.join(delimiter.join(cells) for cells in [names, *lines])
    used_or_refused(text.encode(encoding))


@IN_ANY_TIME
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(content):
    used_or_refused(content)
    used_or_refused(b"date,number\n" + content)


def used_or_refused(content: bytes) -> None:
    try:
        found = read(content)
    except BadFile:
        return
    lines = [row.line for row in found.rows] + [problem.line for problem in found.problems]
    assert lines
    assert len(set(lines)) == len(lines)
    assert min(lines) > 1
    assert all(problem.text for problem in found.problems)
    assert all(row.number for row in found.rows)
