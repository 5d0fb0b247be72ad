"""The dashboard: the first cases of each of its sections, and how many each section has."""

import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.accounts.logins import new_since
from cases.core import schedule
from cases.core.clock import portal_now
from cases.core.numbers import grouped
from cases.db.compiled_queries import PERSON, CompiledQuery
from cases.db.index_order import order_along_index
from cases.lifecycle import state_labels
from cases.lifecycle.case_for_viewer import VisibleCase
from cases.models import Case, CaseQuerySet, SampledTotal, User
from cases.selectors import case_counts, pagination, unopened
from cases.selectors.case_list_query import CaseListQuery
from cases.selectors.dashboard_sections import Section, sections_for
from cases.selectors.pagination import CappedCount

ROWS = 5
# A case of staff that belongs to several sections is shown in the first. The others show the next ones.
LOOKED_AT = 3 * ROWS + 1
# A sweep comes every SWEEP_INTERVAL seconds. Several have missed what is due for longer than this.
OVERDUE_AFTER = dt.timedelta(minutes=1)
SAMPLED = {state.key for state in state_labels.for_staff()}
# Nothing was released after this, so nothing is new to a person who never signed in.
NEVER = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)


@dataclass(frozen=True)
class DashboardGroup:
    """A section with its first `cases`, its count as the page shows it, and a `note` about the source of the count.

    `shown_above` of its cases are in an earlier section. Not counted where there are more than the page shows.
    """

    section: Section
    cases: list[VisibleCase]
    count: str
    note: str
    has_more: bool
    shown_above: int = 0

    @property
    def is_new(self) -> bool:
        """Whether its cases were released since the person's last visit."""
        return self.section.key == "new"

    @property
    def is_empty(self) -> bool:
        """Whether it has no case at all, here or in an earlier section."""
        return not (self.cases or self.shown_above or self.has_more)

    @property
    def is_in_one_state(self) -> bool:
        """Whether its heading says the state of each of its cases."""
        return len(self.section.holds) == 1


@dataclass(frozen=True)
class CompiledDashboard:
    """The sections of a role, and the statements that find their first cases and count them."""

    sections: Sequence[Section]
    first_cases: CompiledQuery
    counts: CompiledQuery


def groups_for(user: User, now: dt.datetime | None = None) -> list[DashboardGroup]:
    """Return the dashboard of `user`: members see their own cases, technicians theirs and unassigned ones.

    Administrators see everyone's. `now` is the portal's moment, read for staff if it is not given. Takes two
    statements, and one more if a group has more cases than it shows.
    """
    dashboard = _compiled(user.role, settings.RELEASE_MEMBER_VIEW, settings.RELEASE_TIME_OF_DAY)
    times = _times_for(user, now)
    keys_of: list[list[int]] = [[] for _section in dashboard.sections]
    for number, pk in dashboard.first_cases.fetch(person=user.pk, **times):
        keys_of[number].append(pk)
    counts = [len(keys) for keys in keys_of]
    if max(counts) > ROWS:
        counted = dashboard.counts.fetch(person=user.pk, **times)
        counts = [count for _number, count in sorted(counted)]
    first_of = _each_once(keys_of)
    seen = VisibleCase.by_key({pk for keys in first_of for pk in keys}, to=user)
    labels = _count_labels(dashboard.sections, counts, user)
    return [
        DashboardGroup(
            section=section,
            # A case whose state has changed since belongs to another group.
            cases=[seen[pk] for pk in first if pk in seen and seen[pk].state in section.holds],
            count=text,
            note=note,
            has_more=count > ROWS,
            shown_above=0 if count > ROWS else len(keys) - len(first),
        )
        for section, keys, first, count, (text, note) in zip(
            dashboard.sections, keys_of, first_of, counts, labels, strict=True
        )
        if count or not section.only_if_any
    ]


