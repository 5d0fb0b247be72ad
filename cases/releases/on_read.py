"""The first question of every look (DESIGN rule 11): whether anything of a member can be due at all."""

import datetime as dt
import functools

from cases.db.compiled_queries import PERSON, CompiledQuery
from cases.models import Case, User
from cases.models.case import SCHEDULED


def earliest_scheduled_date(member: User) -> dt.date | None:
    """The calendar date of the first of the member's schedules, None without any. The first entry of an index: of all
    looks only those on the day itself, or of a member with a failed release, need to ask more."""
    row = _earliest().fetch(person=member.pk)
    return row[0][1] if row else None


@functools.cache
def _earliest() -> CompiledQuery:
    cases = Case.objects.filter(SCHEDULED, member=PERSON)
    return CompiledQuery.rows_of(
        cases.order_by("scheduled_release_date", "scheduled_release_time").values("scheduled_release_date")[:1]
    )
