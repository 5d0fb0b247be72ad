"""How many cases are in each state, over all people: a sample that says how old it is.

Pages count up to MAX_COUNTED. cases.monitoring.sampled_totals counts beyond that.
"""

import datetime as dt

from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.models import SampledTotal


def latest_totals() -> dict[str, SampledTotal]:
    """Return the sample by state key. Empty if nothing has been counted yet."""
    return SampledTotal.objects.in_bulk()


def age_in_words(total: SampledTotal, now: dt.datetime) -> str:
    """Return the age at the aware datetime `now`, such as "40 seconds ago" or "3 minutes ago"."""
    age = max(now - total.counted_at, dt.timedelta())
    if age < dt.timedelta(minutes=1):
        seconds = int(age.total_seconds())
        return ngettext("%(n)d second ago", "%(n)d seconds ago", seconds) % {"n": seconds}
    return _("%(age)s ago") % {"age": timesince(total.counted_at, now, depth=1)}