def count_urgent(user: User) -> CappedCount:
    """Return how many urgent cases that are not released `user`, who is staff, finds in the list. One statement."""
    is_open = next(state for state in state_labels.filters_for(user) if state.key == "open")
    urgent = CaseListQuery(state=is_open, urgency=Case.Urgency.URGENT)
    return CappedCount.of(Case.objects.visible_to(user).filter(urgent.conditions).order_by(*urgent.chosen_order.by))


def _each_once(keys_of: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return the first ROWS keys of each section that no earlier section shows."""
    shown: set[int] = set()
    first_of = []
    for keys in keys_of:
        first_of.append([pk for pk in keys if pk not in shown][:ROWS])
        shown.update(first_of[-1])
    return first_of


def _times_for(user: User, now: dt.datetime | None) -> dict[str, Any]:
    """Return the moment that the sections of the person's role depend on: the last visit for members, the present for
    staff."""
    if user.is_member:
        return {"moment": new_since(user) or NEVER}
    now = now or portal_now()
    reached = schedule.reached(now)
    return {
        "day": reached.date(),
        "time": reached.time(),
        "moment": unopened.latest_release(now),
        "since": unopened.earliest_release(now),
    }


def is_overdue(now: dt.datetime) -> bool:
    """Tell whether sweeps have missed a release, at the portal's moment `now`."""
    return Case.objects.any_due(now - OVERDUE_AFTER)


def _count_labels(sections: Sequence[Section], counts: list[int], user: User) -> list[tuple[str, str]]:
    """Return each count in words, with a note where it comes from the sample of all cases.

    The sample is always read, so that a page takes the same number of statements for few cases as for many.
    """
    if user.is_member or max(counts) <= min(ROWS, pagination.MAX_COUNTED):
        return [(str(CappedCount(count)), "") for count in counts]
    sample = case_counts.latest_totals()
    return [
        _count_label(section, CappedCount(count), sample, user) for section, count in zip(sections, counts, strict=True)
    ]


def _count_label(section: Section, count: CappedCount, sample: dict[str, SampledTotal], user: User) -> tuple[str, str]:
    is_sampled = section.key in SAMPLED and (user.is_administrator or _is_for_all(section, user))
    if not count.is_capped or not is_sampled:
        return str(count), ""
    total = sample.get(section.key)
    # A sample that is older than the cases is worth less than the count.
    if total is None or total.cases <= pagination.MAX_COUNTED:
        return str(count), _("not counted yet")
    return grouped(total.cases), _("counted %(age)s") % {"age": case_counts.age_in_words(total, timezone.now())}


def _is_for_all(section: Section, user: User) -> bool:
    """Tell whether every technician sees the whole section: the cases that they may accept."""
    return user.is_technician and section.key == "submitted"


@functools.cache
def _compiled(role: str, member_view: str, time_of_day: dt.time) -> CompiledDashboard:
    """Compile the dashboard of a role. `member_view` and `time_of_day` are settings, which the querysets read."""
    anybody = User(pk=PERSON, role=role)
    sections = sections_for(anybody)
    groups = [_cases_of(section, anybody).values("pk") for section in sections]
    most = ROWS + 1 if anybody.is_member else LOOKED_AT
    return CompiledDashboard(
        sections,
        first_cases=CompiledQuery.rows_of(*(cases[:most] for cases in groups)),
        # The same order leads along the same index. Without an order PostgreSQL may read the table.
        counts=CompiledQuery.counts_of(*(cases[: pagination.MAX_COUNTED + 1] for cases in groups)),
    )


def _cases_of(section: Section, user: User) -> CaseQuerySet:
    """Return the cases of the section in its order, along the index that has it."""
    cases = Case.objects.visible_to(user)
    if user.is_technician and not _is_for_all(section, user):
        theirs = cases.filter(section.where)
        return order_along_index(theirs, "assigned_to_id", user.pk, section.order, forwards=True)
    return cases.filter(section.where).order_by(*section.order)
