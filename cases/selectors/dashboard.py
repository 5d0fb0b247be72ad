"""What a dashboard shows: the first cases of each of its sections, and how many each has."""

import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.accounts.logins import new_since
from cases.core import schedule
from cases.core.clock import portal_now
from cases.core.numbers import grouped
from cases.db.compiled_queries import SOME_DAY, SOMEBODY, Prepared
from cases.lifecycle import display_states
from cases.lifecycle.visible_case import SeenCase
from cases.models import Case, CaseQuerySet, SampledTotal, User
from cases.selectors import case_counts, case_list
from cases.selectors.dashboard_sections import Section, sections_for
from cases.selectors.pagination import MOST, capped

ROWS = 5
# A sweep comes every SWEEP_INTERVAL seconds; what is due for longer than this was missed by some.
OVERDUE_AFTER = dt.timedelta(minutes=1)
SAMPLED = {state.key for state in display_states.for_staff()}
# Nothing was released after it: to who never signed in nothing is new.
NEVER = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Group:
    """The first `cases` of a section, how many there are as a page says it, and a `note` on how that is known."""

    section: Section
    cases: list[SeenCase]
    count: str
    note: str
    has_more: bool

    @property
    def is_new(self) -> bool:
        """Whether its cases were released since the person's last visit."""
        return self.section.key == "new"


@dataclass(frozen=True)
class Board:
    """The sections of a dashboard, and the statements that find their first cases and count them."""

    sections: Sequence[Section]
    firsts: Prepared
    counts: Prepared


def groups_for(user: User, now: dt.datetime | None = None) -> list[Group]:
    """The dashboard of `user`: a member's own cases; a technician's work and what anybody may take; for administrators
    the same over everybody's. `now` is the portal's moment, which is asked for staff where it is not given. Two
    statements; one more where a group has more cases than it shows."""
    board = _board(user.role, settings.RELEASE_MEMBER_VIEW)
    # No section of a member's goes by the day.
    today = SOME_DAY if user.is_member else schedule.date_of(now or portal_now())
    visit = new_since(user) or NEVER
    firsts: list[list[int]] = [[] for _section in board.sections]
    for number, pk in board.firsts.ask(user.pk, day=today, moment=visit):
        firsts[number].append(pk)
    counts = [len(keys) for keys in firsts]
    if max(counts) > ROWS:
        counts = [count for _number, count in sorted(board.counts.ask(user.pk, day=today, moment=visit))]
    seen = _seen({pk for keys in firsts for pk in keys[:ROWS]}, user)
    said = _said(board.sections, counts, user)
    return [
        Group(
            section=section,
            # What has changed its state since belongs to another group.
            cases=[seen[pk] for pk in keys[:ROWS] if pk in seen and seen[pk].state in section.holds],
            count=text,
            note=note,
            has_more=count > ROWS,
        )
        for section, keys, count, (text, note) in zip(board.sections, firsts, counts, said, strict=True)
    ]


def is_overdue(now: dt.datetime) -> bool:
    """Whether any release was missed by some sweeps at the portal's moment `now`."""
    return Case.objects.any_due(now - OVERDUE_AFTER)


def _said(sections: Sequence[Section], counts: list[int], user: User) -> list[tuple[str, str]]:
    """Each count in words, and a note: a group over everybody's that was not counted to its end has a sampled total.
    That is asked for before it is needed, so that a page asks as much of few cases as of many."""
    if user.is_member or max(counts) <= min(ROWS, MOST):
        return [(capped(count), "") for count in counts]
    sample = case_counts.latest_totals()
    return [_of_everybodys(section, count, sample, user) for section, count in zip(sections, counts, strict=True)]


def _of_everybodys(section: Section, count: int, sample: dict[str, SampledTotal], user: User) -> tuple[str, str]:
    is_sampled = section.key in SAMPLED and (user.is_administrator or _is_anybodys(section, user))
    if count <= MOST or not is_sampled:
        return capped(count), ""
    total = sample.get(section.key)
    # A sample from before the cases came says less than what was counted just now.
    if total is None or total.cases <= MOST:
        return capped(count), _("not counted yet")
    return grouped(total.cases), _("counted %(age)s") % {"age": case_counts.age_in_words(total, timezone.now())}


def _seen(keys: set[int], user: User) -> dict[int, SeenCase]:
    cases = Case.objects.shown_to(user).filter(pk__in=keys).order_by()
    return {case.pk: SeenCase.of(case, to=user) for case in cases}


def _is_anybodys(section: Section, user: User) -> bool:
    """Whether a technician may take what is in the section, so that every technician sees it."""
    return user.is_technician and section.key == "submitted"


@functools.cache
def _board(role: str, member_view: str) -> Board:
    """Written for SOMEBODY of that role. `member_view` is RELEASE_MEMBER_VIEW, which the querysets ask."""
    somebody = User(pk=SOMEBODY, role=role)
    sections = sections_for(somebody)
    groups = [_cases_of(section, somebody).values("pk") for section in sections]
    return Board(
        sections,
        firsts=Prepared.rows_of(*(cases[: ROWS + 1] for cases in groups)),
        # In the same order, and so along the same index: without one PostgreSQL may read the table for it.
        counts=Prepared.counts_of(*(cases[: MOST + 1] for cases in groups)),
    )


def _cases_of(section: Section, user: User) -> CaseQuerySet:
    """The cases of the section in its order, along the index that has it."""
    cases = Case.objects.visible_to(user)
    if user.is_technician and not _is_anybodys(section, user):
        return case_list.led_by(cases.filter(section.where), "assigned_to_id", user.pk, section.order, forwards=True)
    if not user.is_member and section.key in case_list.BY_AGE:
        return case_list.led_by(
            cases, "status", section.key, section.order, forwards=section.order == case_list.NEWEST.by
        )
    return cases.filter(section.where).order_by(*section.order)
