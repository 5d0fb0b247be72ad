"""Who takes care of an open condition: its owner, as long as they can. Otherwise others are notified and named."""

from collections.abc import Collection, Iterable

from django.db.models import Max

from cases.db.bulk import ids_as_rows
from cases.lifecycle.deputies import is_assigned, read_standing_in
from cases.lifecycle.former_technicians import has_left
from cases.models import Case, CaseEvent, Condition, User
from cases.models.case_event import COMPLETED_BY_PERSON


def can_own(person: User) -> bool:
    """Tell whether `person` can take care of conditions: staff with an active account."""
    return not has_left(person)


def can_approve(person: User, case: Case, *, completed_by: int | None) -> bool:
    """Tell whether `person` can approve the release of `case`, once it is completed, by the rules of the verb.

    `completed_by` is the person who completed it last. That counts until it is reopened.
    """
    if not can_own(person) or (case.is_pending and person.pk == completed_by):
        return False
    return person.is_administrator or not is_assigned(person, case)


def owner_can_act(condition: Condition, case: Case, *, completed_by: int | None) -> bool:
    """Tell whether `condition` has an owner who can take care of it now. `completed_by` as in `can_approve`."""
    owner = condition.owner
    if owner is None or condition.kind != Condition.Kind.APPROVAL:
        return owner is not None and can_own(owner)
    return can_approve(owner, case, completed_by=completed_by)


def completed_by(cases: Collection[int]) -> dict[int, int]:
    """Return the person who completed each of these cases last. Undoing a bulk reopening does not count. One
    statement."""
    events = CaseEvent.objects.filter(COMPLETED_BY_PERSON, case__in=ids_as_rows(sorted(cases)), actor__isnull=False)
    latest = events.order_by().values("case").annotate(latest=Max("pk")).values("latest")
    return dict(CaseEvent.objects.filter(pk__in=latest).order_by().values_list("case_id", "actor_id"))


def last_completed_by(events: Iterable[CaseEvent]) -> int | None:
    """Do the same as `completed_by` for one case, whose latest history is `events`."""
    completed = [each for each in events if each.kind == CaseEvent.Kind.COMPLETED and each.bulk_run_id is None]
    last = max(completed, key=lambda event: event.pk, default=None)
    return last.actor_id if last else None


def read_completed_by(conditions: Iterable[Condition]) -> dict[int, int]:
    """Read what `owner_can_act` needs for all these `conditions`.

    Return `completed_by` for their cases. Nothing is read if no open approval has an owner. Otherwise it takes two
    statements while no one is away.
    """
    approvals = [each for each in conditions if each.owner and each.is_open and each.kind == Condition.Kind.APPROVAL]
    read_standing_in(each.owner for each in approvals if each.owner)
    return completed_by({each.case_id for each in approvals}) if approvals else {}
