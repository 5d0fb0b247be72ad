"""Job claims: a job is done once per period, however many processes and messages ask for it."""

import datetime as dt
import socket

from django.db.models import Q

from cases.models import Heartbeat

# Processes that claim the same job disagree about the present moment by no more than this.
CLOCKS_DIFFER_BY = dt.timedelta(hours=1)
NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def claim(name: str, *, before: dt.datetime, now: dt.datetime, at: dt.datetime | None = None) -> bool:
    """Claim the job `name` if its last claim is from before the aware datetime `before`. Return whether it is ours.

    Only one of several processes gets it. A claim from the future comes from a clock that was set back since, and
    blocks no one. `now` is the portal's moment. It is stored, unless `at` is given.
    """
    Heartbeat.objects.get_or_create(name=name, defaults={"at": NEVER})
    is_free = Q(at__lt=before) | Q(at__gt=now + CLOCKS_DIFFER_BY)
    mine = {"at": at or now, "host": socket.gethostname()}
    return bool(Heartbeat.objects.filter(is_free, name=name).update(**mine))
