"""How many cases there are in each state, over everybody's: a sample that says how old it is.

Pages count up to a thousand. What goes beyond is counted by a periodic task of its own, off the pages and the sweep.
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

# The periodic task comes every minute; one that was doubled, or has waited in a queue, finds the sample fresh.
LEAST_PAUSE = dt.timedelta(seconds=50)
# Counting takes no more than this share of the time, however many cases there are.
SHARE = 0.01


def count_again() -> bool:
    """Counts the cases of every state that staff read, in one statement. Whether it did: not while the sample is fresh,
    which one that took long is for longer."""
    latest = SampledTotal.objects.order_by("-counted_at").first()
    now = portal_now()
    # Either way: a sample from the future, by a clock that was set back, must not last until then.
    if latest and abs(now - latest.counted_at) < _pause_after(latest.seconds):
        return False
    begun = time.monotonic()
    wanted = {state.key: Count("pk", filter=state.where) for state in display_states.for_staff()}
    counts = Case.objects.aggregate(**wanted)
    seconds = time.monotonic() - begun
    SampledTotal.objects.bulk_create(
        (SampledTotal(state=key, cases=cases, counted_at=now, seconds=seconds) for key, cases in counts.items()),
        update_conflicts=True,
        unique_fields=["state"],
        update_fields=["cases", "counted_at", "seconds"],
    )
    return True


def latest_totals() -> dict[str, SampledTotal]:
    """The sample by the keys of states; empty where nothing has been counted yet."""
    return SampledTotal.objects.in_bulk()


def age_in_words(total: SampledTotal, now: dt.datetime) -> str:
    """Such as "40 seconds ago" or "3 minutes ago"; `now` is an aware datetime."""
    age = max(now - total.counted_at, dt.timedelta())
    if age < dt.timedelta(minutes=1):
        seconds = int(age.total_seconds())
        return ngettext("%(n)d second ago", "%(n)d seconds ago", seconds) % {"n": seconds}
    return _("%(age)s ago") % {"age": timesince(total.counted_at, now, depth=1)}


def _pause_after(seconds: float) -> dt.timedelta:
    return max(LEAST_PAUSE, dt.timedelta(seconds=seconds / SHARE))
