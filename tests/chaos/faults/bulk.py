"""Bulk operations whose worker, broker or database goes away, and those that meet each other or a wave."""

from tests.chaos.bulk_runs import (
    judge_runs,
    judge_shifts,
    previewed_shift,
    start,
    started_hand_over,
    started_shift,
    wait_until_done,
)
from tests.chaos.registry import RECONNECT, fault
from tests.chaos.run import Run

# Readers continue. A batch has changed its cases, and waits to write the results of its rows.
LOCK_ROWS = "LOCK TABLE cases_bulkrow IN SHARE MODE"
TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mail'"
MAIL_PROCESSES = 2


@fault("bulk", works_meanwhile=True, window=30, doubles_at_most=2 * MAIL_PROCESSES)
def bulk_worker_killed(run: Run) -> None:
    """The worker of a bulk operation is killed in the middle of a batch, and so is the one that takes over."""
    database = run.stack.database
    with run.on():
        one = started_shift()
        for _ in range(2):
            with database.holding(LOCK_ROWS):
                run.until("a batch writes its results", lambda: database.waits_for_lock("mail"), seconds=60)
                run.stack.kill("mail")
            run.stack.supervisor.back("mail")
        wait_until_done(run, [one])
    judge_shifts(run, [one])


@fault("bulk", window=15, allowance=RECONNECT)
def redis_away_during_bulk(run: Run) -> None:
    """One bulk operation is started just before Redis goes down, and another while it is down. Redis comes back ten
    seconds later."""
    with run.on():
        before = started_shift()
        with run.stack.redis.away():
            meanwhile = started_shift()
            run.wait(10)
        wait_until_done(run, [before, meanwhile])
    judge_shifts(run, [before, meanwhile])


@fault("bulk", excuses_looks=True)
def database_lost_during_bulk(run: Run) -> None:
    """Three times, the worker's connections to the database are terminated while a bulk operation is in the middle of a
    batch."""
    database = run.stack.database
    with run.on():
        one = started_shift()
        for _ in range(3):
            with database.holding(LOCK_ROWS), database.connect() as connection:
                run.until("a batch writes its results", lambda: database.waits_for_lock("mail"))
                connection.execute(TERMINATE)
        wait_until_done(run, [one])
    judge_shifts(run, [one])


@fault("bulk", works_meanwhile=True, small=True)
def two_bulk_runs_over_the_same_cases(run: Run) -> None:
    """Two bulk operations over the same cases, both previewed beforehand, are started together."""
    first = previewed_shift()
    second = previewed_shift(list(first.rows.values_list("case_id", flat=True)))
    with run.on():
        start(first)
        start(second)
        wait_until_done(run, [first, second])
    judge_shifts(run, [first, second])


@fault("bulk", works_meanwhile=True, doubles_at_most=MAIL_PROCESSES)
def bulk_run_meets_a_wave(run: Run) -> None:
    """A bulk operation hands over all scheduled cases of the load while they are being released, and its worker is
    killed at the instant of a wave."""
    run.next_wave(ahead=0.5)
    scheduled = [case.pk for case in run.load.cases.values() if case.instant]
    with run.on():
        one = started_hand_over(scheduled)
        run.next_wave(ahead=0)
        run.kill_and_wait("mail")
        wait_until_done(run, [one])
    judge_runs(run, [one], kind="handed_over")
