"""Members who look at their released cases: most within a day or two, some never."""

import datetime as dt
import random
from collections.abc import Callable, Iterator
from functools import partial

from cases.core import schedule
from cases.lifecycle import first_views
from cases.models import Case, CaseDocument, FirstView
from cases.models.case_states import UNOPENED

LOOKS = (dt.time(9, 20), dt.time(13, 5), dt.time(19, 40))
# One in this many cases stays unopened.
FORGOTTEN = 5
Step = tuple[dt.datetime, Callable[[], object]]


def looks(first: dt.datetime, last: dt.datetime) -> Iterator[Step]:
    """Yield what members do from `first` to `last`: some of them look, three times a day."""
    chance = random.Random(21)  # noqa: S311  (the same portal every time)
    day = schedule.date_of(first)
    while day <= schedule.date_of(last):
        for time in LOOKS:
            if (at := schedule.instant(day, time)) <= last:
                yield at, partial(_look_around, chance)
        day += dt.timedelta(days=1)


def _look_around(chance: random.Random) -> None:
    for case in Case.objects.filter(UNOPENED).order_by("pk"):
        if case.pk % FORGOTTEN and chance.random() < 0.25:
            first_views.mark_seen(case, FirstView.Kind.PAGE)
            if case.documents.filter(kind=CaseDocument.Kind.REPORT).exists():
                first_views.mark_seen(case, FirstView.Kind.DOCUMENT)
