"""Demo data of notifications: recent notifications are unread, and a technician gets a daily email right away."""

import datetime as dt

from django.db.models import F

from cases.accounts import notifications
from cases.delivery.notifications import notify_queue
from cases.models import Notification, NotificationChoice, OutgoingEmail, User

Kind = Notification.Kind
Channel = NotificationChoice.Channel
LATELY = dt.timedelta(days=2)


def settle(*, now: dt.datetime, technician: User, member: User) -> None:
    """Mark old notifications as read, and send `technician` a daily email about the queue, at `now`."""
    Notification.objects.filter(at__lt=now - LATELY).update(read_at=F("at") + dt.timedelta(hours=3))
    Notification.objects.filter(recipient=technician, kind=Kind.QUEUE).update(read_at=now)
    notifications.choose(by=technician, channels={Kind.QUEUE: Channel.DIGEST, Kind.HELD: Channel.MAIL})
    notify_queue(by=member, at=now)
    daily = OutgoingEmail.objects.filter(recipient=technician, kind=OutgoingEmail.Kind.DIGEST)
    daily.update(due=now, next_try=now)
