"""CSV for spreadsheet programs: every cell is shown as text, and nothing is calculated."""

import csv
import io

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from cases.core.safe_csv import FORMULA, SIGNS, csv_lines, safe_cell

SEPARATORS = ",;\t"
# It depends on how lists and decimals are written in the language.
SEPARATOR = {"en": ",", "es": ";"}
odd_texts = st.text(st.sampled_from("=+-@\uff1d\uff20,;\t\r\n\" 'aé\u2028"))


def read(text: str, separator: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=separator))


@pytest.mark.parametrize("begin", [*FORMULA, " ="])
def test_a_formula_becomes_text(begin):
    assert safe_cell(f"{begin}1+1") == f"'{begin}1+1"


@pytest.mark.parametrize("end", [*SEPARATORS, "\n", "\r\n", ";;", "x;"])
@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\uff1d", " =", '"=', '" "-'])
def test_what_another_separator_would_make_a_formula_becomes_text(end, begin):
    assert safe_cell(f"a{end}{begin}1+1;b") == f"a{end}'{begin}1+1;b"


@pytest.mark.parametrize("value", ["C-7K2M9QX4TB", 46, "a = b", "", "'", "a, b; c-d", "one\ntwo\n\tthree"])
def test_other_cells_stay_as_they_are(value):
    assert safe_cell(value) == str(value)


@pytest.mark.parametrize("language", SEPARATOR)
@given(st.lists(st.lists(odd_texts, min_size=2), min_size=1))
def test_every_cell_is_read_as_it_was_written_and_none_is_a_formula(language, rows):
    with translation.override(language):
        lines = csv_lines(rows)
    text = "".join(lines)
    assert read(text, SEPARATOR[language]) == [[safe_cell(cell) for cell in row] for row in rows]
    for separator in SEPARATORS:
        assert not any(cell.lstrip(" ").startswith(tuple(SIGNS)) for row in read(text, separator) for cell in row)
