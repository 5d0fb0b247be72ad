"""Run steps that don't wait for each other's success."""

from collections.abc import Callable, Iterable


def run_all(steps: Iterable[Callable[[], object]]) -> None:
    """Run each step in order. An error keeps no step from running.

    The last error is raised when all have run. Its context is the one before it.
    """
    remaining = iter(steps)
    step = next(remaining, None)
    if step is None:
        return
    try:
        step()
    finally:
        run_all(remaining)
