"""Exponential back-off: how long to wait after failures."""

import datetime as dt
import random
from dataclasses import dataclass

# The delay has reached `longest` long before this many doublings, and a larger power would overflow.
MAX_DOUBLINGS = 20


@dataclass(frozen=True)
class Backoff:
    """Delays that double from `first` up to `longest`.

    Each delay varies at random by `jitter` (a share of it), so that things that failed together are not retried
    together.
    """

    first: dt.timedelta
    longest: dt.timedelta
    jitter: float = 0.0

    def delay(self, failures: int) -> dt.timedelta:
        """Return how long to wait after a failure, given the number of failures before it."""
        doubled: dt.timedelta = self.first * 2 ** min(failures, MAX_DOUBLINGS)
        return min(doubled, self.longest) * random.uniform(1 - self.jitter, 1 + self.jitter)  # noqa: S311
