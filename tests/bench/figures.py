"""Results of a measurement: figures with goals, tables and charts. The report is written from these."""

import argparse
import dataclasses
import datetime as dt
import json
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.machine import ROOT, circumstances

RESULTS = ROOT / "var" / "bench"
SECTIONS = ("wave", "single", "stream", "pending", "lists", "bell", "bulk", "mail", "web", "after", "cost")


@dataclass(frozen=True)
class Figure:
    """One measured value, with its `goal` and whether it was `met`. Without a goal both are empty."""

    name: str
    value: float
    unit: str
    goal: str = ""
    met: bool | None = None


@dataclass(frozen=True)
class Table:
    """Rows of text and numbers with a title."""

    title: str
    head: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Chart:
    """Bars with labels. `logarithmic` if they differ by more than a factor of ten."""

    title: str
    unit: str
    bars: dict[str, float]
    logarithmic: bool = False


@dataclass(frozen=True)
class Section:
    """One chapter of the report. `text` says what was done and how it was measured."""

    key: str
    title: str
    text: str
    figures: list[Figure]
    tables: list[Table] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)

    def as_lines(self) -> str:
        """Return the section as lines for the terminal."""
        lines = [f"== {self.title}"]
        for figure in self.figures:
            verdict = "" if figure.met is None else ("met" if figure.met else "NOT MET")
            lines.append(f"  {figure.name}: {figure.value:,.3g} {figure.unit}   {figure.goal} {verdict}".rstrip())
        for table in self.tables:
            lines += [f"  -- {table.title}", *("  " + " | ".join(row) for row in [table.head, *table.rows])]
        return "\n".join(lines)


def at_most(name: str, value: float, unit: str, limit: float) -> Figure:
    """Return a figure whose goal is an upper bound."""
    return Figure(name, value, unit, f"≤ {limit:g} {unit}".strip(), value <= limit)


def at_least(name: str, value: float, unit: str, limit: float) -> Figure:
    """Return a figure whose goal is a lower bound."""
    return Figure(name, value, unit, f"≥ {limit:g} {unit}".strip(), value >= limit)


def percentile(values: list[float], share: float) -> float:
    """Return the smallest of `values` that at least `share` (0 to 1) of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def standalone(measure: Callable[..., Section]) -> None:
    """Run a section from the command line (`--small`: a quick run), print it and store it in var/bench."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--small", action="store_true", help="a quick run: its ratios mean something, its times do not")
    small = parser.parse_args().small
    begun = time.monotonic()
    section = measure(small=small)
    store(section, RESULTS / "small" if small else RESULTS, seconds=time.monotonic() - begun)
    print(section.as_lines())  # noqa: T201


def store(section: Section, directory: Path, *, seconds: float) -> None:
    """Store `section`, its duration and the machine, for the report."""
    directory.mkdir(parents=True, exist_ok=True)
    at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    stored = dataclasses.asdict(section) | {"circumstances": circumstances(), "at": at, "seconds": round(seconds, 1)}
    (directory / f"{section.key}.json").write_text(json.dumps(stored, indent=1))
