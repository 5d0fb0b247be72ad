"""What is known after a fault: of each case what was promised, seen and stored; every look; every accepted mail."""

from collections import defaultdict
from dataclasses import dataclass

from tests.chaos.devices.smtp_server import Mail
from tests.chaos.load import Load, PlannedCase
from tests.chaos.watchers import Look


@dataclass(frozen=True)
class StoredEvent:
    """A history entry. `at` in seconds since the epoch."""

    kind: str
    at: float
    batch: str
    revision: int
    release_number: int
    source: str = ""


@dataclass(frozen=True)
class StoredCase:
    """A case as its row, its history and its outbox say at the end. Moments in seconds since the epoch."""

    instant: float | None
    stamp: float | None
    batch: str
    revision: int
    release_number: int
    events: tuple[StoredEvent, ...]
    email_states: tuple[str, ...]


@dataclass(frozen=True)
class KnownCase:
    """`seen`: when the observer first saw it released, None if never. `instant` None: it was never scheduled."""

    pk: int
    number: str
    member: int
    address: str
    instant: float | None
    known: float
    seen: float | None
    stored: StoredCase


@dataclass(frozen=True)
class Observations:
    """Everything that a verdict is made of."""

    cases: list[KnownCase]
    looks: list[Look]
    mails: list[Mail]


def collect(load: Load, *, seen: dict[int, float], looks: list[Look], mails: list[Mail]) -> Observations:
    """Asks the database for what it holds about the cases of `load`; `mails` may be about others, too."""
    stored = _stored_cases(load)
    cases = [
        _known(case, load.addresses[case.member], seen.get(case.pk), stored[case.pk]) for case in load.cases.values()
    ]
    return Observations(
        cases=cases, looks=list(looks), mails=[mail for mail in mails if load.cases.keys() & mail.cases]
    )


def _known(case: PlannedCase, address: str, seen: float | None, stored: StoredCase) -> KnownCase:
    # The row's own instant, which a technician may have set by a request whose answer was lost.
    return KnownCase(
        pk=case.pk,
        number=case.number,
        member=case.member,
        address=address,
        instant=stored.instant,
        known=case.known,
        seen=seen,
        stored=stored,
    )


def _stored_cases(load: Load) -> dict[int, StoredCase]:
    from cases.models import Case, OutgoingEmail, ReleaseEvent

    within = {"case__gte": min(load.cases), "case__lte": max(load.cases)}
    events: dict[int, list[StoredEvent]] = defaultdict(list)
    for event in ReleaseEvent.objects.filter(**within):
        events[event.case_id].append(
            StoredEvent(
                kind=event.kind,
                at=event.at.timestamp(),
                batch=str(event.release_batch),
                revision=event.schedule_revision,
                release_number=event.release_number,
                source=event.source,
            )
        )
    states: dict[int, list[str]] = defaultdict(list)
    for case_id, state in OutgoingEmail.objects.filter(**within).values_list("case", "state"):
        states[case_id].append(state)
    return {
        row.pk: StoredCase(
            instant=row.release_instant.timestamp() if row.release_instant else None,
            stamp=row.actual_release_date.timestamp() if row.actual_release_date else None,
            batch=str(row.release_batch),
            revision=row.schedule_revision,
            release_number=row.release_number,
            events=tuple(events[row.pk]),
            email_states=tuple(states[row.pk]),
        )
        for row in Case.objects.filter(pk__in=list(load.cases))
    }
