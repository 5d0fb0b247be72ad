"""Conditions of the demo data: the technician's own cases show one of each kind, including one that holds a case
back."""

from cases import releases
from cases.models import Case, CaseEvent, Condition, User

WEB = CaseEvent.Source.WEB


def add(*, technician: User, colleague: User) -> None:
    """Add conditions to the next scheduled case of `technician`, and to one in progress. `colleague` owns one."""
    scheduled = _first(technician, status="completed", actual_release_date=None, scheduled_release_date__isnull=False)
    paid = _add(scheduled, "manual", name="Copy fee received")
    releases.meet_condition(condition=paid, by=technician, source=WEB)
    court = _add(scheduled, "external", name="Court confirms the order", owner=colleague)
    releases.make_link(condition=court, by=technician, source=WEB)
    _add(scheduled, "approval")
    in_progress = _first(technician, status="accepted")
    _add(in_progress, "answer")
    _add(in_progress, "report")


def hold_back(*, case: Case, technician: User) -> None:
    """Add a condition to the scheduled `case` that no one will meet. When its date comes, it is held by conditions."""
    case.refresh_from_db()
    releases.add_condition(
        case=case, by=technician, source=WEB, kind=Condition.Kind.MANUAL, name="Member has signed the form"
    )


def _first(technician: User, **columns: object) -> Case:
    return Case.objects.filter(assigned_to=technician, **columns).latest("pk")


def _add(case: Case, kind: str, *, name: str = "", owner: User | None = None) -> Condition:
    by = case.assigned_to
    assert by is not None  # noqa: S101  (a case that was accepted has a technician)
    return releases.add_condition(case=case, by=by, source=WEB, kind=kind, name=name, owner=owner)
