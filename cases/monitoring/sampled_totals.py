"""Sampled totals: how many cases are in each state, over all people, counted now and then by a periodic task,
separately from pages and the sweep. cases.selectors.case_counts reads the sample.
"""

import datetime as dt
import time

from django.db.models import Count

from cases.core.clock import portal_now
from cases.lifecycle import state_labels
from cases.models import Case, SampledTotal

# The counting tasks run every minute. One that was sent twice, or waited in a queue, finds a fresh count.
MIN_INTERVAL = dt.timedelta(seconds=50)
# Counting takes at most this share of the time, however many cases there are.
MAX_TIME_SHARE = 0.01


def refresh() -> bool:
    """Count the cases of every state that staff see, in one statement. Return False while the sample is fresh.

    A sample that took longer to count stays fresh for longer.
    """
    latest = SampledTotal.objects.order_by("-counted_at").first()
    now = portal_now()
    # In both directions: after the clock was set back, a sample from the future must not stay fresh until then.
    if latest and abs(now - latest.counted_at) < _interval_after(latest.seconds):
        return False
    begun = time.monotonic()
    number_of = {state.key: Count("pk", filter=state.where) for state in state_labels.for_staff()}
    counts = Case.objects.aggregate(**number_of)
    seconds = time.monotonic() - begun
    SampledTotal.objects.bulk_create(
        (SampledTotal(state=key, cases=cases, counted_at=now, seconds=seconds) for key, cases in counts.items()),
        update_conflicts=True,
        unique_fields=["state"],
        update_fields=["cases", "counted_at", "seconds"],
    )
    return True


def _interval_after(seconds: float) -> dt.timedelta:
    return max(MIN_INTERVAL, dt.timedelta(seconds=seconds / MAX_TIME_SHARE))
