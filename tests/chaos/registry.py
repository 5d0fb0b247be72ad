"""Registry of faults. Each is a short function whose docstring says in a sentence what happens."""

import datetime as dt
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.chaos.run import Run

# Seconds that a worker may take to reconnect after a long outage.
RECONNECT = 45.0


@dataclass(frozen=True)
class Extra:
    """Additions to a fault's own stack: variables for all processes, more variables for single services by name, and
    devices for the fault."""

    environment: dict[str, str] = field(default_factory=dict)
    services: dict[str, dict[str, str]] = field(default_factory=dict)
    devices: dict[str, Any] = field(default_factory=dict)


# Makes the Extra of a stack from the environment of its processes. Undone when the stack has stopped.
Surroundings = Callable[[dict[str, str]], AbstractContextManager[Extra]]


@dataclass(frozen=True)
class Fault:
    """A fault and its rule. Times are in seconds.

    `window` is how long the fault is expected to last. `lead` is the time before it, by default that of the scale.
    `allowance` is how late a case may be after its instant or the fault, by default one sweep interval. A fault with
    `surroundings` needs its own stack.
    """

    name: str
    family: str
    sentence: str
    body: Callable[["Run"], None]
    window: float = 6.0
    lead: float | None = None
    waves: int = 8
    allowance: float | None = None
    # How many mails may be doubled, because a mail worker dies after the server accepts a mail and before that is
    # recorded.
    doubles_at_most: int | None = 0
    # The portal must work during the fault: lateness counts from the instant, not from the end of the fault.
    works_meanwhile: bool = False
    # The database is down or rows are locked: a look may be answered with 503, or with a page without the case.
    excuses_looks: bool = False
    surroundings: Surroundings | None = None
    # The fault lasts as long as the command line says.
    lasts_as_asked: bool = False
    # All clocks, also the harness's, are set so that the fault begins at this time.
    begins_at: dt.datetime | None = None
    # Technicians have finished before it begins.
    scheduled_before: bool = False
    # Part of `make test`.
    small: bool = False


_faults: dict[str, Fault] = {}


def fault(family: str, **options: Any) -> Callable[[Callable[["Run"], None]], Callable[["Run"], None]]:
    """Register the decorated function under its name. `options` are fields of Fault."""

    def register(body: Callable[["Run"], None]) -> Callable[["Run"], None]:
        sentence = " ".join((inspect.getdoc(body) or "").split())
        if not sentence or body.__name__ in _faults:
            raise TypeError(f"{body.__name__} needs a sentence, and a name of its own.")
        _faults[body.__name__] = Fault(name=body.__name__, family=family, sentence=sentence, body=body, **options)
        return body

    return register


def all_faults() -> dict[str, Fault]:
    """Return every fault by its name, family by family."""
    from tests.chaos import faults

    for module in pkgutil.iter_modules(faults.__path__, faults.__name__ + "."):
        importlib.import_module(module.name)
    return dict(_faults)
