"""Cases that a condition holds back until after their instant."""

import signal
import subprocess
import sys
import time

from tests.chaos.load import PlannedCase
from tests.chaos.registry import fault
from tests.chaos.run import Run

HELD = 5
# Seconds before a wave in which conditions are added.
AHEAD = 3.0
# Dies when everything is committed and the first worker would be woken.
MEET_AND_DIE = """
import os, signal, sys
import django; django.setup()
from django.db import transaction
from cases import releases
from cases.delivery import celery_publisher
from cases.models import Condition
celery_publisher.publish_wake_up = lambda **message: os.kill(os.getpid(), signal.SIGKILL)
with transaction.atomic():
    for condition in Condition.objects.filter(pk__in=sys.argv[1:]).select_related("case__assigned_to").order_by("case"):
        releases.meet_condition(condition=condition, by=condition.case.assigned_to, source="web")
"""


@fault("conditions", works_meanwhile=True, small=True)
def killed_between_condition_and_wake_up(run: Run) -> None:
    """The last conditions of some cases are met after their instant, and the process that met them is killed before it
    wakes a worker."""
    wave = run.next_wave(ahead=AHEAD)
    held = [case for case in run.load.cases.values() if case.instant == wave][:HELD]
    conditions = [_add_condition(case) for case in held]
    run.require("conditions that came too late to hold a case", max(0, round(time.time() - wave)))
    time.sleep(max(0.0, wave + 1 - time.time()))
    with run.on():
        command = [sys.executable, "-c", MEET_AND_DIE, *map(str, conditions)]
        died_of = -subprocess.run(command, check=False).returncode
        for case in held:
            case.known = time.time()
    run.require("processes that were not killed", 0 if died_of == signal.SIGKILL else 1)
    run.note("cases held by a condition", len(held))


def _add_condition(case: PlannedCase) -> int:
    from cases import releases
    from cases.models import Case

    row = Case.objects.get(pk=case.pk)
    assert row.assigned_to
    condition = releases.add_condition(
        case=row, by=row.assigned_to, source="web", kind="manual", name="Payment received"
    )
    return int(condition.pk)
