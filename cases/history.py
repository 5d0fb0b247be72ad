"""Writing the history of cases. `by` is a person, or the name of the program that acts where no person does."""

import datetime as dt
from typing import Any

from cases.models import Case, ReleaseEvent, User


def actor_columns(by: User | str) -> dict[str, Any]:
    """The columns of ReleaseEvent that name `by`."""
    return {"actor_id": None, "system_actor": by} if isinstance(by, str) else {"actor_id": by.pk, "system_actor": ""}


class Step:
    """One step of one case: remembers how the case was, and records what became of it.

    Made before the case is changed; `record` is called in the same transaction, after.
    """

    def __init__(self, case: Case, *, by: User | str, source: str, at: dt.datetime) -> None:
        self.case = case
        self.by = by
        self.source = source
        self.at = at
        self.from_status = case.status
        self.from_date = case.scheduled_release_date
        self.from_time = case.scheduled_release_time

    def record(self, kind: ReleaseEvent.Kind, *, reason: str = "") -> None:
        """Appends the step to the history."""
        self.event(kind, reason=reason).save()

    def event(self, kind: ReleaseEvent.Kind, *, reason: str = "") -> ReleaseEvent:
        """The step as a row that is not stored yet: many are stored together."""
        return ReleaseEvent(
            case=self.case,
            kind=kind,
            at=self.at,
            source=self.source,
            from_status=self.from_status,
            to_status=self.case.status,
            from_date=self.from_date,
            from_time=self.from_time,
            to_date=self.case.scheduled_release_date,
            to_time=self.case.scheduled_release_time,
            schedule_revision=self.case.schedule_revision,
            release_number=self.case.release_number,
            reason=reason,
            **actor_columns(self.by),
        )
