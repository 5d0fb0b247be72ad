"""Write docs/capacity.md: extrapolate the measured figures to between one and a hundred million pending cases.

python -m tests.bench.capacity
"""

import json
from dataclasses import dataclass
from pathlib import Path

from django.utils.text import capfirst

from portal.setting_registry import SETTINGS
from tests.bench.figures import RESULTS
from tests.bench.machine import ROOT
from tests.bench.markdown import as_table, number

PAGE = ROOT / "docs" / "capacity.md"

PENDING = (1_000_000, 10_000_000, 100_000_000)
DAYS_AHEAD = 90  # average distance of a schedule, at most twice that
STEPS_A_CASE = 4  # history rows: submitted, accepted, completed, released
YEARS_KEPT = 2
WINDOW_DAYS, PER_INSTANT = (
    int(SETTINGS[name].default) for name in ("RELEASE_ETA_WINDOW_DAYS", "RELEASE_ETA_PER_INSTANT")
)
GB = 1e9

TEMPLATE = Path(__file__).with_name("capacity.template.md")


@dataclass(frozen=True)
class Measured:
    """Figures of the sections by name. KeyError for a name that is missing."""

    values: dict[str, float]

    @classmethod
    def load(cls) -> "Measured":
        """Load the figures from var/bench."""
        values: dict[str, float] = {}
        for key in ("wave", "cost", "mail", "pending"):
            stored = json.loads((RESULTS / f"{key}.json").read_text())
            values |= {figure["name"]: figure["value"] for figure in stored["figures"]}
            for table in stored["tables"]:
                values |= {f"{table['title']}|{'|'.join(row[:3])}": _last_number(row) for row in table["rows"]}
        return cls(values)

    def __getitem__(self, name: str) -> float:
        found = [value for key, value in self.values.items() if key.startswith(name)]
        if not found:
            raise KeyError(name)
        return found[0]


def _last_number(row: list[str]) -> float:
    for cell in reversed(row):
        try:
            return float(cell.replace(",", ""))
        except ValueError:
            continue
    return 0.0


def main() -> None:
    """Write the page."""
    measured = Measured.load()
    wave = measured[
        "Seconds from the instant until the cases were visible, median of the runs|two worker processes|100,000"
    ]
    mails = measured["Mails a second|mail worker, two processes"]
    disk = {name: measured[f"Disk, {name}"] for name in ("case", "history row", "email row")}
    worker, broker = (measured[f"Memory, an ETA task that waits, in {place}"] for place in ("worker", "Redis"))
    minutes = WINDOW_DAYS * 24 * 60
    facts = [
        ["a wave of 100,000, two worker processes", f"{number(wave)} cases a second"],
        ["mail, two sender processes, each mail recorded on its own", f"{number(mails)} a second"],
        *[[f"disk, {name} with its indexes", f"{number(size)} bytes"] for name, size in disk.items()],
        ["an ETA task that waits", f"{number(worker)} bytes in a worker, {number(broker)} in Redis"],
    ]
    PAGE.write_text(
        TEMPLATE.read_text().format(
            measured=as_table(["what", "measured"], [[capfirst(what), value] for what, value in facts]),
            table=as_table(["pending", *(f"{pending:,}" for pending in PENDING)], _rows(wave, mails, disk)),
            days=DAYS_AHEAD,
            steps=STEPS_A_CASE,
            years=YEARS_KEPT,
            window=WINDOW_DAYS,
            midnights=WINDOW_DAYS,
            tasks_midnights=WINDOW_DAYS * PER_INSTANT,
            minutes=minutes,
            tasks_minutes=minutes * PER_INSTANT,
            worker_gb=number(minutes * PER_INSTANT * worker / GB),
            redis_gb=number(minutes * PER_INSTANT * broker / GB),
            counting=f"{number(measured['counting the totals at 1,000,000'])} ms at a million",
        )
    )
    print(f"{PAGE.relative_to(ROOT)} works out {PENDING[0]:,} to {PENDING[-1]:,} pending cases")  # noqa: T201


def _rows(wave: float, mails: float, disk: dict[str, float]) -> list[list[str]]:
    """Return one row for each quantity and one column for each number of pending cases."""
    due = [pending / DAYS_AHEAD for pending in PENDING]
    kept = [day * 365 * YEARS_KEPT for day in due]
    a_case = disk["case"] + STEPS_A_CASE * disk["history row"] + disk["email row"]
    return [
        ["due at a midnight", *(number(day) for day in due)],
        ["the last of them visible after", *(_duration(day / wave) for day in due)],
        ["a member who visits waits", *("not at all" for _ in due)],
        ["the last email sent after", *(_duration(day / mails) for day in due)],
        [
            "disk, GB: pending cases",
            *(number(pending * (disk["case"] + 3 * disk["history row"]) / GB) for pending in PENDING),
        ],
        [f"disk, GB: released in {YEARS_KEPT} years", *(number(cases * a_case / GB) for cases in kept)],
        ["ETA tasks held, midnights only", *(f"{WINDOW_DAYS * PER_INSTANT:,}" for _ in due)],
    ]


def _duration(seconds: float) -> str:
    return f"{number(seconds)} s" if seconds < 120 else f"{number(seconds / 60)} min"


if __name__ == "__main__":
    main()
