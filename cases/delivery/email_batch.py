"""What a sender has claimed for one person, and what it looks up before it writes the message."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from cases.delivery.release_email import Message
from cases.models import Case, User


@dataclass(frozen=True)
class EmailBatch:
    """The rows that go to one person in one message, claimed by one sender. `claim` tells this claim from all others.

    `case_ids` and `row_ids` go together, one by one; kinds that are not about a case have no `case_ids`.
    """

    claim: uuid.UUID
    kind: str
    group: uuid.UUID
    message_id: str
    recipient_id: int
    address: str
    deferrals: int
    row_ids: tuple[int, ...]
    case_ids: tuple[int, ...]
    payload: dict[str, Any] | None


@dataclass(frozen=True)
class EmailContext:
    """The people of some batches, and those of their cases that the members may see, as they are at one moment."""

    people: dict[int, User]
    cases: dict[int, Case]

    @classmethod
    def load(cls, batches: Sequence[EmailBatch]) -> Self:
        """What `batches` are about. Two statements, however many they are."""
        case_ids = [pk for batch in batches for pk in batch.case_ids]
        released = Case.objects.visible_to_their_members().filter(actual_release_date__isnull=False)
        return cls(
            people=User.objects.in_bulk({batch.recipient_id for batch in batches}),
            cases=released.defer("description").in_bulk(case_ids) if case_ids else {},
        )


@dataclass(frozen=True)
class RenderedEmail:
    """A message, or None, and the rows that are no longer to be sent, with the reason."""

    message: Message | None
    dropped_rows: tuple[int, ...] = ()
    reason: str = ""

    @classmethod
    def dropped(cls, batch: EmailBatch, reason: str) -> Self:
        """Nothing of `batch` is to be sent any more."""
        return cls(None, batch.row_ids, reason)
