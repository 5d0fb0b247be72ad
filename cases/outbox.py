"""The outbox: claim waiting e-mails, hand them to the SMTP server, record what became of them (DESIGN §4, E-mail).

Claiming and recording are short transactions of their own; nothing is locked while a server is talked to. What a dead
sender had claimed is claimed again when its lease ends, under the Message-ID that the first claim fixed.
"""

import datetime as dt
import random
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from cases import mail
from cases.models import Case, OutgoingEmail, User
from cases.reconnect import repeated_until_stored
from cases.smtp import Outcome, Transport, Verdict

logger = structlog.get_logger(__name__)

State = OutgoingEmail.State

# A sender begins no message of a claim after this, and the lease ends only when the last one must have come to an end:
# eleven answers (from greeting over STARTTLS and login to the end of the message) of a server that lets each wait for
# EMAIL_TIMEOUT.
CLAIM_SECONDS = 20
ANSWERS_A_MESSAGE = 11
PARCELS_PER_CLAIM = 20
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
    case_ids: tuple[int, ...]


@dataclass
class Tally:
    """What a run of the sender did, in messages."""

    sent: int = 0
    retried: int = 0
    failed: int = 0
    more: bool = False


def is_waiting() -> bool:
    """Whether any e-mail could be claimed now. One index probe."""
    return OutgoingEmail.objects.filter(**_claimable(timezone.now())).exists()


def deliver(*, seconds: float | None = None) -> Tally:
    """Sends what is waiting until nothing is, or `seconds` have passed (then `more` is set), or the server is down."""
    tally = Tally()
    ends = time.monotonic() + seconds if seconds is not None else float("inf")
    with Transport() as transport:
        while parcels := claim(limit=PARCELS_PER_CLAIM):
            last_start = min(ends, time.monotonic() + CLAIM_SECONDS)
            while parcels and time.monotonic() < last_start and transport.failures_in_a_row < PATIENCE:
                _send_and_record(parcels.pop(0), transport, tally)
            give_back(parcels)
            if transport.failures_in_a_row >= PATIENCE:
                break
            if time.monotonic() >= ends:
                tally.more = True
                break
    return tally


def claim(*, limit: int) -> list[Parcel]:
    """Takes the waiting e-mails of up to `limit` members for one lease, a parcel for each member and group."""
    now = timezone.now()
    with transaction.atomic():
        claimable = OutgoingEmail.objects.filter(**_claimable(now))
        # The member is locked and not the rows: two senders would share the rows of one member between them.
        free = claimable.select_related("recipient").select_for_update(skip_locked=True, no_key=True, of=("recipient",))
        first = {row.recipient_id for row in free.order_by("next_try")[:limit]}
        groups: dict[tuple[int, str, uuid.UUID | None], list[OutgoingEmail]] = defaultdict(list)
        for row in claimable.filter(recipient_id__in=first).order_by("pk"):
            groups[row.recipient_id, row.address, row.group].append(row)
        return [_claim_group(rows, until=now + lease()) for rows in groups.values()]


def lease() -> dt.timedelta:
    """How long a claim holds. What a dead sender had claimed waits for so long."""
    return dt.timedelta(seconds=CLAIM_SECONDS + ANSWERS_A_MESSAGE * settings.EMAIL_TIMEOUT)


@repeated_until_stored(lease)
def give_back(parcels: list[Parcel]) -> None:
    """Ends the claim of `parcels` that were not tried: they wait again, and the claim does not count as an attempt."""
    for parcel in parcels:
        _claimed(parcel).update(state=State.WAITING, next_try=timezone.now(), attempts=F("attempts") - 1)


# What the server has taken must not go out again because the database hung up meanwhile.
@repeated_until_stored(lease)
def record(parcel: Parcel, verdict: Verdict) -> None:
    """Writes on the rows of `parcel` what the server said. Nothing if the lease ended and another sender took over,
    but a success is recorded in any case."""
    now = timezone.now()
    match verdict.outcome:
        case Outcome.SENT:
            announced = OutgoingEmail.objects.filter(group=parcel.group).exclude(state=State.DROPPED)
            announced.update(state=State.SENT, sent=now, last_error="")
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


def _claimed(parcel: Parcel) -> QuerySet[OutgoingEmail]:
    return OutgoingEmail.objects.filter(group=parcel.group, state=State.SENDING, attempts=parcel.attempt)


def _claim_group(rows: list[OutgoingEmail], *, until: dt.datetime) -> Parcel:
    group = rows[0].group or uuid.uuid4()
    message_id = rows[0].message_id or f"<release-{group}@{_mail_domain()}>"
    attempt = max(row.attempts for row in rows) + 1
    OutgoingEmail.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=State.SENDING, group=group, message_id=message_id, attempts=attempt, next_try=until
    )
    return Parcel(
        group=group,
        message_id=message_id,
        recipient_id=rows[0].recipient_id,
        address=rows[0].address,
        attempt=attempt,
        case_ids=tuple(row.case_id for row in rows),
    )


def _send_and_record(parcel: Parcel, transport: Transport, tally: Tally) -> None:
    recipient = User.objects.get(pk=parcel.recipient_id)
    cases = list(Case.objects.visible_to(recipient).filter(pk__in=parcel.case_ids, actual_release_date__isnull=False))
    if len(cases) < len(parcel.case_ids):
        hidden = _claimed(parcel).exclude(case_id__in=[case.pk for case in cases])
        hidden.update(state=State.DROPPED, last_error="The member may not see this case any more.")
    if not cases:
        return
    verdict = _send(parcel, recipient, cases, transport)
    record(parcel, verdict)
    match verdict.outcome:
        case Outcome.SENT:
            tally.sent += 1
        case Outcome.REFUSED:
            tally.failed += 1
        case _:
            tally.retried += 1
    if verdict.error:
        logger.warning("e-mail not sent", message_id=parcel.message_id, outcome=verdict.outcome, error=verdict.error)


def _send(parcel: Parcel, recipient: User, cases: list[Case], transport: Transport) -> Verdict:
    try:
        message = mail.released_message(
            recipient=recipient, address=parcel.address, cases=cases, message_id=parcel.message_id
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
