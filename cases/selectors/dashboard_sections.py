"""The parts of the dashboards: which cases each holds, in which order, and where all of them are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from cases.db.compiled_queries import SOME_DAY, SOME_MOMENT
from cases.lifecycle import display_states
from cases.lifecycle.display_states import Shown
from cases.models import User
from cases.models.case import RELEASE_FAILS, RELEASED, SCHEDULED
from cases.selectors import case_list


@dataclass(frozen=True)
class Section:
    """A part of a dashboard. `order` is one that an index serves, `query` what the case list is asked for all of it,
    `holds` the states of its cases, `none` what the page says without any."""

    key: str
    label: StrOrPromise
    where: Q
    order: tuple[Any, ...]
    query: str
    holds: frozenset[str]
    none: StrOrPromise = ""


# What the operations page shows more of.
FAILING = Section(
    "failing",
    _("Releases that fail"),
    RELEASE_FAILS,
    ("release_next_try",),
    "",
    frozenset({"completed"}),
)


def sections_for(user: User) -> Sequence[Section]:
    """The sections of the dashboard of somebody in the role of `user`."""
    if user.is_member:
        return _for_members()
    return _for_staff("&technician=mine") if user.is_technician else [*_for_staff(""), FAILING]


def _for_members() -> list[Section]:
    """What is ready comes first, and first of that what is new: both are told apart by SOME_MOMENT."""
    shown = {state.key: state for state in display_states.for_members()}
    at, released = case_list.apart("actual_release_date"), frozenset({"released"})
    new, old = RELEASED & Q(GreaterThan(at, SOME_MOMENT)), RELEASED & Q(LessThanOrEqual(at, SOME_MOMENT))
    ready = (at.desc(), "-pk")
    under_way = shown["submitted"].where | shown["accepted"].where
    announced = [_of_state(shown["announced"], case_list.GOES_OUT_FIRST.by)] if "announced" in shown else []
    return [
        Section("new", _("Ready and new since your last visit"), new, ready, "state=released", released),
        Section("released", _("Ready"), old, ready, "state=released", released),
        *announced,
        Section(
            "open",
            _("In progress"),
            under_way,
            case_list.NEWEST.by,
            "state=open",
            frozenset({"submitted", "accepted"}),
        ),
        _of_state(shown["draft"], case_list.NEWEST.by, label=_("Drafts")),
    ]


def _for_staff(whose: str) -> list[Section]:
    """The way of a case. What waits for somebody is taken from the front of the queue."""
    shown = {state.key: state for state in display_states.for_staff()}
    today = SCHEDULED & Q(scheduled_release_date__lte=SOME_DAY)
    return [
        Section(
            "submitted",
            _("Submitted, nobody's yet"),
            shown["submitted"].where,
            case_list.OLDEST.by,
            "state=submitted&sort=oldest",
            frozenset({"submitted"}),
            _("No case waits to be accepted."),
        ),
        _of_state(
            shown["accepted"],
            case_list.ACCEPTED_LAST.by,
            whose,
            label=_("In progress"),
            none=_("Nothing is being worked on."),
        ),
        Section(
            "today",
            _("Due today"),
            today,
            case_list.GOES_OUT_FIRST.by,
            f"due=today{whose}",
            frozenset({"completed"}),
            _("Nothing goes out today."),
        ),
        _of_state(shown["completed"], case_list.GOES_OUT_FIRST.by, whose, none=_("Nothing waits for its release.")),
        _of_state(shown["held"], case_list.NEWEST.by, whose, none=_("Nothing is on hold.")),
        _of_state(shown["released"], case_list.RELEASED_LAST.by, whose, none=_("Nothing has been released yet.")),
    ]


def _of_state(
    state: Shown, order: tuple[Any, ...], whose: str = "", *, label: StrOrPromise = "", none: StrOrPromise = ""
) -> Section:
    query = f"state={state.key}{whose}"
    return Section(state.key, label or state.label, state.where, order, query, frozenset({state.key}), none)
