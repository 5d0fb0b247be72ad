"""Write docs/reliability.md from the results in var/chaos.

python -m tests.chaos.report
"""

import datetime as dt
import json
from collections import Counter
from typing import Any

from tests.bench.charts import draw
from tests.bench.figures import Chart
from tests.bench.machine import ROOT
from tests.bench.markdown import as_table, machine, number
from tests.chaos.registry import all_faults

RESULTS = ROOT / "var" / "chaos"
DOCS = ROOT / "docs"
PAGE = DOCS / "reliability.md"

HEAD = """# Reliability

Written by `make chaos`. Every figure below comes from that run. For each fault, {cases:,} cases of {members} members
fall due in several waves before, during and after it, on a real PostgreSQL, Redis, workers, beat, web server and SMTP
server. At the same time, technicians complete a quarter of the cases through the API, {lookers} members open their page
every {every:g} seconds, and an observer with its own connection notes when each case is first seen released. Afterwards
everything is counted.

    make chaos                                     # everything, about {minutes} minutes on two cores
    make chaos FAULTS="redis_frozen two_beats"     # some faults
    .venv/bin/python -m tests.chaos --list         # what there is
    .venv/bin/python -m tests.chaos --small        # a few, with a tenth of the load; `make test` does this

A case may be late by one sweep interval ({sweep} s, plus two seconds for the sweep's own run and the observer's) after
its instant or after the end of the fault, and by 45 s where a worker must reconnect after a long outage. A member who
visits never finds it late, unless the database is down or locks that particular row. An email may be duplicated, under
the same Message-ID, only if the mail worker dies between the server's acceptance and its own record.

The faults of reminders and bounces have their own people and cases in addition to that load, and their own
requirements, which count toward "all met". No expected reminder may be lost or sent in two messages, and none may be
sent about a case that had already been released, moved, put on hold or handed over. A bounce marks an address once, and
a forged one changes nothing.
"""

COUNTS = {
    "lost": "lost",
    "early": "early",
    "late": "late",
    "twice": "released twice",
    "gaps": "history gaps",
    "mails missing": "mails missing",
    "mails doubled": "mails doubled",
    "looks late": "looks late",
    "error pages": "error pages",
}


def main() -> None:
    """Write the page and its charts."""
    stored = [json.loads(path.read_text()) for name in all_faults() if (path := RESULTS / f"{name}.json").exists()]
    families: dict[str, list[dict[str, Any]]] = {}
    for result in stored:
        families.setdefault(result["family"], []).append(result)
    parts = [_head(stored), _at_once(stored), machine(stored), _outcome(stored)]
    parts += [_family(name, results) for name, results in families.items()]
    PAGE.write_text("\n".join(parts))
    print(f"{PAGE.relative_to(ROOT)} says what became of {len(stored)} faults")  # noqa: T201


def _head(stored: list[dict[str, Any]]) -> str:
    scale = stored[0]["scale"]
    return HEAD.format(
        cases=scale["cases"],
        members=scale["members"],
        lookers=scale["lookers"],
        every=scale["look_every"],
        sweep=scale["sweep_interval"],
        minutes=round(sum(result["took_s"] for result in stored) / 60),
    )


def _outcome(stored: list[dict[str, Any]]) -> str:
    held = sum(all(one["met"] for one in result["requirements"]) for result in stored)
    total: Counter[str] = Counter()
    for result in stored:
        total.update({one["name"]: one["count"] for one in result["requirements"]})
    seen = [
        [what, f"{sum(result[key] for result in stored):,}"]
        for what, key in (("cases", "cases"), ("mails accepted", "mails"), ("looks of members", "looks"))
    ]
    counts = [[name, f"{total[name]:,}"] for name in COUNTS.values()]
    words = f"{held} of {len(stored)} faults were survived with every requirement met.\n\n"
    return "## The outcome\n\n" + words + as_table(["in all faults together", "count"], seen + counts)


def _family(name: str, results: list[dict[str, Any]]) -> str:
    head = ["fault", *COUNTS, "latest after its instant", "allowed after instant or fault", "all met"]
    parts = [f"## {name[0].upper()}{name[1:]}\n", as_table(head, [_row(result) for result in results])]
    bars = {result["fault"]: result["lateness_s"].get("max", 0.0) for result in results}
    path = DOCS / "charts" / f"chaos-{name.lower()}.svg"
    draw(Chart("The latest release, from its instant to when it was seen", "seconds", bars), path)
    parts.append(f"![The latest release of each fault]({path.relative_to(DOCS)})\n")
    parts += [_fault(result) for result in results]
    return "\n".join(parts)


def _row(result: dict[str, Any]) -> list[str]:
    counts = {one["name"]: one["count"] for one in result["requirements"]}
    met = all(one["met"] for one in result["requirements"])
    latest = f"{number(result['lateness_s'].get('max', 0.0))} s"
    allowed = f"{result['allowance_s']:g} s"
    return [f"`{result['fault']}`", *[f"{counts[name]:,}" for name in COUNTS.values()], latest, allowed, _yes(met)]


def _fault(result: dict[str, Any]) -> str:
    late = result["lateness_s"]
    sources = ", ".join(f"{source} {count:,}" for source, count in sorted(result["sources"].items()))
    told = [
        f"**`{result['fault']}`** {result['sentence']} It lasted {number(result['lasted_s'])} s.",
        f"Releases were seen after a median of {number(late['p50'])} s, 99 of 100 within {number(late['p99'])} s.",
        f"Released by {sources}.",
    ]
    told += [f"{name[0].upper()}{name[1:]}: {_in_words(value)}." for name, value in result["notes"].items()]
    told += [
        f"*Not met: {one['name']} {one['count']}*, e.g. {result['examples'].get(one['name'], [''])[0]}."
        for one in result["requirements"]
        if not one["met"]
    ]
    more = [
        f"{one['name']} {one['count']}" for one in result["requirements"] if one["count"] and one["at_most"] is None
    ]
    if more:
        told.append(f"Also counted: {', '.join(more)}.")
    return " ".join(told) + "\n"


def _in_words(value: Any) -> str:
    return ", ".join(f"{key} {count}" for key, count in value.items()) if isinstance(value, dict) else str(value)


def _at_once(stored: list[dict[str, Any]]) -> str:
    """Say if faults ran at the same time, because the machine was busier then."""
    ends = [dt.datetime.fromisoformat(result["at"]).timestamp() for result in stored]
    begun = min(end - result["took_s"] for end, result in zip(ends, stored, strict=True))
    if sum(result["took_s"] for result in stored) < 1.2 * (max(ends) - begun):
        return ""
    return "Two halves of this run went on at once, each on a portal of its own: both cores were busy all along.\n"


def _yes(met: bool) -> str:
    return "yes" if met else "**no**"


if __name__ == "__main__":
    main()
