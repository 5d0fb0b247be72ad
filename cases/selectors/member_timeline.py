"""How far a case has come, in steps, for its member.

It reads only what the viewer may know (cases.lifecycle.case_for_viewer), so no step tells a member more than the page.
"""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.lifecycle.case_for_viewer import VisibleCase


class Progress(StrEnum):
    DONE = "done"
    CURRENT = "current"
    AHEAD = "ahead"


@dataclass(frozen=True)
class TimelineStep:
    """A step, when it was reached (`at`), and the announced instant that it waits for."""

    key: str
    label: str | Promise
    progress: Progress
    at: dt.datetime | None = None
    waits_for: dt.datetime | None = None


# The states of cases.lifecycle.state_labels for members, in the order of the steps.
REACHED = {"draft": 0, "submitted": 1, "accepted": 2, "announced": 2, "released": 3}


def timeline(case: VisibleCase) -> list[TimelineStep]:
    """Return the steps of `case`, which is `VisibleCase.of(…)` for its member."""
    facts = [
        ("draft", _("Draft created"), case.date_created, None),
        ("submitted", _("Submitted"), case.date_submitted, None),
        ("accepted", _("In progress"), case.date_accepted, None),
        ("released", _("Ready"), case.actual_release_date, case.scheduled_for),
    ]
    reached = REACHED[case.state]
    progress = [Progress.DONE] * reached + [Progress.CURRENT] + [Progress.AHEAD] * (len(facts) - reached - 1)
    # A reopened case shows no date for a step that is ahead again.
    return [
        TimelineStep(key, label, state, None if state is Progress.AHEAD else at, waits_for)
        for (key, label, at, waits_for), state in zip(facts, progress, strict=True)
    ]
