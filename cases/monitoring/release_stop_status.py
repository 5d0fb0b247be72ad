"""What starting releases would do: how many cases are due by now, and how many emails that causes."""

import datetime as dt
from dataclasses import dataclass
from itertools import chain, islice

from cases.models import Case
from cases.selectors.pagination import MAX_COUNTED, CappedCount


@dataclass(frozen=True)
class HeldByStop:
    """The cases that a start would release, and the members who would get an email: one each, unless workers share the
    cases."""

    cases: CappedCount
    emails: CappedCount


def held_by_stop(now: dt.datetime) -> HeldByStop:
    """Return what is due at the aware datetime `now`. Three statements, which read MAX_COUNTED + 1 rows each at most.

    The emails are those of the cases that were counted.
    """
    columns = "member_id", "member__email", "member__is_active"
    ranges = (due.values_list(*columns)[: MAX_COUNTED + 1] for due in Case.objects.all().due_index_ranges(now))
    rows = list(islice(chain.from_iterable(ranges), MAX_COUNTED + 1))
    members = {member for member, address, is_active in rows if address and is_active}
    return HeldByStop(CappedCount(len(rows)), CappedCount(len(members)))
