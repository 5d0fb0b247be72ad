"""What a sender has claimed for one person, what it reads before rendering, and the rendered message."""

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from django.conf import settings

from cases.delivery.email_message import Message
from cases.models import Case, User


@dataclass(frozen=True)
class EmailBatch:
    """Rows that are sent to one person in one message, claimed by one sender. `claim` identifies the claim.

    `case_ids`, `release_numbers` and `row_ids` are in the same order. Kinds that are not about a case lack the first
    two.
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
    release_numbers: tuple[int, ...]
    payload: dict[str, Any] | None

    def without(self, rows: Collection[int]) -> Self:
        """Return what is left of the message without `rows`."""
        left = [place for place, pk in enumerate(self.row_ids) if pk not in rows]

        def of(column: tuple[int, ...]) -> tuple[int, ...]:
            return tuple(column[place] for place in left) if column else ()

        numbers = of(self.release_numbers)
        return replace(self, row_ids=of(self.row_ids), case_ids=of(self.case_ids), release_numbers=numbers)

    def still_released(
        self, context: "EmailContext", *, only: Callable[[Case], bool] | None = None
    ) -> tuple[list[Case], tuple[int, ...]]:
        """Return the cases that the member may see and that `only` accepts, and the rows about others.

        Since the row was made, a case may have a new member, and its release may have been taken back, or be another
        one.
        """
        theirs: list[Case] = []
        others: tuple[int, ...] = ()
        for row, pk, number in zip(self.row_ids, self.case_ids, self.release_numbers, strict=True):
            case = context.cases.get(pk)
            is_same = case and case.member_id == self.recipient_id and case.release_number == number
            if case and is_same and (only is None or only(case)):
                theirs.append(case)
            else:
                others += (row,)
        return theirs, others


@dataclass(frozen=True)
class EmailContext:
    """The recipients of some batches, and those of their cases that the members may see, at one moment."""

    people: dict[int, User]
    cases: dict[int, Case]

    @classmethod
    def load(cls, batches: Sequence[EmailBatch]) -> Self:
        """Read what `batches` are about. Takes two statements, however many there are."""
        case_ids = [pk for batch in batches for pk in batch.case_ids]
        released = Case.objects.visible_to_their_members().filter(actual_release_date__isnull=False)
        if settings.RELEASE_ANSWER_IN_EMAIL:
            released = released.select_related("answer")
        return cls(
            people=User.objects.in_bulk({batch.recipient_id for batch in batches}),
            cases=released.defer("description").in_bulk(case_ids) if case_ids else {},
        )


@dataclass(frozen=True)
class RenderedEmail:
    """A message, or None, and the rows that must no longer be sent, with the reason."""

    message: Message | None
    dropped_rows: tuple[int, ...] = ()
    reason: str = ""

    @classmethod
    def dropped(cls, batch: EmailBatch, reason: str) -> Self:
        """Return a result that says that nothing in `batch` must be sent anymore."""
        return cls(None, batch.row_ids, reason)
