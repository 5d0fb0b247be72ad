"""Delays double up to the longest, and vary if requested."""

import datetime as dt

from cases.db.backoff import Backoff

SECOND = dt.timedelta(seconds=1)


def test_delays_double_up_to_the_longest():
    backoff = Backoff(first=SECOND, longest=10 * SECOND)
    assert [backoff.delay(failures) / SECOND for failures in (0, 1, 2, 3, 4, 50_000)] == [1, 2, 4, 8, 10, 10]


def test_delays_vary_by_the_jitter_and_no_more():
    delays = {Backoff(first=SECOND, longest=SECOND, jitter=0.25).delay(3) for _ in range(200)}
    assert len(delays) > 100
    assert min(delays) >= 0.75 * SECOND
    assert max(delays) <= 1.25 * SECOND
