"""The outbox: claim waiting e-mails, hand them to the SMTP server, record what became of them (DESIGN §4, E-mail).

Claiming and recording are short transactions of their own; nothing is locked while a server is talked to. What a dead
sender had claimed is claimed again when its lease ends, under the Message-ID that the first claim fixed.
"""

import datetime as dt
import math
import random
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case as Choose
from django.db.models import CharField, F, QuerySet, UUIDField, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, Left
from django.utils.translation import gettext_noop as _noop

from cases import mail
from cases.clock import portal_clock, portal_now
from cases.models import Case, OutgoingEmail
from cases.reconnect import repeated_until_stored
from cases.smtp import Outcome, Transport, Verdict
from cases.sql import Digest, execute_without_waiting_for_the_disk, ids_as_rows

logger = structlog.get_logger(__name__)

State = OutgoingEmail.State

# A sender begins no message of a claim after this, and the lease ends only when the last one must have come to an end:
# eleven answers (from greeting over STARTTLS and login to the end of the message) of a server that lets each wait for
# EMAIL_TIMEOUT.
CLAIM_SECONDS = 20
ANSWERS_A_MESSAGE = 11
PARCELS_PER_CLAIM = 50
# What members may see is asked for a whole claim at once, and again for what is left of it after so long.
LOOK_SECONDS = 1
# Tries after which a recipient's server that keeps saying "later" (4xx) is taken for a no: about two days.
MAX_ATTEMPTS = 18
FIRST_RETRY = dt.timedelta(seconds=20)
LAST_RETRY = dt.timedelta(hours=6)
# Often enough to notice soon that a server is back.
RETRY_OF_SERVER = dt.timedelta(seconds=30)
# So many failures of the connection in a row end a run: the server is down, and the next sweep tries again.
PATIENCE = 3


@dataclass(frozen=True)
class Parcel:
    """The rows that go to one member in one message, claimed by one sender. `attempt` tells this claim from others."""

    group: uuid.UUID
    message_id: str
    recipient_id: int
    address: str
    attempt: int
    row_ids: tuple[int, ...]
    case_ids: tuple[int, ...]


# What the rows of a parcel have in common.
PARCEL_FIELDS = ("group", "message_id", "recipient_id", "address", "attempts")


@dataclass
class Tally:
    """What a run of the sender did, in messages."""

    sent: int = 0
    retried: int = 0
    failed: int = 0
    more: bool = False


def is_waiting() -> bool:
    """Whether any e-mail could be claimed now. One index probe."""
    return OutgoingEmail.objects.filter(**_claimable(portal_now())).exists()


def deliver(*, seconds: float | None = None, when_more: Callable[[], object] | None = None) -> Tally:
    """Sends what is waiting until nothing is, or `seconds` have passed (then `more` is set), or the server is down.

    `when_more` is called once at most: after a claim that was full, or when the time is over before the work is.
    """
    tally = Tally()
    ends = time.monotonic() + seconds if seconds is not None else math.inf
    with Transport() as transport:
        while parcels := claim(limit=PARCELS_PER_CLAIM):
            full = sum(len(parcel.row_ids) for parcel in parcels) >= PARCELS_PER_CLAIM
            _work_through(parcels, transport, tally, last_start=min(ends, time.monotonic() + CLAIM_SECONDS))
            give_back(parcels)
            if transport.failures_in_a_row >= PATIENCE:
                break
            tally.more = time.monotonic() >= ends
            if when_more and (full or tally.more):
                when_more()
                when_more = None
            if tally.more:
                break
    return tally


