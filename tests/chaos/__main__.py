"""`make chaos`: start a portal and run every fault against it, one after the other.

    python -m tests.chaos [--family FAMILY] [--small] [--seconds-of-random N] [FAULT ...]

A fault that needs its own surroundings runs in its own process, because Django reads its settings once.
"""

import argparse
import dataclasses
import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.bench.machine import ROOT, circumstances
from tests.chaos.devices import clock
from tests.chaos.plan import FULL, SMALL, Scale
from tests.chaos.registry import Fault, Surroundings, all_faults
from tests.chaos.run import LOGS, run_fault
from tests.chaos.stack import running_stack

RESULTS = ROOT / "var" / "chaos"
# Seconds that a stack may take to start on a busy machine, for a fault that begins at a date.
TIME_TO_START = 75


def main() -> int:
    """Run the faults. Return how many broke a requirement."""
    signal.signal(signal.SIGTERM, _end)
    options = _options()
    chosen = _chosen(options)
    if options.list:
        print("\n".join(f"{fault.family:12} {fault.name}: {fault.sentence}" for fault in chosen))  # noqa: T201
        return 0
    if any(fault.family == "clock" for fault in chosen) and (missing := clock.missing_tools()):
        raise SystemExit(missing)
    groups: dict[tuple[Surroundings | None, dt.datetime | None], list[Fault]] = defaultdict(list)
    for fault in chosen:
        groups[fault.surroundings, fault.begins_at].append(fault)
    scale = SMALL if options.small else FULL
    if len(groups) == 1 and (not chosen[0].begins_at or clock.is_set_off()):
        return _run_group(chosen, chosen[0].surroundings, scale)
    broken = sum(_run_elsewhere(group, options) for group in groups.values())
    if not options.small:
        subprocess.run([sys.executable, "-m", "tests.chaos.report"], cwd=ROOT, check=True)
    return broken


def _end(*_: object) -> None:
    """End every process that was started, then this one."""
    raise SystemExit("ended from outside")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faults", nargs="*", metavar="FAULT", help="all, if none is named")
    parser.add_argument("--family", help="only the faults of this family")
    parser.add_argument("--list", action="store_true", help="say what there is, and run nothing")
    parser.add_argument(
        "--small", action="store_true", help="a tenth of the load, and a few faults only if none is named"
    )
    parser.add_argument("--seconds-of-random", type=int, default=300, help="how long the random kills go on")
    return parser.parse_args()


def _chosen(options: argparse.Namespace) -> list[Fault]:
    faults = all_faults()
    if unknown := set(options.faults) - set(faults):
        raise SystemExit(f"No such fault: {', '.join(sorted(unknown))}. There are: {', '.join(faults)}.")
    chosen: Iterable[Fault] = [faults[name] for name in options.faults] or faults.values()
    if options.family:
        chosen = [fault for fault in chosen if fault.family == options.family]
    if options.small and not options.faults:
        chosen = [fault for fault in chosen if fault.small]
    return [_lasting(fault, options.seconds_of_random) for fault in chosen]


def _lasting(fault: Fault, seconds: int) -> Fault:
    """Make the random kills last as long as requested, with waves as dense as those of other faults."""
    if not fault.lasts_as_asked:
        return fault
    return dataclasses.replace(fault, window=float(seconds), waves=max(8, seconds // 8))


def _run_group(group: list[Fault], surroundings: Surroundings | None, scale: Scale) -> int:
    broken = 0
    with running_stack(scale, surroundings) as stack:
        for fault in group:
            begun = time.monotonic()
            result = run_fault(fault, stack) | {"took_s": round(time.monotonic() - begun, 1)}
            _store(result, RESULTS / "small" if scale is SMALL else RESULTS)
            _tell(result)
            broken += _is_broken(result)
    return broken


def _run_elsewhere(group: list[Fault], options: argparse.Namespace) -> int:
    arguments = ["--seconds-of-random", str(options.seconds_of_random), *(["--small"] if options.small else [])]
    names = [fault.name for fault in group]
    environment = dict(os.environ)
    if begins_at := group[0].begins_at:
        environment |= clock.set_off(begins_at.timestamp() - TIME_TO_START - time.time())
    command = [sys.executable, "-m", "tests.chaos", *arguments, *names]
    return subprocess.run(command, cwd=ROOT, env=environment).returncode


def _store(result: dict[str, Any], directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    logs = result.pop(LOGS)
    if _is_broken(result):
        for name, text in logs.items():
            (directory / f"{result['fault']}-{name}.log").write_text(text)
    stored = result | {"circumstances": circumstances(), "at": at}
    (directory / f"{result['fault']}.json").write_text(json.dumps(stored, indent=1))


def _is_broken(result: dict[str, Any]) -> bool:
    return any(not requirement["met"] for requirement in result["requirements"])


def _tell(result: dict[str, Any]) -> None:
    broken = [f"{one['name']} {one['count']}" for one in result["requirements"] if not one["met"]]
    late = result["lateness_s"]
    words = (
        f"{'BROKEN' if broken else 'held':6} {result['fault']}: {result['cases']} cases, {result['mails']} mails,"
        f" {result['looks']} looks; late p50 {late.get('p50')} s, max {late.get('max')} s"
    )
    print(words + (f"; {', '.join(broken)}" if broken else ""), flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
