"""Run steps that don't wait for each other's success."""

from collections.abc import Callable, Iterable


def run_all(steps: Iterable[Callable[[], object]]) -> None:
    """Run each step in order.

    An error does not keep later steps from running. The last error is raised when all have run, with the previous one
    as its context.
    """
    remaining = iter(steps)
    step = next(remaining, None)
    if step is None:
        return
    try:
        step()
    finally:
        run_all(remaining)
