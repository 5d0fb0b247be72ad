"""The only way in which an entry or a seal becomes bytes. docs/history.md describes it, so that people can verify
without this program.

It never changes, because what was sealed this way is verified this way. A column that is added to a history must allow
NULL.
"""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from cases.models import AccountEvent, CaseEvent, HistorySeal, PortalEvent
from cases.models.event import Event
from cases.models.history_seal import ENTRY_BYTES

HISTORIES: dict[str, type[Event]] = {
    HistorySeal.History.CASES: CaseEvent,
    HistorySeal.History.ACCOUNTS: AccountEvent,
    HistorySeal.History.PORTAL: PortalEvent,
}
KEY_BYTES = 8


def entries_of(history: str) -> QuerySet[Any]:
    """Return the entries of one of HISTORIES, in the order of their keys."""
    return HISTORIES[history]._default_manager.order_by("pk")


def canonical(columns: dict[str, Any]) -> bytes:
    """Return `columns` as JSON: names in order, ASCII, no spaces, no column that is NULL, times in UTC."""
    present = {name: value for name, value in columns.items() if value is not None}
    return json.dumps(present, sort_keys=True, separators=(",", ":"), default=_plain).encode("ascii")


def digests(entries: QuerySet[Any]) -> Iterator[tuple[int, bytes]]:
    """Yield the key and the digest of each of `entries`, in their order."""
    columns = [field.attname for field in entries.model._meta.concrete_fields]
    key = columns.index("id")
    for row in entries.values_list(*columns):
        yield row[key], hashlib.sha256(canonical(dict(zip(columns, row, strict=True)))).digest()


def pack(entries: list[tuple[int, bytes]]) -> bytes:
    """Return keys and digests as a seal stores them."""
    return b"".join(key.to_bytes(KEY_BYTES) + digest for key, digest in entries)


def unpack(entries: bytes) -> dict[int, bytes]:
    """Return the digest of each entry in a seal, by key."""
    parts = [entries[at : at + ENTRY_BYTES] for at in range(0, len(entries), ENTRY_BYTES)]
    return {int.from_bytes(part[:KEY_BYTES]): part[KEY_BYTES:] for part in parts}


def digest_of(seal: HistorySeal) -> str:
    """Return what `seal.digest` must be: it covers all other columns and, through `previous`, all earlier seals."""
    names = ("number", "at", "history", "first_id", "last_id", "previous")
    head = canonical({name: getattr(seal, name) for name in names})
    return hashlib.sha256(head + b"\n" + bytes(seal.entries)).hexdigest()


def _plain(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    if isinstance(value, dt.time):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, dt.date | uuid.UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical form.")
