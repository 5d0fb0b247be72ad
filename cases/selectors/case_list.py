"""Lists of cases: what a person asked for, in an order that an index serves.

With a million cases no list may read them all. What the indexes hold together is found along one of them, to whatever
end. Everything else (a word of a title, an urgency, several conditions at once) is looked for among the latest SEARCHED
cases of one such index, and the page says so.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import OrderBy
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from cases.lifecycle.display_states import Shown
from cases.models import Case, CaseQuerySet, User
from cases.models.case import ACCEPTED_AT, SCHEDULED
from cases.selectors import search

SEARCHED = 10_000
# The states of which an index has each technician's cases.
OF_TECHNICIANS = {"accepted", "completed", "held", "released"}
EARLY = {Case.Status.DRAFT, Case.Status.SUBMITTED, Case.Status.ACCEPTED}
# Of those, the ones whose lists are in the order in which the cases were written.
BY_AGE = EARLY - {Case.Status.ACCEPTED}
# The technician of what nobody has taken. No row has that key.
NOBODY = 0


@dataclass(frozen=True)
class Order:
    """An order as a page offers it: `key` in the URL, `label` for people, `by` for the database."""

    key: str
    label: StrOrPromise
    by: tuple[Any, ...]


NEWEST = Order("newest", _("Newest case first"), ("-pk",))
OLDEST = Order("oldest", _("Oldest case first"), ("pk",))
ACCEPTED_LAST = Order("accepted", _("Latest accepted first"), (ACCEPTED_AT.desc(), "-pk"))
ACCEPTED_FIRST = Order("accepted-first", _("Earliest accepted first"), (ACCEPTED_AT.asc(), "pk"))
GOES_OUT_FIRST = Order("soonest", _("Goes out soonest"), ("scheduled_release_date", "scheduled_release_time", "pk"))
GOES_OUT_LAST = Order("latest", _("Goes out latest"), ("-scheduled_release_date", "-scheduled_release_time", "-pk"))
RELEASED_LAST = Order("released", _("Latest release first"), ("-actual_release_date", "-pk"))
RELEASED_FIRST = Order("released-first", _("Earliest release first"), ("actual_release_date", "pk"))
ORDERS = (
    NEWEST,
    OLDEST,
    ACCEPTED_LAST,
    ACCEPTED_FIRST,
    GOES_OUT_FIRST,
    GOES_OUT_LAST,
    RELEASED_LAST,
    RELEASED_FIRST,
)


@dataclass(frozen=True)
class Wanted:
    """What a list is to show; what is empty is not asked for. `technician` is a key, or NOBODY. `due_by`: what goes out
    by the end of that day, and is not out yet."""

    text: str = ""
    state: Shown | None = None
    urgency: str = ""
    technician: int | None = None
    member: User | None = None
    due_by: dt.date | None = None
    order: str = ""

    @property
    def orders(self) -> Sequence[Order]:
        """The orders to choose from, the usual one first. By the date of a release only where all cases have one that
        the reader may know: a place in a list must not tell what the row does not."""
        if self.due_by or self.state_key in ("completed", "announced"):
            return GOES_OUT_FIRST, GOES_OUT_LAST
        if self.state_key == "accepted":
            return ACCEPTED_LAST, ACCEPTED_FIRST
        return (RELEASED_LAST, RELEASED_FIRST) if self.state_key == "released" else (NEWEST, OLDEST)

    @property
    def ordered(self) -> Order:
        """The order that was asked for, the usual one where there is no such order here."""
        return next((order for order in self.orders if order.key == self.order), self.orders[0])

    @property
    def state_key(self) -> str:
        return self.state.key if self.state else ""

    @property
    def status(self) -> str:
        """The status of all cases in the state, of which an index has them by age."""
        return self.state_key if self.state_key in EARLY else str(Case.Status.COMPLETED)

    @property
    def where(self) -> Q:
        """All conditions but the text."""
        where = self.state.where if self.state else Q()
        if self.due_by:
            where &= SCHEDULED & Q(scheduled_release_date__lte=self.due_by)
        if self.urgency:
            where &= Q(urgency=self.urgency)
        if self.member:
            where &= Q(member=self.member)
        return where if self.technician is None else where & Q(assigned_to=self.technician or None)


@dataclass(frozen=True)
class Found:
    """The cases of a list in their order; `searched`: that only the latest so many were looked through, or None."""

    cases: CaseQuerySet
    searched: int | None = None


def find(wanted: Wanted, user: User) -> Found:
    """What `user` may see of what is `wanted`."""
    cases = Case.objects.shown_to(user)
    numbers, is_whole = search.by_number(cases, wanted.text) if wanted.text else (set(), False)
    if is_whole:
        return Found(cases.filter(wanted.where, pk__in=numbers).order_by(*wanted.ordered.by))
    if _has_an_index(wanted, user):
        return Found(_along_its_index(cases, wanted))
    latest, searched = _latest(*_narrowest(wanted, user), cases)
    if wanted.text:
        named = set() if user.is_member else search.by_member(cases, wanted.text)
        latest = latest & search.titled(wanted.text) | Q(pk__in=numbers | named)
    return Found(_sorted(cases.filter(latest).filter(wanted.where), wanted.ordered), searched)


def _has_an_index(wanted: Wanted, user: User) -> bool:
    """Whether one index holds what is wanted, and nothing else, in its order."""
    if user.is_member or wanted.text or wanted.urgency or wanted.member:
        return False
    if wanted.due_by:
        return wanted.state_key in ("", "completed")
    if wanted.technician is None:
        return True
    # Without a state, what is nobody's would be drafts too, which technicians do not see.
    return wanted.state_key in OF_TECHNICIANS or (not wanted.state_key and wanted.technician != NOBODY)


def _along_its_index(cases: CaseQuerySet, wanted: Wanted) -> CaseQuerySet:
    forwards = wanted.ordered == wanted.orders[0]
    if wanted.technician is not None:
        rest = replace(wanted, technician=None).where
        return led_by(cases.filter(rest), "assigned_to_id", wanted.technician or None, wanted.ordered.by, forwards)
    if wanted.state_key in BY_AGE:
        return led_by(cases, "status", wanted.state_key, wanted.ordered.by, forwards)
    return cases.filter(wanted.where).order_by(*wanted.ordered.by)


def _narrowest(wanted: Wanted, user: User) -> tuple[str, Any]:
    """The condition that leaves least to be looked through, among those whose cases an index has by age."""
    if user.is_member or wanted.member:
        return "member_id", (wanted.member or user).pk
    if wanted.technician:
        return "assigned_to_id", wanted.technician
    return ("status", wanted.status) if wanted.state else ("", None)


def _latest(column: str, value: Any, cases: CaseQuerySet) -> tuple[Q, int | None]:
    """The condition that leaves the latest SEARCHED `cases` with that value; all of them, and None, where there are no
    more. The first key is asked for by itself, so that the database knows how little is left when it plans the search.
    """
    by_age = led_by(cases, column, value, NEWEST.by, True) if column else cases.order_by(*NEWEST.by)
    some = Q(**{column: value}) if column else Q(pk__gt=0)
    first = list(by_age.values_list("pk", flat=True)[SEARCHED - 1 : SEARCHED])
    return (some & Q(pk__gte=first[0]), SEARCHED) if first else (some, None)


def led_by(cases: CaseQuerySet, column: str, value: Any, by: tuple[Any, ...], forwards: bool) -> CaseQuerySet:
    """The cases with that value in the order `by`, which is that of an index beginning with `column`.

    Written as a range and with the column in the order, which leaves PostgreSQL's planner no index but that one. For
    an equation it might go through all cases by age until it has met enough, which it takes to be soon.
    """
    if value is None:
        these = {f"{column}__isnull": True}
    elif connection.vendor == "postgresql":
        these = {f"{column}__gte": value, f"{column}__lte": value}
    else:
        these = {column: value}  # SQLite takes an index for an equation, and another one for a range
    return cases.filter(**these).order_by(column if forwards else f"-{column}", *by)


def apart(column: str) -> Coalesce:
    """The column as an expression, which no index has: for an order or a condition among few cases, which are to be
    found first. By an index of everybody's the planner might look for them among all that a wave has released."""
    return Coalesce(column, column)


def _sorted(cases: CaseQuerySet, order: Order) -> CaseQuerySet:
    """The few `cases` in `order`."""
    first, *others = order.by
    if isinstance(first, OrderBy):
        expression = Coalesce(first.expression, first.expression)
        return cases.order_by(expression.desc() if first.descending else expression.asc(), *others)
    column = first.removeprefix("-")
    if column == "pk":
        return cases.order_by(*order.by)
    return cases.order_by(apart(column).desc() if first.startswith("-") else apart(column).asc(), *others)
