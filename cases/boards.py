"""What a dashboard shows: the cases that wait for a person, in groups by state, and how many each group has."""

import functools
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from cases import states, totals
from cases.clock import portal_now
from cases.models import Case, CaseQuerySet, User
from cases.numerals import grouped
from cases.paging import MOST, capped
from cases.prepared import SOMEBODY, Prepared
from cases.seen import SeenCase
from cases.states import Shown

ROWS = 5
# Members look for what is ready; staff follow the way of a case.
ORDER_FOR_MEMBERS = ["released", "announced", "accepted", "submitted", "draft"]


@dataclass(frozen=True)
class Group:
    """The first `cases` in a state, how many there are as a page says it, and a `note` on how that is known."""

    state: Shown
    cases: list[SeenCase]
    count: str
    note: str
    has_more: bool


@dataclass(frozen=True)
class Board:
    """The states of a dashboard, and the statements that find their first cases and count them."""

    shown: list[Shown]
    firsts: Prepared
    counts: Prepared


def groups_for(user: User) -> list[Group]:
    """The dashboard of `user`: a member's own cases; a technician's work and what anybody may take; for administrators
    the same over everybody's. Two statements; a third where a group has more cases than it shows."""
    board = _board(user.role, settings.RELEASE_MEMBER_VIEW)
    firsts: list[list[int]] = [[] for _state in board.shown]
    for number, pk in board.firsts.ask(user.pk):
        firsts[number].append(pk)
    counts = [len(keys) for keys in firsts]
    if max(counts) > ROWS:
        counts = [count for _number, count in sorted(board.counts.ask(user.pk))]
    seen = _seen({pk for keys in firsts for pk in keys[:ROWS]}, user)
    said = _said(board.shown, counts, user)
    return [
        Group(
            state=state,
            # What has changed its state since belongs to another group.
            cases=[seen[pk] for pk in keys[:ROWS] if pk in seen and seen[pk].state == state.key],
            count=text,
            note=note,
            has_more=count > ROWS,
        )
        for state, keys, count, (text, note) in zip(board.shown, firsts, counts, said, strict=True)
    ]


def _said(shown: list[Shown], counts: list[int], user: User) -> list[tuple[str, str]]:
    """Each count in words, and a note: a group over everybody's that was not counted to its end has a sampled total."""
    everybodys = [
        count > MOST and (user.is_administrator or (user.is_technician and state.key == "submitted"))
        for state, count in zip(shown, counts, strict=True)
    ]
    if not any(everybodys):
        return [(capped(count), "") for count in counts]
    sample, now = totals.latest_totals(), portal_now()
    said = []
    for state, count, is_sampled in zip(shown, counts, everybodys, strict=True):
        total = sample.get(state.key)
        # A sample from before the cases came says less than what was counted just now.
        if is_sampled and total and total.cases > MOST:
            said.append((grouped(total.cases), _("counted %(age)s") % {"age": totals.age_in_words(total, now)}))
        else:
            said.append((capped(count), _("not counted yet") if is_sampled else ""))
    return said


def _seen(keys: set[int], user: User) -> dict[int, SeenCase]:
    cases = Case.objects.shown_to(user).filter(pk__in=keys).order_by()
    return {case.pk: SeenCase.of(case, to=user) for case in cases}


@functools.cache
def _board(role: str, member_view: str) -> Board:
    """Written for SOMEBODY of that role. `member_view` is RELEASE_MEMBER_VIEW, which the querysets ask."""
    somebody = User(pk=SOMEBODY, role=role)
    if somebody.is_member:
        shown = sorted(states.for_members(), key=lambda state: ORDER_FOR_MEMBERS.index(state.key))
    else:
        shown = states.for_staff()
    groups = [_in_order(_cases_of(state, somebody), state).values("pk") for state in shown]
    return Board(
        shown,
        firsts=Prepared.rows_of(*(cases[: ROWS + 1] for cases in groups)),
        # In the same order, and so along the same index: without one PostgreSQL may read the table for it.
        counts=Prepared.counts_of(*(cases[: MOST + 1] for cases in groups)),
    )


def _cases_of(state: Shown, user: User) -> CaseQuerySet:
    cases = Case.objects.visible_to(user).filter(state.where)
    # What is submitted is nobody's yet, so that every technician sees it.
    return cases.filter(assigned_to=user) if user.is_technician and state.key != "submitted" else cases


def _in_order(cases: CaseQuerySet, state: Shown) -> CaseQuerySet:
    if state.key == "released":
        return cases.order_by("-actual_release_date", "-pk")
    if state.key == "completed":
        return cases.order_by("scheduled_release_date", "scheduled_release_time", "pk")
    return cases
