"""What people do with notifications: mark them read, choose how they are notified, stop their emails."""

from collections.abc import Collection, Mapping, Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from cases.core.clock import portal_now
from cases.core.errors import CaseError
from cases.db.bulk import ids_as_rows
from cases.db.index_order import order_along_index
from cases.lifecycle.history import log_committed
from cases.lifecycle.locking import lock_people, lock_people_by_key
from cases.lifecycle.notification_choices import BY_EMAIL, choices_of
from cases.lifecycle.notification_kinds import KINDS
from cases.models import Case, Notification, NotificationChoice, User

Channel = NotificationChoice.Channel
# Marked read in one statement.
BATCH = 1000


def mark_read(*, by: User, about: Notification) -> None:
    """Mark read the notifications of `by` up to `about`, on the same case or on the queue, among the latest BATCH."""
    _mark([pk for pk, case in _unread(by, upto=about.pk) if case == about.case_id])


def mark_these_read(*, by: User, keys: Collection[int]) -> None:
    """Mark read the notifications of `by` with these keys, up to BATCH, which a page showed as one."""
    own = Notification.objects.filter(recipient=by, read_at__isnull=True, pk__in=sorted(keys)[:BATCH])
    _mark(list(own.values_list("pk", flat=True)))


def mark_all_read(*, by: User, upto: int) -> None:
    """Mark read the notifications of `by` up to the one with the key `upto`: they have not seen later ones.

    Nor have they seen those on a case that they can't read now.
    """
    while unread := _unread(by, upto=upto):
        readable = set(
            Case.objects.readable_by(by).filter(pk__in={case for _pk, case in unread}).values_list("pk", flat=True)
        )
        _mark([pk for pk, case in unread if case is None or case in readable])
        upto = unread[-1][0] - 1


@transaction.atomic
def choose(*, by: User, channels: Mapping[str, str]) -> None:
    """Have `by` be notified as in `channels`, by kind.

    CaseError for an unknown kind or channel. A choice that equals the current one is not stored: if it was never
    chosen, it keeps following the portal's settings.
    """
    by = lock_people(by)[by.pk]
    present = choices_of(by)
    if any(kind not in present or channel not in KINDS[kind].channels for kind, channel in channels.items()):
        raise CaseError(_("Choose how you want to be notified."))
    _store(by, {kind: channel for kind, channel in channels.items() if present[kind] != channel})


@transaction.atomic
def stop_emails(*, person: int, kinds: Collection[str]) -> None:
    """Notify the person with this key of `kinds` only in the portal, because they followed the link in an email."""
    by = lock_people_by_key({person}).get(person)
    if by is None:
        return
    present = choices_of(by)
    _store(by, {kind: Channel.PORTAL for kind in KINDS if kind in kinds and present.get(kind) in BY_EMAIL})


def _store(person: User, channels: Mapping[str, str]) -> None:
    rows = [NotificationChoice(user=person, kind=kind, channel=channel) for kind, channel in channels.items()]
    NotificationChoice.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["user", "kind"], update_fields=["channel"]
    )
    if rows:
        log_committed("notification choices changed", by=person.pk, kinds=sorted(channels))


def _unread(by: User, *, upto: int) -> list[tuple[int, int | None]]:
    """Return the keys and cases of the latest BATCH that `by` has not read, along their index."""
    rows = Notification.objects.filter(read_at__isnull=True, pk__lte=upto)
    found = order_along_index(rows, "recipient_id", by.pk, ("-pk",), forwards=True)
    return list(found.values_list("pk", "case_id")[:BATCH])


def _mark(keys: Sequence[int]) -> None:
    Notification.objects.filter(pk__in=ids_as_rows(keys)).update(read_at=portal_now())
