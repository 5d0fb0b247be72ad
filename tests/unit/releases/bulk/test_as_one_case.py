"""A run does to each case what the verb does to one, and refuses with the same message."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from cases import releases
from cases.casework import assignment, corrections
from cases.core.errors import CaseError
from cases.core.schedule import Schedule
from cases.models import BulkRow, Case, CaseEvent, CaseType, Condition, Notification, OutgoingEmail, User
from cases.releases import bulk
from cases.releases.bulk import Parameters
from cases.releases.bulk.registry import KINDS
from tests.factories import CaseAnswerFactory, CaseFactory, CaseTypeFactory, UserFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("compares two ways of Python: test_runs.py has the statements on both"),
]

STATES = ["submitted", "accepted", "held", "scheduled", "due", "held_by_conditions", "released"]
# A day on which none of the states has its release.
WANTED = dt.date(2025, 6, 25)
REASON = "The letter came late."
# There is no verb without a condition. A run may also have its own reason.
NO_CONDITION = "This case has no open condition “Payment received”."


def condition(case: Case, kind: str, name: str = "", state: str = "open", **columns: Any) -> Condition:
    """A condition that the case counts."""
    settled = {"settled_at": timezone.now(), "settled_through": "web"} if state != "open" else {}
    made = Condition.objects.create(
        case=case, kind=kind, name=name, state=state, created=timezone.now(), since=timezone.now(), **settled, **columns
    )
    case.open_conditions = case.conditions.filter(state="open").count()
    case.save(update_fields=["open_conditions"])
    return made


def twins(state: str, technician: User, member: User, case_type: CaseType) -> list[Case]:
    """Two cases that differ only by their keys: with an approval, met or open, an answer, and conditions from their
    type.
    """
    made = []
    for _twin in range(2):
        traits = {} if state == "accepted" else {state: True}
        case = CaseFactory(member=member, title="Pension", case_type=case_type, **traits)
        if state != "submitted":
            case.assigned_to = technician
            case.save(update_fields=["assigned_to"])
        CaseAnswerFactory(case=case, updated_by=technician)
        if state in ("accepted", "held_by_conditions"):
            condition(case, "manual", "Payment received")
            condition(case, "answer", from_type=True, state="open" if state == "accepted" else "met")
        if state in ("scheduled", "held_by_conditions"):
            condition(case, "approval", state="met", approved_digest="x")
        if state == "held":
            condition(case, "approval")
        made.append(case)
    return made


# Notifications that refer to a condition by its key.
OF_A_CONDITION = {Notification.Kind.CONDITION, Notification.Kind.APPROVAL}
OWN = {"id", "pk", "external_case_id", "case_id", "release_batch", "bulk_run_id", "description"}


def plain(values: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in values.items() if name not in OWN}
    if isinstance(kept.get("details"), dict):
        kept["details"] = {name: value for name, value in kept["details"].items() if name != "condition"}
    if kept.get("kind") in OF_A_CONDITION:
        kept.pop("ref", None)
    return kept


def story(case: Case) -> dict[str, Any]:
    """Everything that is stored about a case, and its notifications, except keys."""
    tables = {"events": CaseEvent, "conditions": Condition, "emails": OutgoingEmail, "told": Notification}
    found = {
        name: sorted((plain(row) for row in model.objects.filter(case=case).values()), key=str)
        for name, model in tables.items()
    }
    return found | {"case": plain(Case.objects.values().get(pk=case.pk))}


def only_condition(case: Case) -> Condition:
    found = case.conditions.filter(kind="manual", state="open").first()
    if found is None:
        raise CaseError(NO_CONDITION)
    return found


def verbs(others: User, new_type: CaseType) -> dict[str, tuple[Parameters, Callable[..., object]]]:
    """For each action its parameters, and the verb that does it to one case."""
    schedule = Schedule(WANTED, dt.time(9, 30))
    return {
        "release_now": (Parameters(), lambda case, **who: releases.release_now(case=case, reason=REASON, **who)),
        "schedule": (
            Parameters(date=WANTED, time=schedule.time),
            lambda case, **who: releases.schedule(case=case, release_on=schedule, reason=REASON, **who),
        ),
        "spread": (
            Parameters(date=WANTED, most_a_day=len(STATES)),
            lambda case, **who: releases.schedule(case=case, release_on=Schedule(WANTED), reason=REASON, **who),
        ),
        "hold": (Parameters(), lambda case, **who: releases.cancel_schedule(case=case, reason=REASON, **who)),
        "return": (Parameters(), lambda case, **who: releases.return_to_accepted(case=case, reason=REASON, **who)),
        "hand_over": (
            Parameters(technician=others.pk),
            lambda case, **who: assignment.hand_over_case(case=case, to=others, reason=REASON, **who),
        ),
        "add_condition": (
            Parameters(kind="answer"),
            lambda case, **who: releases.add_condition(case=case, kind="answer", **who),
        ),
        "add_condition of a colleague": (
            Parameters(kind="manual", name="Signed", owner=others.pk),
            lambda case, **who: releases.add_condition(case=case, kind="manual", name="Signed", owner=others, **who),
        ),
        "add_condition approval": (
            Parameters(kind="approval"),
            lambda case, **who: releases.add_condition(case=case, kind="approval", **who),
        ),
        "add_condition approval of a colleague": (
            Parameters(kind="approval", owner=others.pk),
            lambda case, **who: releases.add_condition(case=case, kind="approval", owner=others, **who),
        ),
        "meet_condition": (
            Parameters(kind="manual", name="Payment received"),
            lambda case, **who: releases.meet_condition(condition=only_condition(case), **who),
        ),
        "waive_condition": (
            Parameters(kind="manual", name="Payment received"),
            lambda case, **who: releases.waive_condition(condition=only_condition(case), reason=REASON, **who),
        ),
        "urgency": (
            Parameters(urgency="urgent"),
            lambda case, **who: corrections.correct(case=case, case_type=case.case_type, urgency="urgent", **who),
        ),
        "case_type": (
            Parameters(case_type=new_type.pk),
            lambda case, **who: corrections.correct(case=case, case_type=new_type, urgency=case.urgency, **who),
        ),
    }


# Where the verb's message mentions a form, or no reason is needed.
NO_REASON = ["add_condition", "meet_condition", "urgency", "case_type"]
ACTIONS = list(verbs(User(pk=1), CaseType(pk=1)))
# They set dates as `schedule` does, and only find them in another way.
AS_SCHEDULE = {"schedule_each", "shift"}


def test_each_action_is_compared_with_its_verb():
    assert {action.split()[0] for action in ACTIONS} | AS_SCHEDULE == set(KINDS), "add it to `verbs`"


@pytest.mark.parametrize("role", ["technician", "administrator"])
@pytest.mark.parametrize("action", ACTIONS)
def test_a_run_does_what_the_verb_does(action, role, request, clock, member, technician, other_technician):
    person = request.getfixturevalue(role)
    UserFactory(role="administrator")  # who is asked for approvals
    other_technician.set_password("x")
    other_technician.save()
    case_type = CaseTypeFactory(name="Pension", conditions=["answer"])
    new_type = CaseTypeFactory(name="Savings", conditions=["manual", "report"])
    parameters, verb = verbs(other_technician, new_type)[action]
    verb_name = action.split()[0]
    if verb_name not in bulk.actions_for(person):
        return
    pairs = [twins(state, technician, member, case_type) for state in STATES]
    reason = "" if verb_name in NO_REASON else REASON

    run = bulk.preview(
        by=person, action=verb_name, keys=[pair[1].pk for pair in pairs], parameters=parameters, reason=reason
    )
    bulk.start(by=person, run=run)
    bulk.work_off()

    rows = dict(zip(STATES, BulkRow.objects.filter(run=run).order_by("position"), strict=True))
    for state, (one, of_run) in zip(STATES, pairs, strict=True):
        refusal = ""
        try:
            verb(one, by=person, source="bulk")
        except CaseError as error:
            refusal = error.message
        row = rows[state]
        assert row.is_refused == bool(refusal), (state, row.code, refusal)
        assert row.words == refusal or refusal == NO_CONDITION, state
        assert story(of_run) == story(one), state
        made = CaseEvent.objects.filter(case=of_run)
        assert {event.bulk_run_id for event in made} <= {run.pk}, state
