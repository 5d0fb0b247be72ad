"""Claims on waiting emails. One claim takes all open emails of a person, one batch for each message.

The first claim of a batch fixes its group and Message-ID, and every retry keeps them (docs/rules.md, 12).
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case as Choose
from django.db.models import CharField, OuterRef, Q, QuerySet, Subquery, UUIDField, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, Left

from cases.core.clock import portal_now
from cases.core.email_addresses import for_mail_server
from cases.db.bulk import Digest, execute_with_async_commit, ids_as_rows
from cases.db.retry import retry_until_stored
from cases.delivery import delivery_claims, mail_hours, retries
from cases.delivery.email_batch import EmailBatch, RenderedEmail
from cases.delivery.email_kinds import KINDS, kinds_that_keep_their_address
from cases.delivery.results import DeliveryResult, Outcome
from cases.models import OutgoingEmail, User
from cases.models.outgoing_email import COLLECTING_KINDS

State = OutgoingEmail.State

# A message takes eleven replies from the server, from the greeting through STARTTLS and login to the end. With a slow
# server, each may take EMAIL_TIMEOUT.
ANSWERS_PER_MESSAGE = 11

# What the rows of a batch have in common.
BATCH_FIELDS = ("claim", "kind", "group", "message_id", "recipient_id", "address")


def lease() -> dt.timedelta:
    """Return how long a claim lasts: until the last message that a live sender has started must be finished."""
    return dt.timedelta(seconds=delivery_claims.CLAIM_SECONDS + ANSWERS_PER_MESSAGE * settings.EMAIL_TIMEOUT)


def claimable(now: dt.datetime) -> QuerySet[OutgoingEmail]:
    """Return the emails that may be claimed at the aware datetime `now`.

    Kinds that only a later version knows are left to its senders.
    """
    return delivery_claims.claimable(OutgoingEmail.objects.all(), now).filter(kind__in=KINDS)


def claim(*, limit: int) -> list[EmailBatch]:
    """Claim the first `limit` emails and whatever else is claimable for their people. Return a batch per message.

    Emails that may not be sent at this hour wait (cases.delivery.mail_hours).
    """
    now = portal_now()
    claim_id = uuid.uuid4()
    mail_hours.postpone(claimable(now), now, limit=limit)
    with transaction.atomic():
        # Locks the person, not the rows, because two senders would split the rows of one person. It also keeps the
        # address from changing before the claim is stored.
        free = (
            claimable(now)
            .select_related("recipient")
            .select_for_update(skip_locked=True, no_key=True, of=("recipient",))
        )
        free = free.only("recipient__email").order_by("next_try")[:limit]
        addresses = {row.recipient_id: row.recipient.email for row in free}
        ids = _ids_to_present_addresses(addresses, now)
        if not ids:
            return []
        rows = OutgoingEmail.objects.filter(pk__in=ids_as_rows(ids))
        rows.update(**delivery_claims.claim_columns(claim_id, until=now + lease()), **_message_identity(claim_id))
        return _email_batches(rows)


def _ids_to_present_addresses(addresses: dict[int, str], now: dt.datetime) -> list[int]:
    """Return the claimable rows of these people, and give rows with a former address the one in `addresses`.

    Such a row becomes another message. Under the Message-ID of the first, a mail program would hide the second.
    """
    if not addresses:
        return []
    found = claimable(now).filter(recipient_id__in=addresses)
    rows = list(found.values_list("pk", "kind", "recipient_id", "address"))
    keeps_address = kinds_that_keep_their_address()
    moved = [pk for pk, kind, person, address in rows if kind not in keeps_address and address != addresses[person]]
    if moved:
        present = User.objects.filter(pk=OuterRef("recipient_id")).values("email")
        OutgoingEmail.objects.filter(pk__in=ids_as_rows(moved)).update(
            **delivery_claims.interruption(), state=State.WAITING, address=Subquery(present), group=None, message_id=""
        )
    return [pk for pk, *_ in rows]


@retry_until_stored(lease)
def return_claim(batches: Sequence[EmailBatch]) -> None:
    """End the claims on `batches` that were not tried. They wait again."""
    for batch in batches:
        delivery_claims.return_claim(_held(batch))


@retry_until_stored(lease)
def drop(batch: EmailBatch, rendered: RenderedEmail) -> None:
    """End the claim on the rows of `batch` that must no longer be sent."""
    delivery_claims.drop(_held(batch).filter(pk__in=rendered.dropped_rows), reason=rendered.reason)


@retry_until_stored(lease)
def mark_undeliverable(batch: EmailBatch, *, reason: str) -> None:
    """End the claim on `batch`, whose recipient cannot get it now."""
    delivery_claims.mark_undeliverable(_held(batch), reason=reason)


# A message that the server has accepted must not be sent again because the database connection was lost.
@retry_until_stored(lease)
def record(batch: EmailBatch, result: DeliveryResult, *, now: dt.datetime | None = None) -> None:
    """Record the result of sending `batch` at `now`, by default the portal's present moment.

    A failure is recorded only while the claim lasts. The fact that this message was sent is always recorded.
    """
    now = now or portal_now()
    if result.outcome is Outcome.SENT:
        _record_sent(batch, now)
    else:
        retries.record_failure(_held(batch), result, deferrals=batch.deferrals, now=now)


def _record_sent(batch: EmailBatch, now: dt.datetime) -> None:
    """Run the single statement per sent message.

    It is plain SQL, because compiling it took Django as long as sending the message. Why it need not wait for the disk:
    docs/adr/0005-mail-recorded-one-by-one.md.
    """
    places = ", ".join(["%s"] * len(batch.row_ids))
    # Whatever claim holds them now, unless the message came back already. But under another Message-ID they have become
    # a message to another address.
    execute_with_async_commit(
        f"UPDATE cases_outgoingemail SET state = 'sent', sent = %s, last_error = '', attempts = attempts + 1"  # noqa: S608
        f" WHERE id IN ({places}) AND message_id = %s AND state NOT IN ('dropped', 'sent', 'undeliverable')",
        [connection.ops.adapt_datetimefield_value(now), *batch.row_ids, batch.message_id],
    )


def _held(batch: EmailBatch) -> QuerySet[OutgoingEmail]:
    return delivery_claims.held_by(batch.claim, OutgoingEmail.objects.filter(pk__in=batch.row_ids))


def _message_identity(claim_id: uuid.UUID) -> dict[str, Any]:
    """Return group and Message-ID for an UPDATE of all rows of a claim.

    Rows that have them keep them. New ones are shared by the cases of one member, kind and address, and can't be
    guessed. An email about an account is always a separate message.
    """
    about_an_account = Q(case__isnull=True) & ~Q(kind__in=COLLECTING_KINDS)
    whose = Choose(When(about_an_account, then="pk"), default="recipient_id")
    # Few parts, because each is a level of brackets, and SQLite's parser allows only a hundred.
    digest = Left(Digest(Concat(Value(claim_id.hex), Cast(whose, CharField()), "kind", Value(" "), "address")), 32)
    new_message_id = Concat(Value("<mail-"), digest, Value(f"@{_mail_domain()}>"))
    return {
        "group": Coalesce("group", Cast(digest, UUIDField())),
        "message_id": Choose(When(message_id="", then=new_message_id), default="message_id"),
    }


def _email_batches(claimed: QuerySet[OutgoingEmail]) -> list[EmailBatch]:
    rows: dict[tuple[Any, ...], list[tuple[Any, ...]]] = defaultdict(list)
    columns = (*BATCH_FIELDS, "deferrals", "pk", "case_id", "release_number", "payload")
    for row in claimed.order_by("pk").values_list(*columns):
        rows[row[: len(BATCH_FIELDS)]].append(row[len(BATCH_FIELDS) :])
    return [_email_batch(common, members) for common, members in rows.items()]


def _email_batch(common: tuple[Any, ...], rows: list[tuple[Any, ...]]) -> EmailBatch:
    deferrals, row_ids, case_ids, release_numbers, payloads = zip(*rows, strict=True)
    return EmailBatch(
        **dict(zip(BATCH_FIELDS, common, strict=True)),
        deferrals=max(deferrals),
        row_ids=row_ids,
        case_ids=tuple(pk for pk in case_ids if pk),
        release_numbers=tuple(number for number in release_numbers if number),
        payload=payloads[0],
    )


def _mail_domain() -> str:
    sender_domain = parseaddr(for_mail_server(settings.DEFAULT_FROM_EMAIL))[1].rpartition("@")[2]
    return sender_domain or urlsplit(settings.PORTAL_URL).hostname or "localhost"
