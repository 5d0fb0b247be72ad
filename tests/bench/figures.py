"""What a measurement says: figures against their goals, tables and charts. The report is written from these alone."""

import argparse
import dataclasses
import datetime as dt
import json
import math
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.services import postgres_binary, redis_binary

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "var" / "bench"
SECTIONS = ("wave", "single", "pending", "mail", "web", "after", "cost")


@dataclass(frozen=True)
class Figure:
    """One measured value. `goal` says what was wanted and `met` whether it was; without a goal both are empty."""

    name: str
    value: float
    unit: str
    goal: str = ""
    met: bool | None = None


@dataclass(frozen=True)
class Table:
    """Rows of words and numbers under a title."""

    title: str
    head: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Chart:
    """Bars, one a label; `logarithmic` where they differ by more than tenfold."""

    title: str
    unit: str
    bars: dict[str, float]
    logarithmic: bool = False


@dataclass(frozen=True)
class Section:
    """One chapter of the report. `text` says in a few sentences what was done and how it was looked at."""

    key: str
    title: str
    text: str
    figures: list[Figure]
    tables: list[Table] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)

    def as_lines(self) -> str:
        """For the terminal."""
        lines = [f"== {self.title}"]
        for figure in self.figures:
            verdict = "" if figure.met is None else ("met" if figure.met else "NOT MET")
            lines.append(f"  {figure.name}: {figure.value:,.3g} {figure.unit}   {figure.goal} {verdict}".rstrip())
        for table in self.tables:
            lines += [f"  -- {table.title}", *("  " + " | ".join(row) for row in [table.head, *table.rows])]
        return "\n".join(lines)


def at_most(name: str, value: float, unit: str, limit: float) -> Figure:
    """A figure whose goal is an upper bound."""
    return Figure(name, value, unit, f"≤ {limit:g} {unit}".strip(), value <= limit)


def at_least(name: str, value: float, unit: str, limit: float) -> Figure:
    """A figure whose goal is a lower bound."""
    return Figure(name, value, unit, f"≥ {limit:g} {unit}".strip(), value >= limit)


def percentile(values: list[float], share: float) -> float:
    """The smallest of `values` that at least `share` (0 to 1) of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def circumstances() -> dict[str, Any]:
    """Machine and versions, for the head of the report."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout
    changed = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True).stdout
    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    packages = ("Django", "celery", "kombu", "redis", "psycopg", "gunicorn")
    return {
        "commit": commit.strip() + (" (with changes)" if changed.strip() else ""),
        "processor": processor,
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "PostgreSQL": _version_of(postgres_binary("postgres")),
        "Redis": _version_of(redis_binary()),
        **{package: version(package) for package in packages},
    }


def _version_of(program: str) -> str:
    said = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    found = re.search(r"[\d.]{3,}", said)
    return found[0] if found else "unknown"


def standalone(measure: Callable[..., Section]) -> None:
    """The command line of one section: `--small` for a quick run. Prints the section, stores it in var/bench."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--small", action="store_true", help="a quick run: its ratios mean something, its times do not")
    small = parser.parse_args().small
    begun = time.monotonic()
    section = measure(small=small)
    store(section, RESULTS / "small" if small else RESULTS, seconds=time.monotonic() - begun)
    print(section.as_lines())  # noqa: T201


def store(section: Section, directory: Path, *, seconds: float) -> None:
    """Keeps `section`, how long it took and what it was measured on, for the report."""
    directory.mkdir(parents=True, exist_ok=True)
    at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    stored = dataclasses.asdict(section) | {"circumstances": circumstances(), "at": at, "seconds": round(seconds, 1)}
    (directory / f"{section.key}.json").write_text(json.dumps(stored, indent=1))
