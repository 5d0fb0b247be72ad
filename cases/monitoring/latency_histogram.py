"""A histogram of how late releases were. Days store it, periods add it up and read percentiles from it.

Percentiles of days cannot be averaged, but histograms can be added. Each bucket is a tenth wider than the one before,
so a percentile is at most a tenth too high, from a millisecond to years, in about 250 buckets.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping

FIRST_BOUND = 0.001  # seconds
GROWTH = 1.1


def bucket_of(seconds: float) -> int:
    """Return the number of the bucket for that lateness; 0 for a millisecond and less."""
    return max(0, math.ceil(math.log(seconds / FIRST_BOUND, GROWTH))) if seconds > FIRST_BOUND else 0


def upper_bound(number: int) -> float:
    """Return the longest lateness, in seconds, that falls into bucket `number`."""
    return float(FIRST_BOUND * GROWTH**number)


def merge(histograms: Iterable[Mapping[str, int]]) -> Counter[int]:
    """Add up histograms as JSON stores them, with the bucket numbers as text."""
    total: Counter[int] = Counter()
    for histogram in histograms:
        for number, cases in histogram.items():
            total[int(number)] += cases
    return total


def percentile(histogram: Mapping[int, int], share: float) -> float | None:
    """Return the lateness in seconds that `share` (0 to 1) of the cases did not exceed, or None without cases."""
    target = share * sum(histogram.values())
    reached = 0
    for number in sorted(histogram):
        reached += histogram[number]
        if reached >= target:
            return upper_bound(number)
    return None
