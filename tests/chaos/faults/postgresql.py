"""PostgreSQL away, hanging up, locked, in a deadlock, or full."""

import psycopg

from tests.chaos.load import PlannedCase
from tests.chaos.registry import fault
from tests.chaos.run import Run

# Two processes of each of the two workers.
WORKER_PROCESSES = 4


@fault("postgresql", excuses_looks=True)
def database_restarted(run: Run) -> None:
    """PostgreSQL is shut down cleanly during a wave, and started again."""
    _restart(run, "fast")


@fault("postgresql", excuses_looks=True)
def database_crashed(run: Run) -> None:
    """PostgreSQL crashes during a wave, and recovers from its log when it is started again."""
    _restart(run, "immediate")


@fault("postgresql", small=True, excuses_looks=True)
def connections_terminated(run: Run) -> None:
    """All connections to the database are terminated at the instant of a wave, and again at the next. No worker process
    fails more than the one task it was running."""
    logs = run.stack.log_sizes()
    with run.on():
        for _ in range(2):
            run.next_wave(ahead=0)
            run.stack.database.terminate_connections()
        run.wait(1)
    run.wait(2)
    run.require("tasks failed", run.tasks_failed(logs), at_most=2 * WORKER_PROCESSES)


@fault("postgresql", window=20)
def due_row_locked(run: Run) -> None:
    """Someone locks the row of a due case for 20 seconds: its member's page is served without it, everyone else's page
    shows their cases, and the next visit after that finds it."""
    victim = _of_the_next_wave(run, looking=True)
    run.excused_members.add(victim.member)
    with run.on(), run.stack.database.holding("SELECT id FROM cases_case WHERE id = %s FOR UPDATE", victim.pk):
        run.wait(20)


@fault("postgresql", excuses_looks=True)
def deadlock_with_a_batch(run: Run) -> None:
    """Someone locks a member and then their case while a batch has locked the case and needs the member. PostgreSQL
    breaks the deadlock, first at the expense of the batch, then at the expense of the other session."""
    before = _deadlocks(run)
    with run.on():
        batch_won = _is_victim(run, deadlock_timeout="20s")
        other_lost = _is_victim(run, deadlock_timeout="10ms")
        run.wait(1)
    run.note("deadlocks", _deadlocks(run) - before)
    run.require("deadlocks missed", int(batch_won) + int(not other_lost) + max(0, 2 - (_deadlocks(run) - before)))


@fault("postgresql", window=8, excuses_looks=True)
def disk_full(run: Run) -> None:
    """The disk is full: the history accepts no entries for eight seconds."""
    with run.on(), run.stack.database.refusing("cases_caseevent"):
        run.wait(8)


def _restart(run: Run, mode: str) -> None:
    run.next_wave(ahead=0.2)
    with run.on(), run.stack.database.away(mode):
        run.wait(2)


def _is_victim(run: Run, *, deadlock_timeout: str) -> bool:
    """Lock in the opposite order of a batch. Return whether this session was the victim of the deadlock.

    A session that has waited for `deadlock_timeout` looks for a deadlock and becomes its victim. A batch looks after a
    second.
    """
    victim = _of_the_next_wave(run, looking=False)
    database = run.stack.database
    with database.holding("SELECT id FROM cases_user WHERE id = %s FOR UPDATE", victim.member) as connection:
        connection.execute(f"SET LOCAL deadlock_timeout = '{deadlock_timeout}'")
        run.until("a batch needs the member", lambda: database.waits_for_lock("releases"))
        try:
            connection.execute("SELECT id FROM cases_case WHERE id = %s FOR UPDATE", [victim.pk])
        except psycopg.errors.DeadlockDetected:
            return True
    return False


def _of_the_next_wave(run: Run, *, looking: bool) -> PlannedCase:
    """A case of someone who looks, or does not, due in a moment."""
    soon = run.next_wave(ahead=0.3)
    return next(
        case
        for case in run.load.cases.values()
        if case.instant == soon and (case.member in run.load.sessions) == looking
    )


def _deadlocks(run: Run) -> int:
    """Return how many deadlocks PostgreSQL has broken so far."""
    with run.stack.database.connect() as connection:
        (count,) = connection.execute("SELECT sum(deadlocks)::int FROM pg_stat_database").fetchone() or (0,)
    return int(count)
