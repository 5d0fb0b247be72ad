"""Remind members once about releases that they haven't opened after RELEASE_UNOPENED_DAYS.

A stored mark holds the release time up to which reminders were sent. If there is none yet, it starts at the current
one, so nobody is reminded of releases from before the portal sent these reminders.
"""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from cases.core.clock import portal_now
from cases.delivery import celery_publisher
from cases.lifecycle.notification_choices import BY_EMAIL
from cases.models import Case, Heartbeat, Notification, NotificationChoice, OutgoingEmail
from cases.models.case_states import UNOPENED
from cases.models.delivery import first_due

MARK = "unopened reminders"
# Emails in one transaction.
BATCH = 1000
# Case, release number, member and address.
Row = tuple[int, int, int, str]


def queue_unopened_reminders() -> int:
    """Queue the reminders that are due. Return how many. Takes one statement if these reminders are off."""
    if not settings.RELEASE_UNOPENED_REMINDER:
        # The next time it is turned on, it begins there.
        Heartbeat.objects.filter(name=MARK).delete()
        return 0
    count = 0
    until = portal_now() - dt.timedelta(days=settings.RELEASE_UNOPENED_DAYS)
    while done := _queue_some(until):
        count += done
    return count


@transaction.atomic
def _queue_some(until: dt.datetime) -> int:
    """Queue up to BATCH reminders of releases up to `until`. Move the mark if that was all."""
    mark, is_new = Heartbeat.objects.select_for_update().get_or_create(name=MARK, defaults={"at": until})
    if mark.at > until:
        # The clock was wrong, and has been set back. People who were reminded in the meantime are not reminded again.
        Heartbeat.objects.filter(name=MARK).update(at=until)
    if is_new or mark.at >= until:
        return 0
    rows = list(_unopened_between(mark.at, until)[:BATCH])
    _queue(rows)
    if len(rows) < BATCH:
        Heartbeat.objects.filter(name=MARK).update(at=until)
    return len(rows)


def _queue(rows: list[Row]) -> None:
    if not rows:
        return
    moments = first_due(portal_now())
    OutgoingEmail.objects.bulk_create(
        OutgoingEmail(
            kind=OutgoingEmail.Kind.UNOPENED,
            case_id=pk,
            release_number=number,
            recipient_id=member,
            address=address,
            **moments,
        )
        for pk, number, member, address in rows
    )
    transaction.on_commit(celery_publisher.publish_mail_waiting, robust=True)


def _unopened_between(earliest: dt.datetime, latest: dt.datetime):  # type: ignore[no-untyped-def]  # values
    """Return case, release number, member and address, along the index of unopened releases."""
    told = OutgoingEmail.objects.filter(
        case=OuterRef("pk"), kind=OutgoingEmail.Kind.UNOPENED, release_number=OuterRef("release_number")
    )
    chosen = NotificationChoice.objects.filter(user=OuterRef("member"), kind=Notification.Kind.UNOPENED)
    released = Case.objects.filter(UNOPENED, actual_release_date__gt=earliest, actual_release_date__lte=latest)
    wanted = released.filter(~Exists(told), ~Exists(chosen.exclude(channel__in=BY_EMAIL)))
    found = wanted.filter(member__is_active=True).exclude(member__email="")
    in_order = found.order_by("actual_release_date", "pk")
    return in_order.values_list("pk", "release_number", "member_id", "member__email")
