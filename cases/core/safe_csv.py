"""CSV that is safe to open in a spreadsheet program, which calculates cells that begin like a formula.

Programs do not agree on what separates cells. One that expects a different separator splits a cell in the middle, with
or without quotation marks. So anything that would be a formula after any separator is turned into text.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator

from django.utils.formats import get_format

# What a spreadsheet program treats as the beginning of a formula. East Asian versions also accept the wide signs.
SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"
FORMULA = (*SIGNS, "\t", "\r")
# The beginning of this cell, or of one after a character that may end a cell. Spaces and quotation marks may come
# first.
FORMULA_BEGINS = re.compile(rf'^(?=[ ]*[{re.escape(SIGNS)}\t\r])|(?<=[,;\t\r\n])(?=[ "]*[{re.escape(SIGNS)}])')
# Without it Excel reads UTF-8 as another encoding.
MARK = "\ufeff"


def safe_cell(value: object) -> str:
    """Return `value` as text that a spreadsheet program shows unchanged, with an apostrophe before a formula."""
    return FORMULA_BEGINS.sub("'", str(value))


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Return the lines of a CSV file, each cell made safe, separated as spreadsheets in the reader's language do.

    The first begins with the byte order mark. The lines may be read after the request has ended.
    """
    return _lines(rows, str(get_format("LIST_SEPARATOR")))


def csv_headers(name: str) -> dict[str, str]:
    """Return the headers of a response with such lines, which a browser keeps as `name`."""
    return {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": f'attachment; filename="{name}"'}


def _lines(rows: Iterable[Iterable[object]], separator: str) -> Iterator[str]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=separator)
    buffer.write(MARK)
    for row in rows:
        writer.writerow(map(safe_cell, row))
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
