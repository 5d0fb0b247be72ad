"""Which cases are due, and which are held back."""

import datetime as dt
import functools
import operator
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, cast

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q, Subquery

from cases.core import schedule
from cases.db.compiled_queries import Parameter
from cases.db.index_order import order_along_index
from cases.models import case_search_words
from cases.models.case_states import (
    HAS_OPEN_CONDITIONS,
    READY,
    RELEASE_FAILS,
    SCHEDULED,
)
from cases.models.case_visibility import VisibleCases

if TYPE_CHECKING:
    from cases.models.case import Case


# QuerySet is named again, because django-stubs looks for it among the direct bases.
class CaseQuerySet(VisibleCases, models.QuerySet["Case"]):
    """The only ways to fetch cases for a person (VisibleCases) or for a release."""

    def bulk_create(self, objs: Iterable["Case"], *args: Any, **kwargs: Any) -> list["Case"]:
        """Store the rows, and the search words of their texts."""
        with transaction.atomic(savepoint=False):
            stored = super().bulk_create(objs, *args, **kwargs)
            case_search_words.store([case_search_words.of_case(case) for case in stored], case_search_words.OF_THE_CASE)
        return stored

    def with_description(self) -> Self:
        """Load what CaseManager leaves out."""
        return self.defer(None)

    def in_full(self) -> Self:
        """Load everything for the page of a case: the description, the answer with its author, and the type."""
        return self.with_description().select_related("answer__updated_by", "case_type")

    def due(self, now: dt.datetime) -> Self:
        """Return the cases to release at the aware datetime `now`.

        They are completed and not released, their schedule is reached, no condition is open, and no failure holds them
        back until the next attempt.
        """
        return self._ready(now).filter(functools.reduce(operator.or_, reached_schedules(now)))

    def due_index_ranges(self, now: dt.datetime) -> list[Self]:
        """Return `due` as `index_ranges_by` does."""
        return self.index_ranges_by(Reached.at(now))

    def index_ranges_by(self, reached: "Reached") -> list[Self]:
        """Return the cases of `due` in up to three querysets, each one range of an index, in the order of that index.

        The order leaves PostgreSQL's planner no choice but the index. Left to its statistics, it would read the whole
        table for "any due?", because it mistakes the many past schedules of released cases for due ones.
        """
        ready = self._ready(reached.moment).order_by("scheduled_release_date", "scheduled_release_time")
        return [ready.filter(index_range) for index_range in reached.schedules()]

    def any_due(self, now: dt.datetime) -> bool:
        """Tell whether `due` has any. One statement."""
        return self.first_by(Reached.at(now)).exists()

    def first_by(self, reached: "Reached") -> "CaseQuerySet":
        """Return up to three cases of `due`, the first of each range.

        The cost depends on what is due, not on what is pending.
        """
        firsts = [Q(pk=Subquery(index_range.values("pk")[:1])) for index_range in self.index_ranges_by(reached)]
        return self.model.objects.filter(functools.reduce(operator.or_, firsts))

    def overdue(self, now: dt.datetime) -> Self:
        """Return the cases that have reached their schedule at `now` but are held back by conditions or a failure."""
        held_back = HAS_OPEN_CONDITIONS | Q(release_next_try__gt=now)
        return self.filter(SCHEDULED, held_back, functools.reduce(operator.or_, reached_schedules(now)))

    def held_by_conditions(self, now: dt.datetime) -> Self:
        """Return the cases whose schedule is reached at `now` but which are held back by open conditions."""
        return self.filter(held_by_conditions_at(now))

    def failing(self, now: dt.datetime) -> Self:
        """Return the cases whose release failed and will be retried after `now`."""
        return self.filter(RELEASE_FAILS, release_next_try__gt=now)

    def has_member_more_than(self, number: int, member: int) -> bool:
        """Tell whether `member` has more than `number` cases.

        Others may see fewer of them. The index alone answers this, in a tenth of the time of checking which of them are
        visible.
        """
        by_age = order_along_index(self, "member_id", member, ("-pk",), True)
        # Not `exists`, which drops the order that names the index.
        return bool(by_age.values_list("pk", flat=True)[number : number + 1])

    def _ready(self, now: "dt.datetime | Parameter") -> Self:
        # They are completed, by the constraint case_scheduled_is_completed. Filtering for it would make SQLite use the
        # index of statuses.
        return self.filter(Q(release_next_try__isnull=True) | Q(release_next_try__lte=now), READY)


def held_by_conditions_at(now: dt.datetime) -> Q:
    """Match what `CaseQuerySet.held_by_conditions` returns. The first day bounds the range of an index."""
    reached = functools.reduce(operator.or_, reached_schedules(now))
    until_today = Q(scheduled_release_date__lte=schedule.reached(now).date())
    return SCHEDULED & HAS_OPEN_CONDITIONS & until_today & reached


@dataclass(frozen=True)
class Reached:
    """What the portal's wall clock has reached at a `moment`: a `day`, a `time`, and whether it is `past_usual_time`.

    After RELEASE_TIME_OF_DAY, the day's schedules without a time are reached. In a statement that is compiled once, the
    values are parameters.
    """

    moment: dt.datetime | Parameter
    day: dt.date | Parameter
    time: dt.time | Parameter
    past_usual_time: bool

    @classmethod
    def at(cls, now: dt.datetime) -> Self:
        """Return what is reached at the aware datetime `now`."""
        reached = schedule.reached(now)
        return cls(now, reached.date(), reached.time(), reached.time() >= settings.RELEASE_TIME_OF_DAY)

    def schedules(self) -> list[Q]:
        """Return the schedules that are reached, each condition a range of an index: earlier days, and this day."""
        today = Q(scheduled_release_date=self.day)
        ranges = [Q(scheduled_release_date__lt=self.day), today & Q(scheduled_release_time__lte=self.time)]
        if self.past_usual_time:
            ranges.append(today & Q(scheduled_release_time__isnull=True))
        return ranges


def reached_schedules(now: dt.datetime) -> list[Q]:
    """Return the schedules that the portal's wall clock has reached at `now`, each condition an index range."""
    return Reached.at(now).schedules()


_CaseManager = models.Manager.from_queryset(CaseQuerySet)


class CaseManager(_CaseManager["Case"]):
    """Cases without their long description, which no list, wave or mail reads. Code that shows it requests it with
    `with_description`."""

    def get_queryset(self) -> CaseQuerySet:
        return cast(CaseQuerySet, super().get_queryset().defer("description"))
