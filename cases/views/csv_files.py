"""Answers that a browser keeps as a file for spreadsheet programs."""


def csv_headers(name: str) -> dict[str, str]:
    """Return the headers of an answer with lines of cases.core.spreadsheet, which is kept as `name`."""
    return {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": f'attachment; filename="{name}"'}
