"""A case as one person may see it: what pages and API show. What a member may not know is not in it."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Self

from cases.lifecycle import display_states
from cases.models import Case, CaseAnswer, User


@dataclass(frozen=True)
class VisibleCase:
    """The facts of a case that its viewer may know; None or empty where there is none, or none for this viewer."""

    pk: int
    external_case_id: str
    title: str
    state: str
    state_label: str
    description: str = ""
    # Of a member once the case is released. Markdown, and who wrote it last.
    answer: str = ""
    answered_by: str = ""
    urgency: str = ""
    # Whose turn it is in the conversation: key and words. Of a member only that they are asked.
    turn: str = ""
    turn_label: str = ""
    # The name of it. None is *General*.
    case_type: str | None = None
    member_name: str = ""
    technician_name: str = ""
    technician_pk: int | None = None
    date_created: dt.datetime | None = None
    date_submitted: dt.datetime | None = None
    date_accepted: dt.datetime | None = None
    date_completed: dt.datetime | None = None
    scheduled_for: dt.datetime | None = None
    scheduled_release_date: dt.date | None = None
    scheduled_release_time: dt.time | None = None
    actual_release_date: dt.datetime | None = None
    release_error: str = ""
    # Of a member only while it is a draft: a count that goes on would tell of a completion.
    version: int | None = None

    @classmethod
    def of(cls, case: Case, *, to: User, in_full: bool = False) -> Self:
        """Make it of `case`, which came from `visible_to(to)`. Description and answer only `in_full`."""
        state = display_states.key_of(case, to)
        label = str(next(found.label for found in display_states.states_for(to) if found.key == state))
        head: dict[str, Any] = {
            "pk": case.pk,
            "external_case_id": case.external_case_id,
            "title": case.title,
            "state": state,
            "state_label": str(label),
        }
        schedule: dict[str, Any] = {
            "scheduled_for": case.release_instant,
            "scheduled_release_date": case.scheduled_release_date,
            "scheduled_release_time": case.scheduled_release_time,
        }
        if state == "announced":
            return cls(**head, **schedule)
        body: dict[str, Any] = {
            "description": case.description if in_full else "",
            "urgency": case.urgency,
            **_turn_of(case, to),
            "case_type": case.case_type.name if case.case_type else None,
            "date_created": case.date_created,
            "date_submitted": case.date_submitted,
            "date_accepted": case.date_accepted,
        }
        if case.is_released:
            body |= {"date_completed": case.date_completed, "actual_release_date": case.actual_release_date}
        if in_full and (case.is_released or not to.is_member):
            body |= _answer_of(case)
        if to.is_member:
            return cls(**head, **body, version=case.version if state == "draft" else None)
        return cls(
            **head,
            **body
            | schedule
            | {
                "date_completed": case.date_completed,
                "member_name": case.member.display_name,
                "technician_pk": case.assigned_to_id,
                "technician_name": case.assigned_to.display_name if case.assigned_to else "",
                "release_error": case.release_error,
                "version": case.version,
            },
        )

    @property
    def name(self) -> str:
        """What headings and lists call it."""
        return self.title or self.external_case_id


def _turn_of(case: Case, viewer: User) -> dict[str, str]:
    turn = display_states.turn_in(case, viewer)
    return {"turn": turn.key, "turn_label": str(turn.label)} if turn else {}


def _answer_of(case: Case) -> dict[str, str]:
    answer: CaseAnswer | None = getattr(case, "answer", None)
    return {"answer": answer.text, "answered_by": answer.updated_by.display_name} if answer and answer.text else {}
