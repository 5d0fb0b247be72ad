"""Which changes to an account its person is told of by email, so that they notice if someone else made them.

The email is queued with the change, and sent a minute later together with what else has changed by then.
cases.delivery.security_email renders it.
"""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Max, Min, QuerySet
from django.utils.translation import gettext_noop as _noop

from cases.models import AccountEvent, OutgoingEmail
from cases.models.delivery import OPEN, first_due

Kind = AccountEvent.Kind
# Setting up two-factor authentication takes several steps, and is one email.
COLLECTED_FOR = dt.timedelta(minutes=1)
# A stranger who keeps changing things must not bury the first emails under hundreds of others: after this many within
# an hour, one email tells of everything that happens within the next hour.
MAX_PER_HOUR = 5
HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Told:
    """What is said of a change, and what it means for the account. Only fixed words: a name that was typed, such as
    that of a token, may be a stranger's."""

    what: str
    means: str = ""


@dataclass(frozen=True)
class Change:
    """What one person, or a program, did `times` times to an account, and when last."""

    kind: str
    actor_id: int | None
    times: int
    latest: dt.datetime


# Every other kind of change leads to no email of its own. tests/unit/lifecycle/test_security_notices.py says why.
TOLD: dict[str, Told] = {
    Kind.PASSWORD_CHANGED: Told(_noop("Your password was changed")),
    Kind.PASSWORD_RESET: Told(_noop("Your password was reset"), _noop("This was done with a link from an email.")),
    Kind.SECOND_FACTOR_ADDED: Told(_noop("Two-factor authentication was turned on")),
    Kind.SECOND_FACTOR_REMOVED: Told(
        _noop("Two-factor authentication was turned off"), _noop("Signing in takes only your password now.")
    ),
    Kind.RECOVERY_CODES_MADE: Told(
        _noop("New recovery codes were created"), _noop("The previous codes no longer work.")
    ),
    Kind.API_TOKEN_CREATED: Told(
        _noop("An API token was created"), _noop("A program that has it can use the portal on your behalf.")
    ),
    Kind.CALENDAR_FEED_MADE: Told(
        _noop("A link to your calendar feed was created"),
        _noop("Anyone with the link can view the feed without signing in."),
    ),
}


def queue(event: AccountEvent) -> None:
    """Queue an email about `event`, whose person is locked, or add it to the one that no sender has claimed yet.

    None for kinds that are not TOLD, and for a person without an address.
    """
    person = event.person
    if event.kind not in TOLD or not person.email:
        return
    about = {"recipient": person, "kind": OutgoingEmail.Kind.ACCOUNT_SECURITY}
    emails = OutgoingEmail.objects.filter(**about)
    # What has been claimed may have arrived. It stays as it is, also if it is sent again.
    unclaimed = emails.filter(state=OutgoingEmail.State.WAITING, group__isnull=True, attempts=0).first()
    if unclaimed:
        unclaimed.payload = {**(unclaimed.payload or {}), "last": event.pk}
        unclaimed.save(update_fields=["payload"])
        return
    payload = {"first": event.pk, "last": event.pk}
    due = first_due(event.at + _collected_for(emails, event.at), created=event.at)
    OutgoingEmail.objects.create(**about, address=person.email, payload=payload, **due)


def _collected_for(emails: QuerySet[OutgoingEmail], now: dt.datetime) -> dt.timedelta:
    """Return how long the next of `emails` waits for more changes."""
    number = emails.filter(OPEN).count() + emails.filter(sent__gt=now - HOUR).count()
    return COLLECTED_FOR if number < MAX_PER_HOUR else HOUR


def changes_told_in(email_payload: dict[str, int], person_id: int) -> list[Change]:
    """Return the changes that the email with this payload tells of, in the order in which they first happened.

    A kind that happened often is one of them, so that a flood of one kind can't hide another.
    """
    keys = (email_payload["first"], email_payload["last"])
    events = AccountEvent.objects.filter(person=person_id, pk__range=keys, kind__in=TOLD).order_by()
    changes = events.values("kind", "actor_id").annotate(times=Count("pk"), latest=Max("at"), first=Min("pk"))
    return [Change(row["kind"], row["actor_id"], row["times"], row["latest"]) for row in changes.order_by("first")]
