"""What work costs, for comparing it with other work of the same run."""

import time
from collections.abc import Callable


def seconds_of(work: Callable[[], object], *, rounds: int = 3) -> float:
    """Return the processor time in seconds of the fastest of several `rounds` of `work`."""
    return min(_once(work) for _round in range(rounds))


def _once(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun
