"""Beat twice, not at all, or told to leave the sweep out."""

from tests.chaos.processes import BeatService
from tests.chaos.registry import fault
from tests.chaos.run import Run


@fault("beat", window=15, works_meanwhile=True)
def two_beats(run: Run) -> None:
    """A second beat runs alongside the first and sends every sweep again."""
    directory = run.stack.directory / "second-beat"
    directory.mkdir(exist_ok=True)
    second = BeatService(directory=directory, env=run.stack.environment)
    try:
        second.ready()
        with run.on():
            run.wait(15)
        run.note("sweeps of the second beat", second.logs().count("Sending due task sweep"))
    finally:
        second.teardown()


@fault("beat", window=15)
def no_beat(run: Run) -> None:
    """Beat is dead for 15 seconds: nothing sweeps, and cases that weren't armed when they were scheduled stay
    unarmed."""
    with run.on(), run.stack.supervisor.left_down("beat"):
        run.stack.kill("beat")
        run.wait(15)


@fault("beat", window=15, small=True)
def sweep_disabled(run: Run) -> None:
    """Someone disables the sweep in the admin, and enables it again after 15 seconds."""
    with run.on():
        try:
            _enable_sweep(False)
            run.wait(run.fault.window)
        finally:
            _enable_sweep(True)


def _enable_sweep(enabled: bool) -> None:
    from django_celery_beat.models import PeriodicTask

    sweep = PeriodicTask.objects.get(name="sweep")
    sweep.enabled = enabled
    sweep.save()  # which tells beat
