"""The faults: each a short function with a docstring that reads as a sentence, and what has to be known about it."""

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

# What a worker that has to reconnect after a long outage may take.
RECONNECT = 45.0


@dataclass(frozen=True)
class Extra:
    """What a stack of a fault's own has besides: variables for every process of the portal, further ones for a single
    service by its name, and devices for the fault to use."""

    environment: dict[str, str] = field(default_factory=dict)
    services: dict[str, dict[str, str]] = field(default_factory=dict)
    devices: dict[str, Any] = field(default_factory=dict)


# Makes the extra of a stack from the environment that its processes get; undone when the stack has stopped.
Surroundings = Callable[[dict[str, str]], AbstractContextManager[Extra]]


@dataclass(frozen=True)
class Fault:
    """One fault and the rule it is judged by. Times in seconds.

    `window` is how long the fault is expected to last: the waves fall due before, in and after it. `lead`
    is the time before it, if not that of the scale. `allowance` is
    how late after instant or fault a case may be; None: one sweep interval. `surroundings`: it needs a stack of
    its own.
    """

    name: str
    family: str
    sentence: str
    body: Callable[["Run"], None]
    window: float = 6.0
    lead: float | None = None
    waves: int = 8
    allowance: float | None = None
    # So many mails may be doubled, because a mail worker dies between the server's acceptance and its own record.
    doubles_at_most: int | None = 0
    # The portal has to work while the fault is on: lateness counts from the instant, not from the end of the fault.
    works_meanwhile: bool = False
    # The database is down or holds the rows: who looks meanwhile may be answered 503, or with a page without the case.
    excuses_looks: bool = False
    surroundings: Surroundings | None = None
    # It lasts as long as the command line says.
    lasts_as_asked: bool = False
    # Everything, the harness too, lives by a clock by which the fault begins at this moment.
    begins_at: dt.datetime | None = None
    # The technicians are to have finished when it begins.
    scheduled_before: bool = False
    # Part of the run that belongs to `make test`.
    small: bool = False


_faults: dict[str, Fault] = {}


def fault(family: str, **options: Any) -> Callable[[Callable[["Run"], None]], Callable[["Run"], None]]:
    """Registers the decorated function under its name; `options` are fields of Fault."""

    def register(body: Callable[["Run"], None]) -> Callable[["Run"], None]:
        sentence = " ".join((inspect.getdoc(body) or "").split())
        if not sentence or body.__name__ in _faults:
            raise TypeError(f"{body.__name__} needs a sentence, and a name of its own.")
        _faults[body.__name__] = Fault(name=body.__name__, family=family, sentence=sentence, body=body, **options)
        return body

    return register


def all_faults() -> dict[str, Fault]:
    """Every fault by its name, family by family."""
    from tests.chaos import faults

    for module in pkgutil.iter_modules(faults.__path__, faults.__name__ + "."):
        importlib.import_module(module.name)
    return dict(_faults)