def claim(*, limit: int) -> list[Parcel]:
    """Takes the waiting e-mails of up to `limit` members for one lease, a parcel for each member and group."""
    now = portal_now()
    until = now + lease()
    with transaction.atomic():
        claimable = OutgoingEmail.objects.filter(**_claimable(now))
        # The member is locked and not the rows: two senders would share the rows of one member between them.
        free = claimable.select_related("recipient").select_for_update(skip_locked=True, no_key=True, of=("recipient",))
        first = {row.recipient_id for row in free.only("recipient__id").order_by("next_try")[:limit]}
        ids = list(claimable.filter(recipient_id__in=first).values_list("pk", flat=True)) if first else []
        if not ids:
            return []
        claimable.filter(pk__in=ids_as_rows(ids)).update(
            state=State.SENDING, attempts=F("attempts") + 1, next_try=until, **_identity(uuid.uuid4())
        )
        claimed = OutgoingEmail.objects.filter(pk__in=ids_as_rows(ids), state=State.SENDING, next_try=until)
        rows = claimed.order_by("pk").values_list(*PARCEL_FIELDS, "pk", "case_id")
        parcels: dict[tuple[Any, ...], dict[int, int]] = defaultdict(dict)
        for *common, row_id, case_id in rows:
            parcels[tuple(common)][row_id] = case_id
    return [_parcel(common, cases) for common, cases in parcels.items()]


def lease() -> dt.timedelta:
    """How long a claim holds. What a dead sender had claimed waits for so long."""
    return dt.timedelta(seconds=CLAIM_SECONDS + ANSWERS_A_MESSAGE * settings.EMAIL_TIMEOUT)


@repeated_until_stored(lease)
def give_back(parcels: Sequence[Parcel]) -> None:
    """Ends the claim of `parcels` that were not tried: they wait again, and the claim does not count as an attempt."""
    for parcel in parcels:
        _claimed(parcel).update(state=State.WAITING, next_try=portal_now(), attempts=F("attempts") - 1)


# What the server has taken must not go out again because the database hung up meanwhile.
@repeated_until_stored(lease)
def record(parcel: Parcel, verdict: Verdict, *, now: dt.datetime | None = None) -> None:
    """Writes on the rows of `parcel` what the server said `now`, which is the portal's present moment if not given.

    Nothing if the lease ended and another sender took over, but a success is recorded in any case."""
    now = now or portal_now()
    match verdict.outcome:
        case Outcome.SENT:
            _record_sent(parcel, now)
        case Outcome.REFUSED:
            _claimed(parcel).update(state=State.FAILED, last_error=verdict.error)
        case Outcome.LATER if parcel.attempt >= MAX_ATTEMPTS:
            _claimed(parcel).update(
                state=State.FAILED, last_error=f"Given up after {parcel.attempt} tries: {verdict.error}"
            )
        case Outcome.LATER:
            _claimed(parcel).update(
                state=State.WAITING, next_try=now + _pause(parcel.attempt), last_error=verdict.error
            )
        case Outcome.NO_CONNECTION:
            # Nothing was said about this message, so that it is no attempt: nobody's e-mail is given up for our server.
            pause = RETRY_OF_SERVER * random.uniform(0.75, 1.25)  # noqa: S311
            _claimed(parcel).update(
                state=State.WAITING, attempts=F("attempts") - 1, next_try=now + pause, last_error=verdict.error
            )


def _claimable(now: dt.datetime) -> dict[str, object]:
    # Of a row that is being sent, next_try is the end of its lease.
    return {"state__in": [State.WAITING, State.SENDING], "next_try__lte": now}


def _record_sent(parcel: Parcel, now: dt.datetime) -> None:
    """The one statement of each message that is sent. In the words of SQL: to put them together again each time took
    Django as long as it takes to send the message. Why it need not wait for the disk: docs/adr/0005."""
    places = ", ".join(["%s"] * len(parcel.row_ids))
    execute_without_waiting_for_the_disk(
        f"UPDATE cases_outgoingemail SET state = 'sent', sent = %s, last_error = ''"  # noqa: S608
        f" WHERE id IN ({places}) AND state <> 'dropped'",
        [connection.ops.adapt_datetimefield_value(now), *parcel.row_ids],
    )


def _claimed(parcel: Parcel) -> QuerySet[OutgoingEmail]:
    return OutgoingEmail.objects.filter(pk__in=parcel.row_ids, state=State.SENDING, attempts=parcel.attempt)


