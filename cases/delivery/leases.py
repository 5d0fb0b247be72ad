"""Claims on waiting e-mails: made for one lease, ended by what became of the message.

Claiming and recording are short transactions of their own; nothing is locked while a server is talked to. What a dead
sender had claimed is claimed again when its lease ends, under the Message-ID that the first claim fixed.
"""

import datetime as dt
import random
import uuid
from collections import defaultdict
from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case as Choose
from django.db.models import CharField, F, OuterRef, QuerySet, Subquery, UUIDField, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, Left
from django.utils.translation import gettext_noop as _noop

from cases.core.clock import portal_now
from cases.db.bulk import Digest, execute_without_waiting_for_the_disk, ids_as_rows
from cases.db.retry import repeated_until_stored
from cases.delivery.email_batch import EmailBatch, RenderedEmail
from cases.delivery.email_kinds import KINDS, kinds_that_keep_their_address
from cases.delivery.transport import DeliveryResult, Outcome
from cases.models import OutgoingEmail, User

State = OutgoingEmail.State

# A sender begins no message of a claim after this, and the lease ends only when the last one must have come to an end:
# eleven answers (from greeting over STARTTLS and login to the end of the message) of a server that lets each wait for
# EMAIL_TIMEOUT.
CLAIM_SECONDS = 20
ANSWERS_A_MESSAGE = 11
# Answers after which a recipient's server that keeps saying "later" (4xx) is taken for a no: about two days.
MAX_DEFERRALS = 18
FIRST_RETRY = dt.timedelta(seconds=20)
LAST_RETRY = dt.timedelta(hours=6)
# Often enough to notice soon that a server is back.
SERVER_RETRY = dt.timedelta(seconds=30)

# What the rows of a batch have in common.
BATCH_FIELDS = ("claim", "kind", "group", "message_id", "recipient_id", "address")


def lease() -> dt.timedelta:
    """How long a claim holds. What a dead sender had claimed waits for so long."""
    return dt.timedelta(seconds=CLAIM_SECONDS + ANSWERS_A_MESSAGE * settings.EMAIL_TIMEOUT)


def claimable(now: dt.datetime) -> QuerySet[OutgoingEmail]:
    """What may be claimed at the aware datetime `now`: what is to be tried, and claims whose lease has ended.

    A kind that only a later version knows is left to its senders.
    """
    return OutgoingEmail.objects.filter(state__in=[State.WAITING, State.SENDING], next_try__lte=now, kind__in=KINDS)


def claim(*, limit: int) -> list[EmailBatch]:
    """Takes the waiting e-mails of up to `limit` people for one lease, a batch for each message."""
    now = portal_now()
    claim_id = uuid.uuid4()
    with transaction.atomic():
        # The person is locked and not the rows: two senders would share the rows of one person between them. Nor does
        # the address change before the claim is stored.
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
        rows.update(state=State.SENDING, claim=claim_id, next_try=now + lease(), **_message_identity(claim_id))
        return _email_batches(rows)


def _ids_to_present_addresses(addresses: dict[int, str], now: dt.datetime) -> list[int]:
    """The claimable rows of the people whose present `addresses` these are. A row with a former address becomes another
    message: the Message-ID of the first must not lead a mail program to hide the second."""
    if not addresses:
        return []
    found = claimable(now).filter(recipient_id__in=addresses)
    rows = list(found.values_list("pk", "kind", "recipient_id", "address"))
    keeps_address = kinds_that_keep_their_address()
    moved = [pk for pk, kind, person, address in rows if kind not in keeps_address and address != addresses[person]]
    if moved:
        present = User.objects.filter(pk=OuterRef("recipient_id")).values("email")
        OutgoingEmail.objects.filter(pk__in=ids_as_rows(moved)).update(
            state=State.WAITING, address=Subquery(present), group=None, message_id=""
        )
    return [pk for pk, *_ in rows]


@repeated_until_stored(lease)
def return_claim(batches: Sequence[EmailBatch]) -> None:
    """Ends the claim of `batches` that were not tried: they wait again."""
    for batch in batches:
        _claimed(batch).update(state=State.WAITING, next_try=portal_now())


@repeated_until_stored(lease)
def drop(batch: EmailBatch, rendered: RenderedEmail) -> None:
    """Ends the claim of the rows of `batch` that are no longer to be sent."""
    rows = _claimed(batch).filter(pk__in=rendered.dropped_rows)
    rows.update(state=State.DROPPED, last_error=rendered.reason)


@repeated_until_stored(lease)
def mark_undeliverable(batch: EmailBatch) -> None:
    """Ends the claim of `batch`, whose recipient has no address any more."""
    _claimed(batch).update(state=State.UNDELIVERABLE, last_error=_noop("The member has no e-mail address."))


