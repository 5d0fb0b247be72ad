"""All releases are stopped, and started again."""

import datetime as dt
import time
from typing import Any

from tests.chaos.load import PlannedCase, wall_clock
from tests.chaos.registry import fault
from tests.chaos.run import Run

HOUR = 3600.0
# One in this many cases that are pending when releases are stopped becomes due within the hour before they are started.
EVERY = 3


@fault("stop", window=15, small=True, excuses_looks=True)
def stop_lifted_after_an_hour(run: Run) -> None:
    """All releases are stopped shortly before a wave. When they are started again, the waves since then are due, and so
    are cases from a whole hour before. Nothing is released in between, not even for a member who visits."""
    run.next_wave(ahead=0.2)
    with run.on():
        stopped = _stop()
        run.note("cases due for up to an hour", _let_an_hour_pass(run, stopped))
        run.wait(run.fault.window)
        run.require("released while stopped", _released_since(run, stopped))
        _start()


def _stop() -> dt.datetime:
    from cases import releases

    return releases.stop_releases(by="chaos", source="command", reason="A fault of the chaos run.").at


def _start() -> None:
    from cases import releases

    releases.start_releases(by="chaos", source="command")


def _let_an_hour_pass(run: Run, stopped: dt.datetime) -> int:
    """Have some pending cases become due at moments of the last hour, as if releases had been stopped for so long."""
    from cases.models import Case

    completing = set(run.load.to_complete)
    pending = Case.objects.filter(pk__in=run.load.cases.keys() - completing, actual_release_date=None)
    keys = sorted(pending.values_list("pk", flat=True))[::EVERY]
    for number, pk in enumerate(keys):
        _make_due(run.load.cases[pk], stopped.timestamp() - HOUR * number / len(keys), Case.objects)
    return len(keys)


def _make_due(case: PlannedCase, instant: float, cases: Any) -> None:
    wanted = wall_clock(float(int(instant)))
    cases.filter(pk=case.pk).update(scheduled_release_date=wanted.date(), scheduled_release_time=wanted.time())
    case.instant, case.known = float(int(instant)), time.time()


def _released_since(run: Run, stopped: dt.datetime) -> int:
    from cases.models import CaseEvent

    return CaseEvent.objects.filter(case__in=list(run.load.cases), kind="released", at__gt=stopped).count()
