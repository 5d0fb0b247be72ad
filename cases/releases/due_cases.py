"""Which cases are due. The statements that find and lock them are compiled once, because every wake-up runs them."""

import datetime as dt
import functools
from collections.abc import Sequence
from typing import Any

from django.db.models import CharField, Exists, TextField, TimeField

from cases.db.bulk import id_list, listed_rows
from cases.db.compiled_queries import DAY, MOMENT, PERSON, TIME, CompiledQuery, Parameter
from cases.lifecycle import release_stop, stored_clock
from cases.models import Case, PortalClock, User
from cases.models.case_queryset import Reached

LEFT_OUT = Parameter("left_out", TextField())
# The same names as in `stored_clock.ours`.
OUR_CLOCK: dict[str, Any] = {
    "time_zone": Parameter("time_zone", CharField()),
    "release_time_of_day": Parameter("release_time_of_day", TimeField()),
}


def any_due(now: dt.datetime, *, member: User | None = None) -> bool:
    """Tell whether a case (of that member) is due at the aware `now`, and releases are not stopped.

    One statement. ClockMismatch if the clock in the settings is not the one in the database.
    """
    reached = Reached.at(now)
    person = member.pk if member else None
    rows = _probe(reached.past_usual_time, member is not None).fetch(person=person, **_values(reached))
    if not rows or not rows[0][1]:
        stored_clock.refuse()
    return bool(rows[0][2])


def lock_due(now: dt.datetime, *, limit: int, left_out: Sequence[int] = ()) -> list[int]:
    """Lock up to `limit` cases that are due at the aware `now`, except those `left_out`.

    Return their keys. Rows that others have locked are skipped. There are none if releases were stopped, or the clock
    was changed, in the meantime.
    """
    reached = Reached.at(now)
    values = _values(reached) | {"left_out": id_list(left_out)}
    keys: list[int] = []
    for statement in _locking(reached.past_usual_time):
        if len(keys) < limit:
            keys += [pk for (pk,) in statement.fetch(limit=limit - len(keys), **values)]
    return keys


@functools.cache
def _probe(past_usual_time: bool, of_member: bool) -> CompiledQuery:
    cases = Case.objects.filter(member=PERSON) if of_member else Case.objects.all()
    due = release_stop.is_off() & Exists(cases.first_by(Reached(MOMENT, DAY, TIME, past_usual_time)))
    clock = PortalClock.objects.filter(pk=PortalClock.ONLY)
    return CompiledQuery.rows_of(clock.values_list(stored_clock.is_stored(**OUR_CLOCK), due))


@functools.cache
def _locking(past_usual_time: bool) -> list[CompiledQuery]:
    cases = Case.objects.exclude(pk__in=listed_rows(LEFT_OUT))
    allowed = (release_stop.is_off(), stored_clock.is_stored(**OUR_CLOCK))
    ranges = cases.index_ranges_by(Reached(MOMENT, DAY, TIME, past_usual_time))
    locked = (
        index_range.filter(*allowed).select_for_update(skip_locked=True, no_key=True, of=("self",))
        for index_range in ranges
    )
    return [CompiledQuery.limited(rows.values_list("pk", flat=True)) for rows in locked]


def _values(reached: Reached) -> dict[str, Any]:
    return {"moment": reached.moment, "day": reached.day, "time": reached.time, **stored_clock.ours()}
