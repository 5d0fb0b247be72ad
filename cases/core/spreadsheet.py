"""CSV that is safe to open in a spreadsheet program, which calculates cells that begin like a formula."""

import csv
import io
from collections.abc import Iterable, Iterator

# What a spreadsheet program takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Without it Excel reads UTF-8 as another encoding.
MARK = "\ufeff"


def safe_cell(value: object) -> str:
    """Return `value` as text that a spreadsheet program shows as it is: an apostrophe goes before a formula."""
    text = str(value)
    return f"'{text}" if text.lstrip(" \n").startswith(FORMULA) else text


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield a CSV file line by line, each cell made safe. The first begins with the mark of UTF-8."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    buffer.write(MARK)
    for row in rows:
        writer.writerow(map(safe_cell, row))
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
