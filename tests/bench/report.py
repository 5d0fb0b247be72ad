"""Write docs/performance.md and docs/capacity.md from the stored sections in var/bench.

python -m tests.bench.report
"""

import json
from typing import Any

from tests.bench import capacity
from tests.bench.charts import draw
from tests.bench.figures import RESULTS, SECTIONS, Chart, Figure, Section, Table
from tests.bench.machine import ROOT
from tests.bench.markdown import as_table, machine, number

DOCS = ROOT / "docs"
PAGE = DOCS / "performance.md"
CHARTS = DOCS / "charts"
# This many goals of one section would hide the others.
MANY = 20

HEAD = """# Performance

Written by `make bench`. Every figure comes from the last run of its section. A ratio compares two things that were
measured alternately in the same run on the same machine. Look at the ratios first, because the times depend on the
machine. A goal that isn't met says **no**.

    make bench                                   # everything, about {minutes} minutes on two cores
    .venv/bin/python -m tests.bench wave mail    # some sections
    .venv/bin/python -m tests.bench --small      # a quick run of each; `make test` does this

The scripts are in `tests/bench/`, one module per section. Those for the other libraries are in `tests/bench/peers/`.
Each library is installed from PyPI into its own environment.
"""


def main() -> None:
    """Write the pages and their charts."""
    stored = [json.loads(path.read_text()) for key in SECTIONS if (path := RESULTS / f"{key}.json").exists()]
    sections = [_section(data) for data in stored]
    minutes = round(sum(data["seconds"] for data in stored) / 60)
    parts = [HEAD.format(minutes=minutes), machine(stored), _summary(sections)]
    parts += [_chapter(section) for section in sections]
    PAGE.write_text("\n".join(parts))
    print(f"{PAGE.relative_to(ROOT)} says what {len(sections)} sections measured")  # noqa: T201
    if len(sections) == len(SECTIONS):
        capacity.main()


def _section(data: dict[str, Any]) -> Section:
    return Section(
        data["key"],
        data["title"],
        data["text"],
        [Figure(**figure) for figure in data["figures"]],
        [Table(**table) for table in data["tables"]],
        [Chart(**chart) for chart in data["charts"]],
    )


def _summary(sections: list[Section]) -> str:
    rows = [row for section in sections for row in _goals_of(section)]
    met = sum(row[3] == "yes" for row in rows)
    return f"## Goals\n\n{met} of {len(rows)} are met.\n\n" + as_table(["goal", "wanted", "measured", "met"], rows)


def _goals_of(section: Section) -> list[list[str]]:
    """Return a row for each goal of the section, or one for all of them if there are many."""
    goals = [figure for figure in section.figures if figure.met is not None]
    if len(goals) > MANY:
        met = sum(bool(figure.met) for figure in goals)
        return [[f"{section.title}: goals of the chapter", f"{len(goals)}", f"{met}", _yes(met == len(goals))]]
    return [
        [figure.name, figure.goal, f"{number(figure.value)} {figure.unit}".strip(), _yes(bool(figure.met))]
        for figure in goals
    ]


def _yes(is_met: bool) -> str:
    return "yes" if is_met else "**no**"


def _chapter(section: Section) -> str:
    parts = [f"## {section.title}\n", section.text.strip() + "\n"]
    rows = [[figure.name, f"{number(figure.value)} {figure.unit}".strip(), figure.goal] for figure in section.figures]
    parts.append(as_table(["figure", "measured", "goal"], rows))
    parts += [f"{table.title}\n\n{as_table(table.head, table.rows)}" for table in section.tables]
    for position, chart in enumerate(section.charts, start=1):
        path = CHARTS / f"{section.key}-{position}.svg"
        draw(chart, path)
        parts.append(f"![{_in_words(chart)}]({path.relative_to(DOCS)})\n")
    return "\n".join(parts)


def _in_words(chart: Chart) -> str:
    return f"{chart.title}: " + ", ".join(
        f"{label} {number(value)} {chart.unit}" for label, value in chart.bars.items()
    )


if __name__ == "__main__":
    main()
