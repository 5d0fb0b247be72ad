"""How late releases were: a histogram that days keep, that periods add up, and that has the percentiles.

Percentiles of days cannot be averaged; histograms can be added. Each bucket is a tenth wider than the one before, so
that a percentile is at most a tenth too high, from a millisecond to years, in some 250 buckets.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping

SHORTEST = 0.001
STEP = 1.1


def bucket(seconds: float) -> int:
    """The number of the bucket for that lateness; 0 for a millisecond and less."""
    return max(0, math.ceil(math.log(seconds / SHORTEST, STEP))) if seconds > SHORTEST else 0


def edge(number: int) -> float:
    """The longest lateness, in seconds, that falls into bucket `number`."""
    return float(SHORTEST * STEP**number)


def added(histograms: Iterable[Mapping[str, int]]) -> Counter[int]:
    """The sum of histograms as JSON keeps them, with their bucket numbers as text."""
    total: Counter[int] = Counter()
    for histogram in histograms:
        for number, cases in histogram.items():
            total[int(number)] += cases
    return total


def percentile(histogram: Mapping[int, int], share: float) -> float | None:
    """The lateness in seconds that `share` (0 to 1) of the cases did not exceed. None without cases."""
    wanted = share * sum(histogram.values())
    reached = 0
    for number in sorted(histogram):
        reached += histogram[number]
        if reached >= wanted:
            return edge(number)
    return None
