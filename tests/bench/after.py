"""After a wave: how soon the worker is free again, and the cost of one row that the database refuses.

python -m tests.bench.after [--small]
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.bench.figures import Chart, Figure, Section, Table, at_most, standalone
from tests.bench.servers import Servers, start_servers
from tests.bench.wave_setup import ReleaseQueue, WaveSetup, arm, warm_up
from tests.truncation import truncate

TEXT = """
The first part uses the wave of the first section: a worker with two processes holds its wake-ups and releases it. The
worker is free when its Redis queue has no waiting and no unacknowledged message, so every wake-up has run. The second
part measures one call of the releasing verb for a batch of 2,000 due cases, in turns clean and with one bad row in
the middle. Time ends when all other cases are released and the bad one shows its error. Figures are medians of the
runs.
""".strip().replace("\n", " ")

WAVE, BATCH = 10_000, 2_000
CLEAN = "clean"
A_MINUTE = 60  # how long the cases of a batch have been due

REFUSE = """
CREATE FUNCTION bench_poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {action} END $$;
CREATE TRIGGER bench_poison BEFORE INSERT ON {table} FOR EACH ROW WHEN (NEW.case_id = {case})
    EXECUTE FUNCTION bench_poison();
"""
# Statements that make the database refuse a case, and that undo it. {case} is its key.
POISONS = {
    "a trigger refuses the history row": REFUSE.replace("{table}", "cases_caseevent").replace(
        "{action}", "RAISE EXCEPTION 'refused';"
    ),
    "the email row exists already": """
        INSERT INTO cases_outgoingemail (case_id, kind, release_number, recipient_id, address, state, message_id,
            attempts, next_try, last_error, created)
        SELECT id, 'released', 1, member_id, '', 'dropped', '', 0, now(), '', now() FROM cases_case WHERE id = {case}
    """,
    "a foreign key: the email row points to nobody": REFUSE.replace("{table}", "cases_outgoingemail").replace(
        "{action}", "NEW.recipient_id := -1; RETURN NEW;"
    ),
    "the member's row is gone": """
        SET session_replication_role = replica;
        UPDATE cases_case SET member_id = -1 WHERE id = {case};
        SET session_replication_role = DEFAULT
    """,
}
CURE = f"DROP FUNCTION IF EXISTS bench_poison CASCADE; {truncate('cases_case')}"


def measure(*, small: bool) -> Section:
    """Measure waves, then alternate between clean batches and batches with a bad row."""
    rounds = 2 if small else 5
    with start_servers(LOG_LEVEL="CRITICAL") as servers:
        setup = WaveSetup(servers.environment["DATABASE_URL"])
        servers.stack.callback(setup.close)
        freed = seconds_until_free(servers, setup, cases=1_000 if small else WAVE, rounds=rounds)
        batches = seconds_a_batch(setup, servers.environment["DATABASE_URL"], rounds=rounds)
    return section(freed, batches)


def seconds_until_free(servers: Servers, setup: WaveSetup, *, cases: int, rounds: int) -> list[float]:
    """Return, for each wave, the seconds from its instant until the worker had run every wake-up."""
    queue = ReleaseQueue(servers.redis.url)
    worker = servers.worker("releases", processes=2)
    warm_up(worker, queue)
    freed = []
    for _ in range(rounds):
        queue.wait_until_empty()
        instant = setup.due_together(cases, arm)
        setup.watch(instant)
        freed.append(queue.wait_until_empty() - instant)
    worker.teardown()
    return freed


def seconds_a_batch(setup: WaveSetup, url: str, *, rounds: int) -> dict[str, list[float]]:
    """Return the times of batches without a bad row and with one of each kind."""
    ways = {CLEAN: "", **POISONS}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, poison in ways.items():
            setup.fill(BATCH, time.time() - A_MINUTE)
            with _poisoned(url, poison):
                took = _release(bad=int(bool(poison)))
            if number:  # the first round warms up
                seconds[name].append(took)
    return seconds


def _release(*, bad: int) -> float:
    from cases import releases

    started = time.perf_counter()
    batch = releases.release_due(by="bench", source="sweep")
    took = time.perf_counter() - started
    if len(batch.released) != BATCH - bad or len(batch.failed) != bad:
        raise ValueError(f"{len(batch.released)} released, {len(batch.failed)} failed.")
    return took


@contextmanager
def _poisoned(url: str, poison: str) -> Iterator[None]:
    with psycopg.connect(url, autocommit=True) as hand:
        if poison:
            ids = [row[0] for row in hand.execute("SELECT id FROM cases_case ORDER BY id")]
            hand.execute(poison.replace("{case}", str(ids[len(ids) // 2])))
        yield
        hand.execute(CURE)


def section(freed: list[float], batches: dict[str, list[float]]) -> Section:
    """Return the section of the report."""
    clean = statistics.median(batches[CLEAN])
    medians = {name: statistics.median(seconds) for name, seconds in batches.items()}
    figures: list[Figure] = [at_most("The worker is free again after the instant", statistics.median(freed), "s", 1.0)]
    figures += [
        at_most(f"One bad row in {BATCH:,}, {name}: times a clean batch", median / clean, "", 5)
        for name, median in medians.items()
        if name != CLEAN
    ]
    rows = [[name, f"{median * 1000:.0f}", f"{max(batches[name]) * 1000:.0f}"] for name, median in medians.items()]
    table = Table(f"Milliseconds for a batch of {BATCH:,}", ["batch", "median", "slowest"], rows)
    chart = Chart("A batch of 2,000 with one bad row", "ms", {name: median * 1000 for name, median in medians.items()})
    return Section("after", "After the wave", TEXT, figures, [table], [chart])


if __name__ == "__main__":
    standalone(measure)
