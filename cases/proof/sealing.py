"""Seals what no seal covers yet. A release never waits for this, because beat and the command do it afterwards."""

import time
import uuid
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from cases.core.clock import portal_now
from cases.db.settled_rows import last_settled_key
from cases.models import HistorySeal
from cases.models.history_seal import NO_SEAL
from cases.proof.hashing import HISTORIES, digest_of, digests, entries_of, pack

logger = structlog.get_logger(__name__)

# The most entries that one seal covers.
SEALED_TOGETHER = 10_000
# How long to wait for transactions that write history. The next run comes in a minute.
PATIENCE = 5.0
# How long one run spends on one history. After an update, there may be years of it to seal.
RUN_SECONDS = 5.0


def seal_history(*, seconds: float = RUN_SECONDS) -> int:
    """Seal all settled entries, for about `seconds` per history.

    Return how many were sealed. Call it outside a transaction. If another process is also sealing, leave the rest to
    it.
    """
    return sum(_seal(history, seconds) for history in HISTORIES)


def _seal(history: str, seconds: float) -> int:
    upto = last_settled_key(HISTORIES[history], patience=PATIENCE)
    if upto is None:
        logger.info("history not sealed: a transaction still writes it", history=history)
        return 0
    until, sealed = time.monotonic() + seconds, 0
    while time.monotonic() < until and (count := _seal_next(history, upto)):
        sealed += count
    return sealed


def latest_seal() -> HistorySeal | None:
    """Return the last link of the chain, without its entries."""
    return HistorySeal.objects.defer("entries").order_by("-number").first()


def _seal_next(history: str, upto: int) -> int:
    """Append a seal to the chain. Return how many entries it covers, or 0 if there is nothing to seal."""
    last = latest_seal()
    first = last_sealed(history) + 1
    entries = entries_of(history).filter(pk__gte=first, pk__lte=upto)[:SEALED_TOGETHER]
    found = list(digests(entries))
    if history == HistorySeal.History.CASES and found:
        found = found[: _whole_batches(entries, found[-1][0])]
    return _append(last, history, first, found) if found else 0


def _append(last: HistorySeal | None, history: str, first: int, found: list[tuple[int, bytes]]) -> int:
    """Append a seal to `last`. Two processes cannot both do this: `previous` is unique, and one of them gets its turn
    later."""
    seal = HistorySeal(
        number=last.number + 1 if last else 1,
        at=portal_now(),
        history=history,
        first_id=first,
        last_id=found[-1][0],
        entries=pack(found),
        previous=last.digest if last else NO_SEAL,
    )
    seal.digest = digest_of(seal)
    try:
        with transaction.atomic():
            seal.save(force_insert=True)
    except IntegrityError:
        logger.info("history not sealed: another process seals it", history=history)
        return 0
    return len(found)


def last_sealed(history: str) -> int:
    """Return the key of the last entry under a seal, or 0 if nothing is sealed."""
    sealed = HistorySeal.objects.filter(history=history).order_by("-number").values_list("last_id", flat=True).first()
    return sealed or 0


def _whole_batches(entries: QuerySet[Any], last: int) -> int:
    """Return how many of `entries` to seal together, so that no batch of a release falls under two seals.

    Batches of several workers overlap. Entries that cannot be separated wait for the next run, unless there are more
    than one seal can cover.
    """
    later = entries.model.objects.filter(pk__gt=last).order_by("pk")
    continued = set(later.values_list("release_batch", flat=True)[:SEALED_TOGETHER]) - {None}
    batches = list(entries.values_list("release_batch", flat=True))
    whole = last_cut(batches, continued)
    return whole or (len(batches) if len(batches) == SEALED_TOGETHER else 0)


def last_cut(batches: list[uuid.UUID | None], continued: set[uuid.UUID | None]) -> int:
    """Return the largest number of `batches` to take so that none of them continues after these.

    Those in `continued` continue after the last one.
    """
    ends = {batch: place for place, batch in enumerate(batches)} | dict.fromkeys(continued, len(batches))
    reach, cut = -1, 0
    for place, batch in enumerate(batches):
        reach = max(reach, place if batch is None else ends[batch])
        cut = place + 1 if reach == place else cut
    return cut
