"""How far a case has come, in steps.

It reads only what the viewer may know (cases.lifecycle.visible_case), so no step tells a member more than the page.
"""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.lifecycle.visible_case import VisibleCase
from cases.models import User


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


# The states of cases.lifecycle.display_states, in the order of the steps. None: no step has been reached.
MEMBERS_STEP = {"draft": 0, "submitted": 1, "accepted": 2, "announced": 2, "released": 3}
STAFF_STEP = {"draft": None, "submitted": 0, "accepted": 1, "scheduled": 2, "held": 2, "released": 3}


def timeline(case: VisibleCase, *, to: User) -> list[TimelineStep]:
    """Return the steps of `case`, which is `VisibleCase.of(…, to=to)`."""
    return _for_member(case) if to.is_member else _for_staff(case)


def _for_member(case: VisibleCase) -> list[TimelineStep]:
    return _steps(
        MEMBERS_STEP[case.state],
        ("draft", _("Draft created"), case.date_created, None),
        ("submitted", _("Submitted"), case.date_submitted, None),
        ("accepted", _("In progress"), case.date_accepted, None),
        ("released", _("Ready"), case.actual_release_date, case.scheduled_for),
    )


def _for_staff(case: VisibleCase) -> list[TimelineStep]:
    """Return completion and release as two steps. The first shows what the release waits for."""
    return _steps(
        STAFF_STEP[case.state],
        ("submitted", _("Submitted"), case.date_submitted, None),
        ("accepted", _("In progress"), case.date_accepted, None),
        ("completed", _("Completed"), case.date_completed, case.scheduled_for),
        ("released", _("Released"), case.actual_release_date, None),
    )


def _steps(
    current: int | None, *facts: tuple[str, str | Promise, dt.datetime | None, dt.datetime | None]
) -> list[TimelineStep]:
    reached = -1 if current is None else current
    progress = [Progress.DONE] * max(reached, 0) + [Progress.CURRENT] * (reached >= 0)
    progress += [Progress.AHEAD] * (len(facts) - len(progress))
    # A case that was reopened shows no date for a step that is ahead again.
    return [
        TimelineStep(key, label, state, None if state is Progress.AHEAD else at, waits_for)
        for (key, label, at, waits_for), state in zip(facts, progress, strict=True)
    ]
