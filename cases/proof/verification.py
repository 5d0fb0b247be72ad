"""Verifies the histories against the chain of seals, and the chain against heads that were kept elsewhere."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet

from cases.models import HistorySeal
from cases.models.history_seal import DIGEST_LENGTH, NO_SEAL
from cases.proof.hashing import HISTORIES, digest_of, digests, entries_of, unpack
from cases.proof.sealing import last_sealed

HEAD = re.compile(rf"([1-9][0-9]{{0,17}})-([0-9a-f]{{{DIGEST_LENGTH}}})")
# The number of entries that are read together.
CHUNK = 1000
NO_VALUE = (ValueError, TypeError, AttributeError)


class Problem(StrEnum):
    """What does not match: an entry, a seal, or all seals up to one whose head was kept."""

    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    SEAL_CHANGED = "seal changed"
    SEAL_UNLINKED = "seal unlinked"
    SEALS_MISSING = "seals missing"
    REWRITTEN = "rewritten"
    CUT_OFF = "cut off"


@dataclass(frozen=True)
class Finding:
    """An entry that does not match the seal with `number`, identified by `history` and `key`, or that seal itself.

    For SEALS_MISSING, `number` is the first one and `until` the last one.
    """

    problem: Problem
    number: int
    history: str = ""
    key: int | None = None
    until: int | None = None


@dataclass(frozen=True)
class Head:
    """A head that was kept outside the database: the number of a seal, and its digest."""

    number: int
    digest: str

    @classmethod
    def of(cls, text: str) -> "Head":
        """Read `text`, such as `12-8d96…`. ValueError if it is not a head."""
        found = HEAD.fullmatch(text.strip().lower())
        if not found:
            raise ValueError(f"“{text}” is not a head: the number of a seal, a hyphen, and 64 digits (0-9, a-f).")
        return cls(int(found[1]), found[2])


@dataclass
class Verification:
    """One run over everything that is sealed. Iterate over it to get each finding, seal by seal.

    The counts and `last` say how far it has come.
    """

    heads: Sequence[Head] = ()
    seals: int = 0
    entries: int = 0
    last: HistorySeal | None = None
    # For each history the last key that a whole seal covers, if the seal before it is whole too.
    _upto: dict[str, int] = field(default_factory=lambda: dict.fromkeys(HISTORIES, 0))
    _is_last_whole: bool = True

    def __iter__(self) -> Iterator[Finding]:
        asked: dict[int, set[str]] = defaultdict(set)
        for head in self.heads:
            asked[head.number].add(head.digest)
        while seal := self._next():
            yield from self._chain(seal)
            yield from self._rows(seal)
            if asked.pop(seal.number, {seal.digest}) != {seal.digest}:
                yield Finding(Problem.REWRITTEN, seal.number)
            self.seals += 1
            self.last = seal
        yield from (Finding(Problem.CUT_OFF, number) for number in sorted(asked))

    def unsealed(self) -> int:
        """Count the entries that the next seals will cover."""
        return sum(entries_of(history).filter(pk__gt=last_sealed(history)).count() for history in HISTORIES)

    def _next(self) -> HistorySeal | None:
        done = self.last.number if self.last else 0
        return HistorySeal.objects.filter(number__gt=done).order_by("number").first()

    def _chain(self, seal: HistorySeal) -> Iterator[Finding]:
        """Compare `seal` with its own digest, and with the seal before."""
        number, digest = (self.last.number, self.last.digest) if self.last else (0, NO_SEAL)
        is_whole = seal.digest == digest_of(seal)
        if seal.number > number + 1:
            yield Finding(Problem.SEALS_MISSING, number + 1, until=seal.number - 1)
            self._upto = {}
        if not is_whole:
            yield Finding(Problem.SEAL_CHANGED, seal.number)
        elif not self._follows(seal, digest):
            yield Finding(Problem.SEAL_UNLINKED, seal.number)
        self._upto[seal.history] = seal.last_id
        if not is_whole:
            self._upto = {}
        self._is_last_whole = is_whole

    def _follows(self, seal: HistorySeal, digest: str) -> bool:
        """Tell whether the intact `seal` continues the chain.

        After one that was changed or is missing, this cannot be decided.
        """
        if not self._upto or not self._is_last_whole:
            return True
        return seal.previous == digest and seal.first_id == self._upto.get(seal.history, seal.first_id - 1) + 1

    def _rows(self, seal: HistorySeal) -> Iterator[Finding]:
        """Compare the entries in the range of `seal` with what it stores about them."""
        if seal.history not in HISTORIES:
            return
        sealed = unpack(bytes(seal.entries))
        for key, digest in _rows_between(seal):
            expected = sealed.pop(key, None)
            if expected != digest:
                yield Finding(Problem.CHANGED if expected else Problem.ADDED, seal.number, seal.history, key)
            self.entries += 1
        yield from (Finding(Problem.REMOVED, seal.number, seal.history, key) for key in sorted(sealed))


def _rows_between(seal: HistorySeal) -> Iterator[tuple[int, bytes]]:
    """Yield the key and digest of the present entries in the range of `seal`, including keys below 1."""
    rows = entries_of(seal.history).filter(pk__lte=seal.last_id)
    rows = rows.filter(pk__gte=seal.first_id) if seal.first_id > 1 else rows
    chunk = _readable(rows[:CHUNK])
    while chunk:
        yield from chunk
        chunk = _readable(rows.filter(pk__gt=chunk[-1][0])[:CHUNK])


def _readable(rows: QuerySet[Any]) -> list[tuple[int, bytes]]:
    """Return the digest of each row, or an empty one for a value that its column does not allow, as SQLite can have."""
    try:
        return list(digests(rows))
    except NO_VALUE:
        return [(key, _digest(rows.model.objects.filter(pk=key))) for key in rows.values_list("pk", flat=True)]


def _digest(row: QuerySet[Any]) -> bytes:
    try:
        return next(digests(row))[1]
    except NO_VALUE:
        return b""
