"""A case as one person may see it, for pages and the API. It does not contain what a member may not know."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from cases.lifecycle import state_labels
from cases.models import Case, CaseAnswer, User


@dataclass(frozen=True)
class VisibleCase:
    """The facts of a case that its viewer may know. They are None or empty if there are none, or none for this
    viewer."""

    pk: int
    external_case_id: str
    title: str
    state: str
    state_label: str
    description: str = ""
    # In Markdown, and its last author. For a member only once the case is released.
    answer: str = ""
    answered_by: str = ""
    urgency: str = ""
    # Whose turn it is in the conversation: key and words. For a member only that they are asked.
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
    # For a member only while it is a draft, because a number that keeps counting would reveal a completion.
    version: int | None = None

    @classmethod
    def of(cls, case: Case, *, to: User, in_full: bool = False) -> Self:
        """Create it from `case`, which came from `visible_to(to)`. Description and answer only `in_full`."""
        state = state_labels.key_of(case, to)
        head = _head_of(case, state, to)
        if state == "announced":
            return cls(**head, **_schedule_of(case))
        body = _body_of(case, to) | (_texts_of(case, to) if in_full else {})
        if to.is_member:
            return cls(**head, **body, version=case.version if state == "draft" else None)
        return cls(**head, **body | _schedule_of(case) | _of_staff(case))

    @classmethod
    def by_key(cls, keys: Iterable[int], *, to: User) -> dict[int, Self]:
        """Return those of the cases with these keys that `to` may know of. One statement."""
        cases = Case.objects.shown_to(to).filter(pk__in=set(keys)).order_by()
        return {case.pk: cls.of(case, to=to) for case in cases}

    @property
    def name(self) -> str:
        """Its name in headings and lists."""
        return self.title or self.external_case_id


def _head_of(case: Case, state: str, viewer: User) -> dict[str, Any]:
    label = next(found.label for found in state_labels.states_for(viewer) if found.key == state)
    return {
        "pk": case.pk,
        "external_case_id": case.external_case_id,
        "title": case.title,
        "state": state,
        "state_label": str(label),
    }


def _schedule_of(case: Case) -> dict[str, Any]:
    return {
        "scheduled_for": case.release_instant,
        "scheduled_release_date": case.scheduled_release_date,
        "scheduled_release_time": case.scheduled_release_time,
    }


def _body_of(case: Case, viewer: User) -> dict[str, Any]:
    """Return the facts for everyone who may know more about the case than its announcement."""
    body: dict[str, Any] = {
        "urgency": case.urgency,
        **_turn_of(case, viewer),
        "case_type": case.case_type.name if case.case_type else None,
        "date_created": case.date_created,
        "date_submitted": case.date_submitted,
        "date_accepted": case.date_accepted,
    }
    if case.is_released:
        body |= {"date_completed": case.date_completed, "actual_release_date": case.actual_release_date}
    return body


def _texts_of(case: Case, viewer: User) -> dict[str, str]:
    """Return the description, and the answer once the viewer may read it."""
    may_read_answer = case.is_released or not viewer.is_member
    return {"description": case.description, **(_answer_of(case) if may_read_answer else {})}


def _of_staff(case: Case) -> dict[str, Any]:
    """Return the facts for staff only."""
    return {
        "date_completed": case.date_completed,
        "member_name": case.member.display_name,
        "technician_pk": case.assigned_to_id,
        "technician_name": case.assigned_to.display_name if case.assigned_to else "",
        "release_error": case.release_error,
        "version": case.version,
    }


def _turn_of(case: Case, viewer: User) -> dict[str, str]:
    turn = state_labels.turn_in(case, viewer)
    return {"turn": turn.key, "turn_label": str(turn.label)} if turn else {}


def _answer_of(case: Case) -> dict[str, str]:
    answer: CaseAnswer | None = getattr(case, "answer", None)
    return {"answer": answer.text, "answered_by": answer.updated_by.display_name} if answer and answer.text else {}
