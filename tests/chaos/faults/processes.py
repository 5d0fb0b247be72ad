"""Processes that are killed."""

from tests.chaos.registry import fault
from tests.chaos.run import Run


@fault("processes", small=True)
def release_worker_killed(run: Run) -> None:
    """The release worker is killed, parent and children, at the instant of a wave."""
    run.next_wave(ahead=0)
    with run.on():
        run.stack.kill("releases")
        run.stack.supervisor.back("releases")
