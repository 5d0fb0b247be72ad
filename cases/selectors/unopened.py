"""Released cases that their members have not opened: when the portal starts to point that out, and in which words."""

import datetime as dt

from django.conf import settings
from django.db.models import Q
from django.db.models.expressions import Expression
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import ngettext

from cases.models import Case
from cases.models.case_states import UNOPENED

# Older releases are no longer followed up.
RECENT = dt.timedelta(days=90)


def latest_release(now: dt.datetime) -> dt.datetime:
    """Return the latest release time of cases that count as not opened at the aware datetime `now`."""
    return now - dt.timedelta(days=settings.RELEASE_UNOPENED_DAYS)


def earliest_release(now: dt.datetime) -> dt.datetime:
    """Return the earliest release time of cases that count as not opened at the aware datetime `now`."""
    return now - RECENT


def released_between(earliest: dt.datetime | Expression, latest: dt.datetime | Expression) -> Q:
    """Match the cases released in that time that their members have not opened."""
    return UNOPENED & Q(actual_release_date__gt=earliest, actual_release_date__lte=latest)


def at(now: dt.datetime) -> Q:
    """Match the cases that count as not opened at the aware datetime `now`."""
    return released_between(earliest_release(now), latest_release(now))


def is_recent(case: Case) -> bool:
    """Tell whether `case` was released recently enough that a missing view means that the member has not opened it."""
    released = case.actual_release_date
    return released is not None and released > earliest_release(timezone.now())


def _label() -> str:
    days = settings.RELEASE_UNOPENED_DAYS
    return ngettext("Not opened after %(n)d day", "Not opened after %(n)d days", days) % {"n": days}


LABEL = lazy(_label, str)()
