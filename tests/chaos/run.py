"""Run a fault from beginning to end: load, watchers, the fault itself, remaining work, verdict."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.load import Load, make_load
from tests.chaos.observations import collect
from tests.chaos.plan import SLACK, Plan
from tests.chaos.recalls import judge_recalls
from tests.chaos.registry import Fault
from tests.chaos.results import failed_tasks, result_of, work_done
from tests.chaos.stack import Stack
from tests.chaos.technicians import Technicians
from tests.chaos.verdict import Rule, judge
from tests.chaos.watchers import Lookers, Observer

# Seconds in which the rows of a load are written.
LOADING = 2.0
# After the last allowance: a dead sender's lease (31 s), a back-off (30 s and a quarter), a sweep.
MAIL_PATIENCE = 90.0
# Seconds to wait for late and double results after everything seems done.
SETTLING = 2.0
# Key of a result with the log of each service. Kept only if a requirement is broken.
LOGS = "logs"


@dataclass
class Run:
    """What a fault's body gets: the stack, the load, and `on` to mark when the fault is active.

    The fault locks rows of `excused_members`, so their page may lack a case. The mail server refuses mail for the
    `refused` addresses. It has `recalled` cases: when, in seconds since the epoch, by their ids.
    """

    fault: Fault
    stack: Stack
    plan: Plan
    load: Load
    begin: float = 0.0
    end: float = 0.0
    notes: dict[str, Any] = field(default_factory=dict)
    own_requirements: list[tuple[str, int, int]] = field(default_factory=list)
    excused_members: set[int] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    recalled: dict[int, float] = field(default_factory=dict)

    @contextmanager
    def on(self) -> Iterator[None]:
        """Mark the fault as active in this block."""
        self.begin = self.begin or time.time()
        yield
        self.end = time.time()

    def wait(self, seconds: float) -> None:
        """Wait while the fault lasts."""
        time.sleep(seconds)

    def next_wave(self, *, ahead: float = 0.5) -> float:
        """Wait until shortly before the next wave. Return its instant (seconds since the epoch)."""
        instant = next(wave for wave in (*self.plan.waves, self.plan.last) if wave > time.time() + ahead)
        time.sleep(max(0.0, instant - ahead - time.time()))
        return float(instant)

    def until(self, what: str, holds: Callable[[], bool], *, seconds: float = 30.0) -> None:
        """Wait until `holds`. TimeoutError if it does not."""
        ends = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > ends:
                raise TimeoutError(f"Not within {seconds} s: {what}")
            time.sleep(0.01)

    def kill_and_wait(self, name: str) -> None:
        """Kill a service and its children with SIGKILL. Wait until the supervisor has it back."""
        self.stack.kill(name)
        self.stack.supervisor.back(name)

    def tasks_failed(self, logs: Counter[str]) -> int:
        """Return how many tasks have failed since `logs` (Stack.log_sizes)."""
        return sum(sum(errors.values()) for errors in failed_tasks(self.stack.logs_since(logs)).values())

    def note(self, name: str, value: object) -> None:
        """Add a figure to the report."""
        self.notes[name] = value

    def require(self, name: str, count: int, *, at_most: int = 0) -> None:
        """Add a requirement of this fault: a count and its maximum."""
        self.own_requirements.append((name, count, at_most))

    @property
    def rule(self) -> Rule:
        """Return the rule of the fault, with the times so far."""
        return Rule(
            begin=self.begin,
            end=self.end,
            allowance=self.fault.allowance or self.plan.scale.sweep_interval + SLACK,
            doubles_at_most=self.fault.doubles_at_most,
            works_meanwhile=self.fault.works_meanwhile,
            excuses_looks=self.fault.excuses_looks,
            excused_members=frozenset(self.excused_members),
            refused=frozenset(self.refused),
        )


def run_fault(fault: Fault, stack: Stack) -> dict[str, Any]:
    """Run a fault and return the result as it is stored. An error in the harness is a broken requirement, too."""
    plan = Plan.of(stack.scale, fault, start=_start(fault, stack))
    run = Run(fault, stack, plan, make_load(fault.name, plan))
    observer = Observer(stack.database, run.load)
    lookers = Lookers(run.load, stack.web_url, stack.scale.look_every)
    technicians = Technicians(run.load, stack.web_url)
    restarts, logs = Counter(stack.supervisor.restarts), stack.log_sizes()
    with observer.watching(), lookers.looking():
        technicians.start()
        time.sleep(max(0.0, plan.begin - time.time()))
        error = _let_it_happen(run)
        technicians.wait()
        settled = _wait_until_done(run)
    found = collect(run.load, seen=observer.seen, looks=lookers.looks, mails=stack.mail.mails())
    verdict = judge(found.without(run.recalled), run.rule)
    if run.recalled:
        judge_recalls(verdict, found, run.recalled, run.rule)
    for name, count, at_most in run.own_requirements:
        verdict.count(name, range(count), at_most=at_most)
    verdict.count("errors of the harness", [error] if error else [])
    return result_of(run, verdict, found) | {
        "technicians": work_done(technicians.work),
        "settled_after_s": round(settled - run.end, 1),
        "restarts": dict(stack.supervisor.restarts - restarts),
        "tasks_failed": failed_tasks(stack.logs_since(logs)),
        "database_unanswered": observer.unanswered,
        LOGS: stack.logs_since(logs),
    }


def _start(fault: Fault, stack: Stack) -> float:
    """Return when the plan starts: soon, or in time for the fault to begin at its date."""
    if fault.begins_at is None:
        return time.time() + LOADING
    start = fault.begins_at.timestamp() - (stack.scale.lead if fault.lead is None else fault.lead)
    if time.time() > start - LOADING:
        raise RuntimeError(f"{fault.name}: the stack was not ready in time.")
    time.sleep(start - LOADING - time.time())
    return start


def _let_it_happen(run: Run) -> str:
    try:
        run.fault.body(run)
    except Exception as error:  # noqa: BLE001 - the other faults are to run, and this one to be told
        return f"{type(error).__name__}: {error}"
    finally:
        run.begin = run.begin or run.plan.begin
        run.end = run.end or time.time()
    return ""


def _wait_until_done(run: Run) -> float:
    """Wait until everything is released and sent, or should have been. Return the time."""
    from django.db import connection

    connection.close()  # the fault may have been the database's
    latest = max([run.end, run.plan.last, *(case.instant for case in run.load.cases.values())])
    ends = latest + run.rule.allowance + MAIL_PATIENCE
    while time.time() < ends and _is_open(run.load, run.recalled):
        time.sleep(0.3)
    done = time.time()
    time.sleep(SETTLING)
    return done


def _is_open(load: Load, recalled: Iterable[int]) -> bool:
    from cases.models import Case, OutgoingEmail

    first, last = min(load.cases), max(load.cases)
    pending = Case.objects.filter(pk__gte=first, pk__lte=last, actual_release_date=None)
    unsent = OutgoingEmail.objects.filter(case__gte=first, case__lte=last, state__in=["waiting", "sending"])
    return pending.exclude(pk__in=recalled).exists() or unsent.exists()