def _identity(claim_id: uuid.UUID) -> dict[str, Any]:
    """Group and Message-ID for an UPDATE of all rows of a claim: what the first claim fixed stays; what is new is the
    same for the rows of one member and address, and nobody can guess it."""
    digest = Left(Digest(Concat(Value(claim_id.hex), Cast("recipient_id", CharField()), Value(" "), "address")), 32)
    new_message_id = Concat(Value("<release-"), digest, Value(f"@{_mail_domain()}>"))
    return {
        "group": Coalesce("group", Cast(digest, UUIDField())),
        "message_id": Choose(When(message_id="", then=new_message_id), default="message_id"),
    }


def _parcel(common: tuple[Any, ...], case_of_row: dict[int, int]) -> Parcel:
    group, message_id, recipient_id, address, attempt = common
    rows, cases = tuple(case_of_row), tuple(case_of_row.values())
    return Parcel(group, message_id, recipient_id, address, attempt, rows, cases)


def _work_through(parcels: list[Parcel], transport: Transport, tally: Tally, *, last_start: float) -> None:
    """Sends one of `parcels` after the other; leaves in it what could not be begun by `last_start`, or because the
    server is down."""
    looked = -math.inf
    visible: dict[int, Case] = {}
    now = portal_clock()
    while parcels and time.monotonic() < last_start and transport.failures_in_a_row < PATIENCE:
        if time.monotonic() - looked >= LOOK_SECONDS:
            visible, looked = _visible_cases(parcels), time.monotonic()
        parcel = parcels.pop(0)
        cases = [visible[pk] for pk in parcel.case_ids if pk in visible]
        # A case may have become another member's.
        cases = [case for case in cases if case.member_id == parcel.recipient_id]
        _send_and_record(parcel, cases, transport, tally, now)


def _visible_cases(parcels: Sequence[Parcel]) -> dict[int, Case]:
    """The cases of `parcels` that are released and that their member may see at this moment, by id."""
    ids = [pk for parcel in parcels for pk in parcel.case_ids]
    released = Case.objects.visible_to_their_members().filter(actual_release_date__isnull=False)
    return released.select_related("member").in_bulk(ids)


def _send_and_record(
    parcel: Parcel, cases: list[Case], transport: Transport, tally: Tally, now: Callable[[], dt.datetime]
) -> None:
    if len(cases) < len(parcel.case_ids):
        hidden = _claimed(parcel).exclude(case_id__in=[case.pk for case in cases])
        hidden.update(state=State.DROPPED, last_error=_noop("The member may not see this case any more."))
    if not cases:
        return
    verdict = _send(parcel, cases, transport)
    record(parcel, verdict, now=now())
    match verdict.outcome:
        case Outcome.SENT:
            tally.sent += 1
        case Outcome.REFUSED:
            tally.failed += 1
        case _:
            tally.retried += 1
    if verdict.error:
        logger.warning("e-mail not sent", message_id=parcel.message_id, outcome=verdict.outcome, error=verdict.error)


def _send(parcel: Parcel, cases: list[Case], transport: Transport) -> Verdict:
    try:
        message = mail.released_message(
            recipient=cases[0].member, address=parcel.address, cases=cases, message_id=parcel.message_id
        )
    except Exception as error:  # whatever is wrong with one message must not hold up the others
        logger.exception("e-mail could not be written", message_id=parcel.message_id, case_ids=parcel.case_ids)
        return Verdict(Outcome.LATER, f"{type(error).__name__}: {error}")
    return transport.send(message)


def _pause(attempt: int) -> dt.timedelta:
    """How long to wait after the `attempt`-th failure: twice as long each time, up or down by a quarter at random, so
    that what failed together is not tried together."""
    doubled: dt.timedelta = FIRST_RETRY * 2 ** min(attempt - 1, 20)
    return min(doubled, LAST_RETRY) * random.uniform(0.75, 1.25)  # noqa: S311


def _mail_domain() -> str:
    sender_domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return sender_domain or urlsplit(settings.PORTAL_URL).hostname or "localhost"
