"""The sections of the dashboards: their cases, their order, and the link to the full list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q, TimeField, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

from cases.db.compiled_queries import DAY, MOMENT, SINCE, TIME
from cases.lifecycle import state_labels
from cases.lifecycle.state_labels import DisplayState
from cases.models import User
from cases.models.case_states import HAS_OPEN_CONDITIONS, RELEASE_FAILS, RELEASED, SCHEDULED
from cases.selectors import unopened
from cases.selectors.case_list_query import (
    ACCEPTED_LAST,
    NEWEST,
    RELEASED_FIRST,
    RELEASED_LAST,
    SOONEST_FIRST,
    URGENT_FIRST,
    WAITING_LONGEST,
    without_index,
)


@dataclass(frozen=True)
class Section:
    """A section of a dashboard.

    An index has its `order`. `query` leads to all its cases in the case list. `holds` are the states of its cases. The
    page says `none` if there are none.
    """

    key: str
    label: StrOrPromise
    where: Q
    order: tuple[Any, ...]
    query: str
    holds: frozenset[str]
    none: StrOrPromise = ""
    # Not on the page while it is empty.
    only_if_any: bool = False


# The operations page shows more about these.
FAILING = Section(
    "failing",
    _("Failing releases"),
    RELEASE_FAILS,
    ("release_next_try",),
    "",
    frozenset({"scheduled"}),
)


def sections_for(user: User) -> Sequence[Section]:
    """Return the sections for the role of `user`."""
    if user.is_member:
        return _for_members()
    return _for_staff("&technician=mine") if user.is_technician else [*_for_staff(""), FAILING]


def _for_members() -> list[Section]:
    """Return new releases first, then earlier ones, split at MOMENT; then what is still open."""
    states = {state.key: state for state in state_labels.for_members()}
    at, released = without_index("actual_release_date"), frozenset({"released"})
    new, old = RELEASED & Q(GreaterThan(at, MOMENT)), RELEASED & Q(LessThanOrEqual(at, MOMENT))
    ready = (at.desc(), "-pk")
    asked = state_labels.turn_of_members()
    under_way = (states["submitted"].where | states["accepted"].where) & ~Q(waiting_for=asked.key)
    announced = (
        [_of_state(states["announced"], SOONEST_FIRST.by, label=pgettext_lazy("several cases", "Scheduled"))]
        if "announced" in states
        else []
    )
    return [
        Section("new", _("New since your last visit"), new, ready, "state=released", released),
        Section(
            "waiting",
            asked.label,
            asked.where,
            NEWEST.by,
            "waiting=member",
            frozenset({"accepted"}),
            only_if_any=True,
        ),
        Section("released", pgettext_lazy("several cases", "Ready"), old, ready, "state=released", released),
        *announced,
        Section(
            "open",
            _("In progress"),
            under_way,
            NEWEST.by,
            "state=open",
            frozenset({"submitted", "accepted"}),
        ),
        _of_state(states["draft"], NEWEST.by, label=_("Drafts")),
    ]


def _for_staff(whose: str) -> list[Section]:
    """Return the sections in the order of a case's states. Unaccepted cases come first: urgent ones, then those that
    have waited longest.

    The first section that holds a case shows it, so what asks for something comes before the state that it is part of.
    """
    states = {state.key: state for state in state_labels.for_staff()}
    return [
        _to_answer(whose),
        _unassigned(states["submitted"]),
        _of_state(
            states["accepted"],
            ACCEPTED_LAST.by,
            whose,
            label=_("In progress"),
            none=_("No cases in progress."),
        ),
        _held_by_conditions(whose),
        _due_today(whose),
        _of_state(
            states["scheduled"],
            SOONEST_FIRST.by,
            whose,
            label=pgettext_lazy("several cases", "Scheduled"),
            none=_("No scheduled cases."),
        ),
        _of_state(states["held"], NEWEST.by, whose, none=_("No cases on hold.")),
        _not_opened(whose),
        _of_state(
            states["released"],
            RELEASED_LAST.by,
            whose,
            label=pgettext_lazy("several cases", "Released"),
            none=_("No released cases yet."),
        ),
    ]


def _to_answer(whose: str) -> Section:
    turn = next(turn for turn in state_labels.turns_of_staff() if turn.key == "staff")
    return Section(
        "messages",
        _("Messages to answer"),
        turn.where,
        WAITING_LONGEST.by,
        f"waiting=staff{whose}",
        frozenset({state.key for state in state_labels.for_staff()}),
        only_if_any=True,
    )


def _unassigned(submitted: DisplayState) -> Section:
    return Section(
        "submitted",
        _("Unassigned"),
        submitted.where,
        URGENT_FIRST.by,
        state_labels.UNASSIGNED_QUERY,
        frozenset({"submitted"}),
        _("No unassigned cases."),
    )


def _due_today(whose: str) -> Section:
    return Section(
        "today",
        _("Due today"),
        SCHEDULED & Q(scheduled_release_date__lte=DAY),
        SOONEST_FIRST.by,
        f"due=today{whose}",
        frozenset({"scheduled"}),
        _("No releases due today."),
    )


def _held_by_conditions(whose: str) -> Section:
    return Section(
        "conditions",
        _("Held by conditions"),
        _reached_with_open_conditions(),
        SOONEST_FIRST.by,
        f"due=conditions{whose}",
        frozenset({"scheduled"}),
        only_if_any=True,
    )


def _not_opened(whose: str) -> Section:
    return Section(
        "unopened",
        unopened.LABEL,
        unopened.released_between(SINCE, MOMENT),
        RELEASED_FIRST.by,
        f"due=unopened{whose}",
        frozenset({"released"}),
        only_if_any=True,
    )


def _reached_with_open_conditions() -> Q:
    """Match as CaseQuerySet.held_by_conditions, at the day and time of the parameters."""
    default = Value(settings.RELEASE_TIME_OF_DAY, TimeField())
    reached = Q(scheduled_release_date__lt=DAY) | Q(
        LessThanOrEqual(Coalesce("scheduled_release_time", default, output_field=TimeField()), TIME)
    )
    return SCHEDULED & HAS_OPEN_CONDITIONS & Q(scheduled_release_date__lte=DAY) & reached


def _of_state(
    state: DisplayState, order: tuple[Any, ...], whose: str = "", *, label: StrOrPromise = "", none: StrOrPromise = ""
) -> Section:
    query = f"state={state.key}{whose}"
    return Section(state.key, label or state.label, state.where, order, query, frozenset({state.key}), none)
