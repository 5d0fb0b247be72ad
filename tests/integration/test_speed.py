"""Small runs of the benchmark's sections on waves and single releases: counts and generous ratios, never times."""

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.utils import timezone

from cases import releases
from tests.bench import after, cost, wave
from tests.bench.handwritten_baseline import release_by_hand
from tests.bench.servers import Servers
from tests.bench.wave_setup import WaveSetup
from tests.integration.processes import LocalRedis

pytestmark = [pytest.mark.integration, pytest.mark.postgresql]

LONG_AGO = 60


@pytest.fixture
def servers(tmp_path: Path, redis: LocalRedis, process_env: dict[str, str]) -> Iterator[Servers]:
    """What the benchmark needs, from the test's own database and Redis."""
    with ExitStack() as stack:
        yield Servers(tmp_path, redis, process_env, stack)


@pytest.fixture
def wave_setup(servers: Servers) -> Iterator[WaveSetup]:
    made = WaveSetup(servers.environment["DATABASE_URL"])
    yield made
    made.close()


def test_a_wave_is_released_by_a_worker_and_by_hand_with_all_its_rows(servers):
    # Watching raises an error for a case that came early, late or without its rows.
    measured = wave.waves(servers, (1_000,), rounds=1, ways=(wave.PLAIN, wave.TWO))
    assert [len(runs) for runs in measured.values()] == [1, 1]
    alike = {(way.name, 1_000): measured[wave.TWO.name, 1_000] for way in (wave.ONE, wave.PLAIN_TWICE)}
    said = wave.section(measured | alike, (1_000,), [])
    assert all(figure.value > 0 for figure in said.figures)


def test_the_verb_keeps_up_with_the_same_statements_by_hand(servers, wave_setup):
    def by_hand() -> int:
        with psycopg.connect(servers.environment["DATABASE_URL"]) as connection:
            return release_by_hand(connection, settings.RELEASE_BATCH_SIZE, timezone.now().replace(tzinfo=None))

    def ours() -> int:
        return len(releases.release_due(by="test", source="sweep").released)

    seconds: dict[str, list[float]] = {"by hand": [], "ours": []}
    for way, release in [("by hand", by_hand), ("ours", ours)] * 4:
        wave_setup.fill(4_000, time.time() - LONG_AGO)
        started = time.perf_counter()
        assert release() == 4_000
        seconds[way].append(time.perf_counter() - started)
    medians = {way: statistics.median(times) for way, times in seconds.items()}
    assert medians["by hand"] / medians["ours"] > 0.4, seconds


def test_one_bad_row_costs_a_few_batches_whatever_is_bad_about_it(servers, wave_setup):
    seconds = after.seconds_a_batch(wave_setup, servers.environment["DATABASE_URL"], rounds=1)
    clean = seconds.pop(after.CLEAN)[0]
    assert len(seconds) == len(after.POISONS) == 4
    for poison, (took,) in seconds.items():
        assert took / clean < 15, poison


def test_what_is_metered_adds_up(servers, wave_setup):
    assert cost.statements_of_wave(wave_setup, 4_000) / 4_000 < 0.25
    assert cost.statements_of_one(wave_setup) <= 20
    spent = cost.metered(servers, wave_setup, 1_000, 3, idle_seconds=1)
    for of_all in spent.values():
        assert of_all.wire > 0
        assert 0 < of_all.worker + of_all.database < of_all.seconds * 4
