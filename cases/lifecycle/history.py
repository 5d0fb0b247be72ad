"""Writing and reading the history of cases. `by` is a person, or the name of the program if no person acts."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import structlog
from django.db import transaction
from django.db.models import QuerySet

from cases.core import limits
from cases.models import AccountEvent, Case, CaseEvent, CaseType, PortalEvent, User

logger = structlog.get_logger(__name__)

# The names under which an event's details refer to people. The values are their keys.
NAMES_OF_PEOPLE = ("from_technician", "to_technician", "owner")
# And those for the types of a case. None is *General*.
NAMES_OF_TYPES = ("from_type", "to_type")
# What leaves the version of the case as it is (tests/unit/lifecycle/test_same_version.py).
SAME_VERSION = (
    CaseEvent.Kind.MAIL_RESENT,
    CaseEvent.Kind.DOCUMENT_ATTACHED,
    CaseEvent.Kind.DOCUMENT_REMOVED,
    CaseEvent.Kind.WAITING_ENDED,
)


def actor_columns(by: User | str) -> dict[str, Any]:
    """Return the columns of an event that name `by`."""
    return {"actor_id": None, "system_actor": by} if isinstance(by, str) else {"actor_id": by.pk, "system_actor": ""}


def actor_in_log(by: User | str) -> int | str:
    """Return `by` as the log names it: the key of a person, or the name of a program."""
    return by if isinstance(by, str) else by.pk


def log_committed(event: str, **facts: Any) -> None:
    """Write a log line once the transaction is committed. `facts` are keys and counts, never people's words."""
    transaction.on_commit(lambda: logger.info(event, **facts), robust=True)


def last_done(case: Case, *, by: User, kinds: Collection[str], reason: str) -> CaseEvent | None:
    """Return the last event of `case` if `by` did one of `kinds` with that `reason`, otherwise None.

    Events of one transaction share one moment, such as a completion and its release.
    """
    latest = list(CaseEvent.objects.filter(case=case)[:2])
    together = (event for event in latest if event.at == latest[0].at)
    done = (event for event in together if event.kind in kinds and event.actor_id == by.pk)
    return next((event for event in done if event.reason == reason), None)


def is_changed_last_by(person: User, case: Case) -> bool:
    """Tell whether `person` made the last change that gave `case` a new version."""
    changes = CaseEvent.objects.filter(case=case).exclude(kind__in=SAME_VERSION)
    return changes.values_list("actor_id", flat=True).first() == person.pk


def is_last(
    events: QuerySet[CaseEvent] | QuerySet[AccountEvent] | QuerySet[PortalEvent],
    kind: str,
    *,
    by: User,
    reason: str = "",
    **facts: Any,
) -> bool:
    """Tell whether the last of `events`, which are latest first, is of this `kind` and by `by`, with these `facts`.

    Then a button that is pressed twice, or again because the first response was lost, has done what it should.
    """
    latest = events.first()
    if latest is None or (latest.kind, latest.actor_id, latest.reason) != (kind, by.pk, reason):
        return False
    return facts.items() <= facts_in(latest).items()


def latest_events(case: Case, *, limit: int) -> Sequence[CaseEvent]:
    """Return the last `limit` events of `case`, latest first, with the names of all people and types.

    Three queries at most.
    """
    events = list(CaseEvent.objects.filter(case=case).select_related("actor")[:limit])
    name_facts(events)
    return events


def name_facts(events: Sequence[CaseEvent]) -> None:
    """Set `named` and `types` on each of `events`: what their details call by a key. Two queries at most."""
    name_people(events)
    _name_types(events)


def _name_types(events: Iterable[CaseEvent]) -> None:
    """Set `types` on each of `events` that changed the type of its case: before and after, by their present names."""
    changes = {event: facts_in(event) for event in events if event.kind == CaseEvent.Kind.TYPE_CHANGED}
    keys = {event: [facts.get(name) for name in NAMES_OF_TYPES] for event, facts in changes.items()}
    wanted = {pk for pair in keys.values() for pk in pair if isinstance(pk, int)}
    kept = CaseType.objects.only("name").in_bulk(wanted) if wanted else {}
    for event, pair in keys.items():
        event.types = [kept[pk].name if isinstance(pk, int) and pk in kept else "" for pk in pair]


def name_people(events: Iterable[CaseEvent | AccountEvent]) -> None:
    """Set `named` on each of `events`: the people of its details, by the names that they have now."""
    keys = {event: _people_in(event) for event in events}
    wanted = {pk for people in keys.values() for pk in people.values()}
    people = User.objects.only("username", "first_name", "last_name").in_bulk(wanted) if wanted else {}
    for event, found in keys.items():
        event.named = {name: people[pk].display_name for name, pk in found.items() if pk in people}


def _people_in(event: CaseEvent | AccountEvent) -> dict[str, int]:
    facts = facts_in(event)
    return {name: facts[name] for name in NAMES_OF_PEOPLE if isinstance(facts.get(name), int)}


def facts_in(event: CaseEvent | AccountEvent | PortalEvent) -> dict[str, Any]:
    """Return the details of `event`. Empty if a row that was written by hand contains something else."""
    return event.details if isinstance(event.details, dict) else {}


class EventRecorder:
    """Records one step of one case: its state before and after.

    Create it before the case changes, and call `record` afterwards in the same transaction.
    """

    def __init__(
        self, case: Case, *, by: User | str, source: str, at: dt.datetime, bulk_run: int | None = None
    ) -> None:
        self.case = case
        self.by = by
        self.source = source
        self.at = at
        self.bulk_run = bulk_run
        self.from_status = case.status
        self.from_date = case.scheduled_release_date
        self.from_time = case.scheduled_release_time

    def record(self, kind: CaseEvent.Kind, *, reason: str = "", details: dict[str, Any] | None = None) -> None:
        """Append the step to the history. `reason`: a person's words. `details`: the facts that have no column."""
        self.event(kind, reason=reason, details=details).save()
        self.log(kind)

    def log(self, kind: CaseEvent.Kind) -> None:
        """Write a line about the step once it is committed."""
        log_committed(
            "case changed", kind=str(kind), case_id=self.case.pk, source=self.source, by=actor_in_log(self.by)
        )

    def event(self, kind: CaseEvent.Kind, *, reason: str = "", details: dict[str, Any] | None = None) -> CaseEvent:
        """Return the step as a row that is not stored yet, to store many together. TooLong for a long `reason`."""
        limits.check_length(reason, limits.REASON, field="reason")
        return CaseEvent(
            case=self.case,
            kind=kind,
            at=self.at,
            source=self.source,
            from_status=self.from_status,
            to_status=self.case.status,
            from_date=self.from_date,
            from_time=self.from_time,
            to_date=self.case.scheduled_release_date,
            to_time=self.case.scheduled_release_time,
            schedule_revision=self.case.schedule_revision,
            release_number=self.case.release_number,
            reason=reason,
            details=details or {},
            bulk_run_id=self.bulk_run,
            **actor_columns(self.by),
        )
