"""Mail hours: an email about a release, or about one not opened, waits for its member's RELEASE_MAIL_HOURS.

The sender decides this at the time of sending. An email that must wait becomes due at the next opening, which counts
neither as an attempt nor as a failure.
"""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from cases.core.clock import portal_now
from cases.core.reader_timezones import clock_of
from cases.core.wall_clock import DAYS_AHEAD
from cases.db.bulk import ids_as_rows
from cases.delivery import delivery_claims
from cases.models import OutgoingEmail, User

Kind, State = OutgoingEmail.Kind, OutgoingEmail.State
# That a case is ready, and that it is still unopened.
KINDS_WITH_HOURS = (Kind.RELEASED, Kind.UNOPENED)


def next_opening(zone_name: str, now: dt.datetime) -> dt.datetime | None:
    """Return when emails may next be sent in a person's zone, or None if they may be sent at `now`.

    If the clock shows the opening time twice, the first one counts. If the clock skips it, it is the moment right after
    the skip.
    """
    if not settings.RELEASE_MAIL_HOURS:
        return None
    first, last = settings.RELEASE_MAIL_HOURS
    clock = clock_of(zone_name, first)
    today = clock.date_at(now)
    for day in (today + dt.timedelta(days=ahead) for ahead in range(-1, DAYS_AHEAD)):
        opens, closes = clock.instant(day, first), clock.instant(day, last)
        if max(opens, now) < closes:
            return opens if opens > now else None
    return None


def must_wait(kind: str, recipient: User, now: dt.datetime) -> bool:
    """Tell whether an email of `kind` to `recipient` may not be sent at `now`."""
    return kind in KINDS_WITH_HOURS and next_opening(recipient.time_zone, now) is not None


def postpone(claimable: QuerySet[OutgoingEmail], now: dt.datetime, *, limit: int) -> None:
    """Make the `claimable` emails that may not be sent at `now` wait, if one is among the first `limit`.

    One UPDATE for each zone that is closed. If all may be sent, it costs one look at those that would be claimed.
    """
    if not settings.RELEASE_MAIL_HOURS:
        return
    first = claimable.order_by("next_try").values_list("kind", "recipient__time_zone")[:limit]
    if not any(kind in KINDS_WITH_HOURS and next_opening(zone, now) for kind, zone in set(first)):
        return
    about_releases = claimable.filter(kind__in=KINDS_WITH_HOURS)
    for zone in set(about_releases.order_by().values_list("recipient__time_zone", flat=True).distinct()):
        if opening := next_opening(zone, now):
            _wait(about_releases.filter(recipient__time_zone=zone), opening)


@transaction.atomic
def look_again(person: User) -> None:
    """Have the sender decide again about the emails to `person`, whose zone has just changed, but not before
    RELEASE_UNDO_SECONDS have passed, because until then an email may wait for another reason.
    """
    if settings.RELEASE_MAIL_HOURS:
        now = portal_now()
        about_releases = OutgoingEmail.objects.filter(recipient=person, kind__in=KINDS_WITH_HOURS)
        waiting = about_releases.filter(state=State.WAITING, due__gt=now)
        delivery_claims.wait_until(waiting, now + dt.timedelta(seconds=settings.RELEASE_UNDO_SECONDS))


@transaction.atomic
def _wait(emails: QuerySet[OutgoingEmail], opening: dt.datetime) -> None:
    """Make the emails wait. Lock the people too, because no person's zone may change before the row says that it
    waits."""
    free = emails.select_for_update(skip_locked=True, no_key=True, of=("self", "recipient")).order_by("pk")
    ids = [email.pk for email in free.select_related("recipient").only("recipient__time_zone")]
    delivery_claims.wait_until(OutgoingEmail.objects.filter(pk__in=ids_as_rows(ids)), opening)
