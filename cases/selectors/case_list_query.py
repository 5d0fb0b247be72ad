"""The query of a list: its filters, search and order."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from cases.core import schedule
from cases.lifecycle.state_labels import DisplayState
from cases.models import Case, Condition, User
from cases.models.case_queryset import held_by_conditions_at
from cases.models.case_states import ACCEPTED_AT, RELEASED, SCHEDULED
from cases.models.condition import UNMET
from cases.selectors import unopened

# Their cases have not been completed and all have that status.
EARLY = {Case.Status.DRAFT, Case.Status.SUBMITTED, Case.Status.ACCEPTED}
# Stand for "no technician" and "no type" in CaseListQuery. No row has this key.
UNASSIGNED = NO_TYPE = 0


@dataclass(frozen=True)
class Order:
    """An order that a page offers: `key` in the URL, `label` for people, `by` for the database.

    `column` is the table column that it sorts, empty if none shows it, and `ascending` is the direction shown there.
    `backwards`: against the order of its index.
    """

    key: str
    label: StrOrPromise
    by: tuple[Any, ...]
    column: str = ""
    ascending: bool = False
    backwards: bool = False


NEWEST = Order("newest", _("Newest first"), ("-pk",), "age", ascending=True)
OLDEST = Order("oldest", _("Oldest first"), ("pk",), "age", backwards=True)
ACCEPTED_LAST = Order("accepted", _("Accepted date: newest"), (ACCEPTED_AT.desc(), "-pk"))
ACCEPTED_FIRST = Order("accepted-first", _("Accepted date: oldest"), (ACCEPTED_AT.asc(), "pk"), backwards=True)
_SCHEDULE = ("scheduled_release_date", "scheduled_release_time", "pk")
_SCHEDULE_BACKWARDS = tuple(f"-{column}" for column in _SCHEDULE)
SOONEST_FIRST = Order("soonest", _("Release date: soonest"), _SCHEDULE, "date", ascending=True)
LATEST_FIRST = Order("latest", _("Release date: latest"), _SCHEDULE_BACKWARDS, "date", backwards=True)
RELEASED_LAST = Order("released", _("Release date: newest"), ("-actual_release_date", "-pk"), "date")
RELEASED_FIRST = Order(
    "released-first",
    _("Release date: oldest"),
    ("actual_release_date", "pk"),
    "date",
    ascending=True,
    backwards=True,
)
URGENT_FIRST = Order("urgent", _("Urgent first, then oldest"), ("-urgency", "pk"), "urgency")
URGENT_LAST = Order("normal", _("Urgent last"), ("urgency", "-pk"), "urgency", ascending=True, backwards=True)
WAITING_LONGEST = Order("waiting", _("Waiting longest"), ("waiting_since", "pk"))
WAITING_LAST = Order("waiting-last", _("Waiting shortest"), ("-waiting_since", "-pk"), backwards=True)
NUMBER = Order("number", _("Case number: ascending"), ("external_case_id",), "case", ascending=True)
NUMBER_LAST = Order("number-last", _("Case number: descending"), ("-external_case_id",), "case", backwards=True)
ORDERS = (
    NEWEST,
    OLDEST,
    ACCEPTED_LAST,
    ACCEPTED_FIRST,
    SOONEST_FIRST,
    LATEST_FIRST,
    RELEASED_LAST,
    RELEASED_FIRST,
    URGENT_FIRST,
    URGENT_LAST,
    WAITING_LONGEST,
    WAITING_LAST,
    NUMBER,
    NUMBER_LAST,
)
AGE_ORDERS, URGENCY_ORDERS = (NEWEST, OLDEST), (URGENT_FIRST, URGENT_LAST)


@dataclass(frozen=True)
class CaseListQuery:
    """The filters, the search and the order of a list. An empty value does not filter.

    `technician` is a key, or UNASSIGNED; `case_type` a key, or NO_TYPE. `due_by` asks for what is scheduled up to that
    day and not released, `held_at` for what conditions hold back at that aware moment (`held_by`: one of that kind),
    `unopened_at` for what was released some days before that moment and not opened since. `release_from` and
    `release_to` are the first and the last day of the schedule, or of the release in a list of released cases.
    `created_from` and `created_before` are aware moments.
    """

    text: str = ""
    state: DisplayState | None = None
    # One of state_labels.turns_for, which has its own index.
    turn: DisplayState | None = None
    urgency: str = ""
    case_type: int | None = None
    technician: int | None = None
    member: User | None = None
    due_by: dt.date | None = None
    held_at: dt.datetime | None = None
    held_by: str = ""
    unopened_at: dt.datetime | None = None
    release_from: dt.date | None = None
    release_to: dt.date | None = None
    created_from: dt.datetime | None = None
    created_before: dt.datetime | None = None
    order: str = ""

    @property
    def orders(self) -> Sequence[Order]:
        """The orders to choose from, default first.

        A list is ordered by release date only if its rows show one, because a position must not reveal a hidden date.
        """
        if self.turn:
            return WAITING_LONGEST, WAITING_LAST
        if self.is_by_schedule:
            return SOONEST_FIRST, LATEST_FIRST
        if self.unopened_at:
            return RELEASED_FIRST, RELEASED_LAST
        if self.state_key == "released":
            return RELEASED_LAST, RELEASED_FIRST
        if self.state_key == "accepted":
            return ACCEPTED_LAST, ACCEPTED_FIRST, *URGENCY_ORDERS, *AGE_ORDERS
        if self.state_key == "submitted":
            return (*AGE_ORDERS, *URGENCY_ORDERS)
        return (*AGE_ORDERS, NUMBER, NUMBER_LAST) if self.is_unfiltered else AGE_ORDERS

    @property
    def is_unfiltered(self) -> bool:
        """Whether no filter narrows the list."""
        return self == CaseListQuery(order=self.order)

    @property
    def chosen_order(self) -> Order:
        """The requested order, or the default if this list does not offer it."""
        return next((order for order in self.orders if order.key == self.order), self.orders[0])

    @property
    def state_key(self) -> str:
        """The key of the state, or an empty string."""
        return self.state.key if self.state else ""

    @property
    def status(self) -> str:
        """The status that all cases of the state have, or an empty string. An index has the cases of each by age."""
        if self.state_key in ("", "open"):
            return ""
        return self.state_key if self.state_key in EARLY else str(Case.Status.COMPLETED)

    @property
    def asks_for_old(self) -> bool:
        """Whether it asks for cases of an age or more."""
        return self.created_before is not None

    @property
    def has_release_days(self) -> bool:
        """Whether it asks for a range of release dates."""
        return bool(self.release_from or self.release_to)

    @property
    def is_by_schedule(self) -> bool:
        """Whether all its cases have a schedule."""
        asks_for_days = self.has_release_days and self.state_key != "released"
        return bool(self.due_by or self.held_at or asks_for_days or self.state_key in ("scheduled", "announced"))

    @property
    def is_by_release(self) -> bool:
        """Whether an index has its cases in the order of their release, or those on hold, or those that wait."""
        return bool(self.turn or self.is_by_schedule or self.unopened_at or self.state_key in ("released", "held"))

    def along_an_index(self) -> Self:
        """Return the query without the parts that no index of releases, or of whose turn it is, covers."""
        if self.turn:
            return type(self)(turn=self.turn, technician=self.technician, order=self.order)
        return replace(
            self,
            text="",
            urgency="",
            case_type=None,
            held_by="",
            created_from=None,
            created_before=None,
        )

    @property
    def conditions(self) -> Q:
        """All conditions except the search text."""
        where = (self.state.where if self.state else Q()) & self._of_release() & self._of_age()
        if self.turn:
            where &= self.turn.where
        if self.urgency:
            where &= Q(urgency=self.urgency)
        if self.member:
            where &= Q(member=self.member)
        if self.case_type is not None:
            # Not by its column, because PostgreSQL would abandon the index for the other conditions.
            where &= Q(Exact(without_index("case_type_id"), self.case_type)) if self.case_type else Q(case_type=None)
        return where if self.technician is None else where & Q(assigned_to=self.technician or None)

    def _of_release(self) -> Q:
        where = self._of_release_days()
        if self.due_by:
            where &= SCHEDULED & Q(scheduled_release_date__lte=self.due_by)
        if self.held_at:
            where &= held_by_conditions_at(self.held_at)
        if self.held_by:
            where &= Q(Exists(Condition.objects.filter(UNMET, case=OuterRef("pk"), kind=self.held_by)))
        return where & unopened.at(self.unopened_at) if self.unopened_at else where

    def _of_release_days(self) -> Q:
        if not self.has_release_days:
            return Q()
        if self.state_key != "released":
            return SCHEDULED & _between("scheduled_release_date", self.release_from, self.release_to)
        first = schedule.start_of(self.release_from) if self.release_from else None
        end = schedule.start_of(self.release_to + dt.timedelta(days=1)) if self.release_to else None
        return RELEASED & _between("actual_release_date", first, end, last="lt")

    def _of_age(self) -> Q:
        return _between("date_created", self.created_from, self.created_before, last="lt")


def _between(column: str, first: dt.date | None, end: dt.date | None, last: str = "lte") -> Q:
    """Match what is in `column` from `first` on, up to `end`: including it, unless `last` is "lt"."""
    from_first = Q((f"{column}__gte", first)) if first else Q()
    return from_first & Q((f"{column}__{last}", end)) if end else from_first


def without_index(column: str) -> Coalesce:
    """Return the column as an expression that no index has.

    Use it to order or filter a few cases that another index finds first. With the plain column, the planner may walk an
    index of all cases, through everything that a wave has released.
    """
    return Coalesce(column, column)
