"""What needs attention: a sentence, and where someone reads more and can act."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One sentence of *Needs attention*. `link` is an address, usually that of a part of the operations page."""

    text: str
    link: str


# The parts of the operations page, by the ids in its templates.
UPCOMING = "#wakeups-heading"
SCHEDULER = "#pulse-heading"
FAILING = "#failing-heading"
RETRYING_EMAILS = "#retrying-heading"
FAILED_EMAILS = "#failed-heading"
BOUNCES = "#bounces-heading"
DOCUMENTS = "#documents-heading"
WORKERS = "#workers-heading"
RELEASE_STOP = "#release-stop-form"
