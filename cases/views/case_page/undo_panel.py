"""The button that takes a release back, on the page of its case and in the toast after it."""

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cases.core.clock import portal_now
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseEvent, User
from cases.releases.undo_and_recall import undo_ends

# What messages are tagged with beside which the button stands.
TAG = "undo"


@dataclass(frozen=True)
class UndoOffer:
    """For how many more seconds the release can be undone, for which version, and when the member saw it."""

    seconds: int
    version: int
    seen_at: dt.datetime | None


def undo_panel(case: Case, user: User, can: set[Action], events: Iterable[CaseEvent]) -> dict[str, Any]:
    """Return the offer to undo the release of `case`, if by its latest `events` it was `user` who made it just now."""
    if Action.UNDO not in can or not any(_is_own_release(event, case, user) for event in events):
        return {}
    left = (undo_ends(case) - portal_now()).total_seconds()
    if left <= 0:
        return {}
    return {"undo": UndoOffer(math.ceil(left), case.version, case.first_viewed_at)}


def _is_own_release(event: CaseEvent, case: Case, user: User) -> bool:
    is_present = event.kind == CaseEvent.Kind.RELEASED and event.release_number == case.release_number
    return bool(is_present and event.actor_id == user.pk)
