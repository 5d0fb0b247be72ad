"""CSV for spreadsheet programs: whatever a cell holds is shown, and nothing is calculated."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.core.spreadsheet import FORMULA, csv_lines, safe_cell


@pytest.mark.parametrize("begin", [*FORMULA, " =", "\n="])
def test_a_formula_becomes_text(begin):
    assert safe_cell(f"{begin}1+1") == f"'{begin}1+1"


@pytest.mark.parametrize("value", ["C-7K2M9QX4TB", 46, "a = b", "", "'"])
def test_other_cells_stay_as_they_are(value):
    assert safe_cell(value) == str(value)


@given(st.lists(st.lists(st.text(), min_size=2), min_size=1))
def test_every_cell_is_read_as_it_was_written(rows):
    text = "".join(csv_lines(rows))
    read = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))
    assert read == [[safe_cell(cell) for cell in row] for row in rows]
    assert not any(cell.startswith(FORMULA) for row in read for cell in row)
