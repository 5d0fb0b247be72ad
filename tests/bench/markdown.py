"""Markdown for both reports."""

import datetime as dt
from typing import Any


def as_table(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table, with all columns except the first right-aligned."""
    line = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, line, *rows]) + "\n"


def number(value: float) -> str:
    """Format a number with three significant digits and thousands separators."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def machine(stored: list[dict[str, Any]]) -> str:
    """Return a chapter about the date, machine and versions of the stored results."""
    merged: dict[str, list[str]] = {}
    for data in stored:
        for name, value in data["circumstances"].items():
            if str(value) not in merged.setdefault(name, []):
                merged[name].append(str(value))
    day = dt.date.fromisoformat(max(data["at"] for data in stored)[:10])
    rows = [["measured", f"{day:%B %-d, %Y}"], *[[name, ", ".join(values)] for name, values in merged.items()]]
    return "## The machine\n\n" + as_table(["what", "which"], rows)
