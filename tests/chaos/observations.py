"""Facts after a fault: what was promised, seen and stored for each case, every look, and every accepted mail."""

from collections import defaultdict
from collections.abc import Container
from dataclasses import dataclass, replace

from tests.chaos.devices.smtp_server import Mail
from tests.chaos.load import Load, PlannedCase
from tests.chaos.watchers import Look


@dataclass(frozen=True)
class StoredEvent:
    """A history entry. `at` is in seconds since the epoch."""

    kind: str
    at: float
    batch: str
    revision: int
    release_number: int
    source: str = ""


@dataclass(frozen=True)
class StoredCase:
    """A case at the end, by its row, history and outbox. Times are in seconds since the epoch."""

    instant: float | None
    stamp: float | None
    batch: str
    revision: int
    release_number: int
    events: tuple[StoredEvent, ...]
    email_states: tuple[str, ...]
    email_errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class KnownCase:
    """A case of the load. `seen` is when the observer first saw it released. `instant` is None if it was never
    scheduled."""

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
    """Everything that a verdict needs."""

    cases: list[KnownCase]
    looks: list[Look]
    mails: list[Mail]

    def without(self, cases: Container[int]) -> "Observations":
        """Return the facts about the others."""
        return replace(self, cases=[case for case in self.cases if case.pk not in cases])


def collect(load: Load, *, seen: dict[int, float], looks: list[Look], mails: list[Mail]) -> Observations:
    """Read what the database holds about the cases of `load`. `mails` may be about others, too."""
    stored, to_complete = _stored_cases(load), set(load.to_complete)
    cases = [
        # If a technician completed the case, use the row's instant, because a request whose response was lost may have
        # set it.
        _known(
            case,
            load.addresses[case.member],
            seen.get(case.pk),
            stored[case.pk],
            stored[case.pk].instant if case.pk in to_complete else case.instant,
        )
        for case in load.cases.values()
    ]
    numbers = {case.number for case in cases}
    about_these = [mail for mail in mails if load.cases.keys() & mail.cases or numbers.intersection(mail.numbers)]
    # Their technician gets reminders, which tests.chaos.reminders checks if they matter.
    to_members = [mail for mail in about_these if mail.recipient != load.staff]
    return Observations(cases=cases, looks=list(looks), mails=to_members)


def _known(case: PlannedCase, address: str, seen: float | None, stored: StoredCase, instant: float | None) -> KnownCase:
    return KnownCase(
        pk=case.pk,
        number=case.number,
        member=case.member,
        address=address,
        instant=instant,
        known=case.known,
        seen=seen,
        stored=stored,
    )


def _stored_cases(load: Load) -> dict[int, StoredCase]:
    from cases.models import Case, CaseEvent, OutgoingEmail

    within = {"case__gte": min(load.cases), "case__lte": max(load.cases)}
    events: dict[int, list[StoredEvent]] = defaultdict(list)
    for event in CaseEvent.objects.filter(**within):
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
    emails: dict[int, list[OutgoingEmail]] = defaultdict(list)
    for email in OutgoingEmail.objects.filter(**within):
        emails[email.case_id].append(email)
    return {
        row.pk: StoredCase(
            instant=row.release_instant.timestamp() if row.release_instant else None,
            stamp=row.actual_release_date.timestamp() if row.actual_release_date else None,
            batch=str(row.release_batch),
            revision=row.schedule_revision,
            release_number=row.release_number,
            events=tuple(events[row.pk]),
            email_states=tuple(email.state for email in emails[row.pk]),
            email_errors=tuple(email.last_error for email in emails[row.pk]),
        )
        for row in Case.objects.filter(pk__in=list(load.cases))
    }
