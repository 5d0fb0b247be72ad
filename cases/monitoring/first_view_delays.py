"""How long after a release its member first saw it: one range of the index first_view_at, counted as days are."""

import datetime as dt
from collections import Counter

from django.db.models import Exists, OuterRef, Subquery

from cases.models import CaseEvent, FirstView
from cases.monitoring import latency_histogram


def between(start: dt.datetime, end: dt.datetime) -> Counter[int]:
    """Return the histogram of the releases that were first seen in that time, in any way.

    A release without a history entry has no starting point and is left out.
    """
    same = FirstView.objects.filter(case=OuterRef("case"), release_number=OuterRef("release_number"))
    firsts = FirstView.objects.filter(~Exists(same.filter(pk__lt=OuterRef("pk"))), at__gte=start, at__lt=end)
    released = CaseEvent.objects.filter(
        case=OuterRef("case"), release_number=OuterRef("release_number"), kind=CaseEvent.Kind.RELEASED
    )
    times = firsts.order_by().annotate(released_at=Subquery(released.order_by().values("at")[:1]))
    return Counter(
        latency_histogram.bucket_of((at - released_at).total_seconds())
        for at, released_at in times.values_list("at", "released_at")
        if released_at
    )