# What the server has taken must not go out again because the database hung up meanwhile.
@repeated_until_stored(lease)
def record(batch: EmailBatch, result: DeliveryResult, *, now: dt.datetime | None = None) -> None:
    """Writes on the rows of `batch` what the server said `now`, which is the portal's present moment if not given.

    Nothing if the lease ended and another sender took over, but that this very message was sent is recorded in any
    case."""
    now = now or portal_now()
    answered = {"attempts": F("attempts") + 1, "last_error": result.error}
    match result.outcome:
        case Outcome.SENT:
            _record_sent(batch, now)
        case Outcome.REJECTED:
            _claimed(batch).update(state=State.FAILED, **answered)
        case Outcome.DEFERRED if batch.deferrals + 1 >= MAX_DEFERRALS:
            error = f"Given up after {MAX_DEFERRALS} tries: {result.error}"
            _claimed(batch).update(state=State.FAILED, **answered | {"last_error": error})
        case Outcome.DEFERRED:
            _claimed(batch).update(
                state=State.WAITING, deferrals=F("deferrals") + 1, next_try=now + _pause(batch.deferrals), **answered
            )
        case Outcome.UNREACHABLE:
            # Nothing was said about this message, so that it is no attempt: nobody's e-mail is given up for our server.
            pause = SERVER_RETRY * random.uniform(0.75, 1.25)  # noqa: S311
            _claimed(batch).update(state=State.WAITING, next_try=now + pause, last_error=result.error)


def _record_sent(batch: EmailBatch, now: dt.datetime) -> None:
    """The one statement of each message that is sent. In the words of SQL: to put them together again each time took
    Django as long as it takes to send the message. Why it need not wait for the disk: docs/adr/0005."""
    places = ", ".join(["%s"] * len(batch.row_ids))
    # Whatever claim they are in now; but under another Message-ID they have become a message to another address.
    execute_without_waiting_for_the_disk(
        f"UPDATE cases_outgoingemail SET state = 'sent', sent = %s, last_error = '', attempts = attempts + 1"  # noqa: S608
        f" WHERE id IN ({places}) AND message_id = %s AND state NOT IN ('dropped', 'sent')",
        [connection.ops.adapt_datetimefield_value(now), *batch.row_ids, batch.message_id],
    )


def _claimed(batch: EmailBatch) -> QuerySet[OutgoingEmail]:
    return OutgoingEmail.objects.filter(pk__in=batch.row_ids, state=State.SENDING, claim=batch.claim)


def _message_identity(claim_id: uuid.UUID) -> dict[str, Any]:
    """Group and Message-ID for an UPDATE of all rows of a claim: what the first claim fixed stays; what is new is the
    same for the cases of one member, kind and address, and nobody can guess it. What is about no case is alone."""
    whose = Choose(When(case__isnull=True, then="pk"), default="recipient_id")
    # Few parts: each is a level of brackets, and SQLite's parser has a hundred.
    digest = Left(Digest(Concat(Value(claim_id.hex), Cast(whose, CharField()), "kind", Value(" "), "address")), 32)
    new_message_id = Concat(Value("<mail-"), digest, Value(f"@{_mail_domain()}>"))
    return {
        "group": Coalesce("group", Cast(digest, UUIDField())),
        "message_id": Choose(When(message_id="", then=new_message_id), default="message_id"),
    }


def _email_batches(claimed: QuerySet[OutgoingEmail]) -> list[EmailBatch]:
    rows: dict[tuple[Any, ...], list[tuple[Any, ...]]] = defaultdict(list)
    columns = (*BATCH_FIELDS, "deferrals", "pk", "case_id", "payload")
    for row in claimed.order_by("pk").values_list(*columns):
        rows[row[: len(BATCH_FIELDS)]].append(row[len(BATCH_FIELDS) :])
    return [_email_batch(common, members) for common, members in rows.items()]


def _email_batch(common: tuple[Any, ...], rows: list[tuple[Any, ...]]) -> EmailBatch:
    deferrals, row_ids, case_ids, payloads = zip(*rows, strict=True)
    return EmailBatch(
        **dict(zip(BATCH_FIELDS, common, strict=True)),
        deferrals=max(deferrals),
        row_ids=row_ids,
        case_ids=tuple(pk for pk in case_ids if pk),
        payload=payloads[0],
    )


def _pause(deferrals: int) -> dt.timedelta:
    """How long to wait where the server has said "later" so often before: twice as long each time, up or down by a
    quarter at random, so that what failed together is not tried together."""
    doubled: dt.timedelta = FIRST_RETRY * 2 ** min(deferrals, 20)
    return min(doubled, LAST_RETRY) * random.uniform(0.75, 1.25)  # noqa: S311


def _mail_domain() -> str:
    sender_domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return sender_domain or urlsplit(settings.PORTAL_URL).hostname or "localhost"
