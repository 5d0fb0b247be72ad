"""Bulk operations during a fault: over cases of their own, far from any wave, or over those of the load."""

import datetime as dt
import time
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tests.chaos.run import Run

if TYPE_CHECKING:
    from cases.models import BulkRun

# Several batches.
CASES = 2500
SHIFT = 3
# The lease of a dead worker, a sweep, and the work.
PATIENCE = 120.0


def started_shift() -> "BulkRun":
    """Start a run that shifts CASES new cases of a new technician."""
    return start(previewed_shift())


def start(run: "BulkRun") -> "BulkRun":
    """Start the previewed run."""
    from cases.releases import bulk

    return bulk.start(by=run.by, run=run)


def previewed_shift(keys: list[int] | None = None) -> "BulkRun":
    """Preview a shift of these cases, or of CASES new ones of a new technician."""
    from cases.models import Case
    from cases.releases import bulk

    keys = keys or _new_cases()
    technician = Case.objects.select_related("assigned_to").get(pk=keys[0]).assigned_to
    assert technician
    return bulk.preview(by=technician, action="shift", keys=keys, parameters=bulk.Parameters(days=SHIFT))


def started_hand_over(keys: list[int]) -> "BulkRun":
    """Start a run that hands these cases over. Their dates stay."""
    from cases.releases import bulk
    from tests.factories import UserFactory

    administrator, to = UserFactory(role="administrator"), UserFactory(role="technician", password="x")
    chosen = bulk.Parameters(technician=to.pk)
    return start(bulk.preview(by=administrator, action="hand_over", keys=keys, parameters=chosen, reason="Chaos"))


def wait_until_done(run: Run, runs: Iterable["BulkRun"]) -> None:
    """Wait until these runs are done."""
    for one in runs:
        run.until("a bulk operation is done", lambda one=one: _is_done(one), seconds=PATIENCE)  # type: ignore[misc]


def judge_runs(run: Run, runs: list["BulkRun"], *, kind: str) -> None:
    """Require that each row was done once or not at all, and that it says which. `kind` is the kind of its event."""
    from cases.models import BulkRow, CaseEvent

    for one in runs:
        one.refresh_from_db()
        rows = dict(BulkRow.objects.filter(run=one, verdict="will").values_list("case_id", "result"))
        events = Counter(CaseEvent.objects.filter(bulk_run=one, kind=kind).values_list("case_id", flat=True))
        changed = {pk for pk, result in rows.items() if result == "done"}
        run.require("bulk rows without a result", sum(not result for result in rows.values()))
        run.require("bulk rows done twice", sum(count - 1 for count in events.values()))
        run.require("bulk rows done and not in the history", len(changed - events.keys()))
        run.require("bulk rows in the history and not done", len(events.keys() - changed))
        run.require("bulk counts that disagree", int((one.worked, one.changed) != (len(rows), len(changed))))
    run.note("bulk rows", [Counter(one.rows.values_list("result", flat=True)) for one in runs])


def judge_shifts(run: Run, runs: list["BulkRun"]) -> None:
    """Require that all cases of these runs were shifted once, by whichever run."""
    from cases.models import Case

    judge_runs(run, runs, kind="rescheduled")
    keys = {key for one in runs for key in one.rows.values_list("case_id", flat=True)}
    days = Case.objects.filter(pk__in=keys).values_list("scheduled_release_date", flat=True)
    first = _first_day()
    run.require("bulk cases that were not shifted once", sum((day - first).days % 7 != SHIFT for day in days if day))


def _first_day() -> dt.date:
    """A day far ahead. All new cases are on it, or full weeks later."""
    return dt.datetime.fromtimestamp(time.time(), tz=dt.UTC).date().replace(day=1) + dt.timedelta(days=62)


def _new_cases() -> list[int]:
    from cases.models import Case
    from tests.factories import CaseFactory, UserFactory

    member, technician = UserFactory(), UserFactory(role="technician")
    rows = Case.objects.bulk_create(
        CaseFactory.build(
            scheduled=True,
            member=member,
            assigned_to=technician,
            scheduled_release_date=_first_day() + dt.timedelta(weeks=number % 5),
        )
        for number in range(CASES)
    )
    return [row.pk for row in rows]


def _is_done(run: "BulkRun") -> bool:
    from django.db import OperationalError, connection

    try:
        run.refresh_from_db()
    except OperationalError:
        connection.close()  # the fault may be the database's
        return False
    return run.state == "done"
