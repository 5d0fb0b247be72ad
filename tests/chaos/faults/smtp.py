"""An SMTP server that is away, hangs, says later, says no, or hangs up."""

from typing import Any

from tests.chaos.registry import fault
from tests.chaos.run import Run

# Releases need not wait during this fault.
OPTIONS: dict[str, Any] = {"window": 10, "works_meanwhile": True}


@fault("SMTP", **OPTIONS)
def smtp_refuses(run: Run) -> None:
    """The SMTP server is down for ten seconds: connections are refused."""
    _behave(run, listening=False)


@fault("SMTP", small=True, **OPTIONS)
def smtp_hangs(run: Run) -> None:
    """For ten seconds, the SMTP server accepts connections but says nothing, even on connections that are already
    open."""
    _behave(run, silent=True)


@fault("SMTP", **OPTIONS)
def smtp_says_later(run: Run) -> None:
    """The SMTP server answers every message with 451 for ten seconds, and accepts them after that."""
    _behave(run, later=True)


@fault("SMTP", **OPTIONS)
def smtp_drops_after_data(run: Run) -> None:
    """For ten seconds, the SMTP server drops the connection after it has received a message but before it replies."""
    _behave(run, drop=True)


@fault("SMTP", small=True, **OPTIONS)
def smtp_refuses_one_of_a_hundred(run: Run) -> None:
    """The SMTP server answers 550 for one member in a hundred: their rows say so, and no one else's mail is delayed."""
    run.refused |= set(list(run.load.addresses.values())[::100])
    with run.on():
        # Stays set: only this fault uses these addresses.
        run.stack.mail.behave(refuse=sorted(run.refused))
        run.wait(run.fault.window)


def _behave(run: Run, **behavior: bool) -> None:
    with run.on(), run.stack.mail.behaving(**behavior):
        run.wait(run.fault.window)
