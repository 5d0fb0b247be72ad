"""How many cases are in each state, over all people: a sample that says how old it is.

Pages count up to MAX_COUNTED. A periodic task counts beyond that, separately from pages and the sweep.
"""

import datetime as dt
import time

from django.db.models import Count
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.core.clock import portal_now
from cases.lifecycle import display_states
from cases.models import Case, SampledTotal

# The periodic tasks that count run every minute. One that was sent twice, or waited in a queue, finds its count
# fresh.
MIN_INTERVAL = dt.timedelta(seconds=50)
# Counting takes at most this share of the time, however many cases there are.
MAX_TIME_SHARE = 0.01


def refresh() -> bool:
    """Count the cases of every state that staff see, in one statement. Return False while the sample is fresh.

    A sample that took long to count stays fresh for longer.
    """
    latest = SampledTotal.objects.order_by("-counted_at").first()
    now = portal_now()
    # In both directions: after the clock was set back, a sample from the future must not stay fresh until then.
    if latest and abs(now - latest.counted_at) < _interval_after(latest.seconds):
        return False
    begun = time.monotonic()
    number_of = {state.key: Count("pk", filter=state.where) for state in display_states.for_staff()}
    counts = Case.objects.aggregate(**number_of)
    seconds = time.monotonic() - begun
    SampledTotal.objects.bulk_create(
        (SampledTotal(state=key, cases=cases, counted_at=now, seconds=seconds) for key, cases in counts.items()),
        update_conflicts=True,
        unique_fields=["state"],
        update_fields=["cases", "counted_at", "seconds"],
    )
    return True


def latest_totals() -> dict[str, SampledTotal]:
    """Return the sample by state key; empty where nothing was counted yet."""
    return SampledTotal.objects.in_bulk()


def age_in_words(total: SampledTotal, now: dt.datetime) -> str:
    """Return the age at the aware datetime `now`, such as "40 seconds ago" or "3 minutes ago"."""
    age = max(now - total.counted_at, dt.timedelta())
    if age < dt.timedelta(minutes=1):
        seconds = int(age.total_seconds())
        return ngettext("%(n)d second ago", "%(n)d seconds ago", seconds) % {"n": seconds}
    return _("%(age)s ago") % {"age": timesince(total.counted_at, now, depth=1)}


def _interval_after(seconds: float) -> dt.timedelta:
    return max(MIN_INTERVAL, dt.timedelta(seconds=seconds / MAX_TIME_SHARE))
