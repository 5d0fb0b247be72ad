"""Which steps give a case a new version: each kind of step in the history, through verbs that record it."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import QuerySet

from cases import releases
from cases.casework import assignment, corrections, drafts
from cases.conversation import messages
from cases.core.schedule import Schedule
from cases.delivery.resend import resend
from cases.documents import attach_and_remove as documents
from cases.lifecycle.history import SAME_VERSION
from cases.models import Case, CaseEvent, Condition, OutgoingEmail
from cases.releases import condition_links
from tests.conftest import FROZEN
from tests.factories import CaseFactory, CaseTypeFactory, letter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

BY_WEB: dict[str, Any] = {"source": "web"}
BY_ADMINISTRATOR: dict[str, Any] = {"source": "web", "reason": "because"}
People = dict[str, Any]
Step = Callable[[Case, People], object]


def on(days: int) -> Schedule:
    return Schedule(FROZEN.date() + dt.timedelta(days=days), None)


def with_condition(case: Case, by: People, kind: str = "manual") -> Condition:
    name = "" if kind in ("approval", "report", "answer") else "Payment received"
    return releases.add_condition(case=case, by=by["tom"], kind=kind, name=name, **BY_WEB)


def with_report(case: Case, by: People) -> Any:
    return documents.attach(case=case, by=by["tom"], file=letter(), **BY_WEB)


def with_approval(case: Case, by: People) -> None:
    releases.approve(condition=with_condition(case, by, "approval"), by=by["ada"], **BY_WEB)


def with_failed_email(case: Case, by: People) -> OutgoingEmail:
    releases.release_now(case=case, by=by["ada"], **BY_ADMINISTRATOR)
    OutgoingEmail.objects.update(state=OutgoingEmail.State.UNDELIVERABLE, last_error="550 unknown")
    return OutgoingEmail.objects.get(kind="released")


def nothing(case: Case, by: People) -> None:
    """The state of the case is all that the step needs."""


# For each kind: the state of the case, what is prepared, and the verb, which also gets what was prepared.
STEPS: dict[str, tuple[dict[str, Any], Step, Callable[[Case, People, Any], object]]] = {
    "submitted": ({"draft": True}, nothing, lambda case, by, _: drafts.submit(case=case, by=by["mia"], **BY_WEB)),
    "draft_deleted": (
        {"draft": True},
        nothing,
        lambda case, by, _: drafts.delete_draft(case=case, by=by["mia"], **BY_WEB),
    ),
    "accepted": ({"submitted": True}, nothing, lambda case, by, _: releases.accept(case=case, by=by["tom"], **BY_WEB)),
    "completed": (
        {},
        nothing,
        lambda case, by, _: releases.complete(case=case, by=by["tom"], release_on=on(10), **BY_WEB),
    ),
    "scheduled": (
        {"held": True},
        nothing,
        lambda case, by, _: releases.schedule(case=case, by=by["tom"], release_on=on(10), **BY_WEB),
    ),
    "rescheduled": (
        {"scheduled": True},
        nothing,
        lambda case, by, _: releases.schedule(case=case, by=by["tom"], release_on=on(10), **BY_WEB),
    ),
    "held": (
        {"scheduled": True},
        nothing,
        lambda case, by, _: releases.cancel_schedule(case=case, by=by["ada"], **BY_ADMINISTRATOR),
    ),
    "returned": (
        {"scheduled": True},
        nothing,
        lambda case, by, _: releases.return_to_accepted(case=case, by=by["tom"], **BY_WEB),
    ),
    "released": ({"due": True}, nothing, lambda case, by, _: releases.release_due(by="sweep", source="sweep")),
    "mail_resent": (
        {"scheduled": True},
        with_failed_email,
        lambda case, by, email: resend(email=email, by=by["ada"], **BY_WEB),
    ),
    "handed_over": (
        {},
        nothing,
        lambda case, by, _: assignment.hand_over_case(case=case, to=by["fritz"], by=by["tom"], **BY_WEB),
    ),
    "document_attached": ({}, nothing, lambda case, by, _: with_report(case, by)),
    "document_removed": (
        {},
        with_report,
        lambda case, by, document: documents.remove(document=document, by=by["tom"], **BY_WEB),
    ),
    "type_changed": (
        {},
        lambda case, by: CaseTypeFactory(),
        lambda case, by, new: corrections.correct(
            case=case, by=by["tom"], case_type=new, urgency=case.urgency, **BY_WEB
        ),
    ),
    "urgency_changed": (
        {},
        nothing,
        lambda case, by, _: corrections.correct(case=case, by=by["tom"], case_type=None, urgency="urgent", **BY_WEB),
    ),
    "condition_added": ({}, nothing, lambda case, by, _: with_condition(case, by)),
    "condition_removed": (
        {},
        with_condition,
        lambda case, by, condition: releases.remove_condition(condition=condition, by=by["tom"], **BY_WEB),
    ),
    "condition_met": (
        {},
        with_condition,
        lambda case, by, condition: releases.meet_condition(condition=condition, by=by["tom"], **BY_WEB),
    ),
    "condition_waived": (
        {},
        with_condition,
        lambda case, by, condition: releases.waive_condition(condition=condition, by=by["ada"], **BY_ADMINISTRATOR),
    ),
    "condition_reopened": (
        {"scheduled": True},
        with_approval,
        lambda case, by, _: releases.add_condition(case=case, by=by["tom"], kind="approval", **BY_WEB),
    ),
    "approved": (
        {"scheduled": True},
        lambda case, by: with_condition(case, by, "approval"),
        lambda case, by, condition: releases.approve(condition=condition, by=by["ada"], **BY_WEB),
    ),
    "approval_lapsed": (
        {"scheduled": True},
        with_approval,
        lambda case, by, _: releases.schedule(case=case, by=by["tom"], release_on=on(10), **BY_WEB),
    ),
    "link_replaced": (
        {},
        lambda case, by: with_condition(case, by, "external"),
        lambda case, by, condition: condition_links.make_link(condition=condition, by=by["tom"], **BY_WEB),
    ),
    "undone": (
        {},
        lambda case, by: releases.complete(case=case, by=by["tom"], release_on=None, **BY_WEB),
        lambda case, by, _: releases.undo(case=case, by=by["tom"], **BY_WEB),
    ),
    "recalled": (
        {"released": True},
        nothing,
        lambda case, by, _: releases.recall(case=case, by=by["ada"], **BY_ADMINISTRATOR),
    ),
    "waiting_ended": (
        {"waiting_for": "staff", "waiting_since": FROZEN},
        nothing,
        lambda case, by, _: messages.end_waiting(case=case, by=by["tom"], **BY_WEB),
    ),
}


@pytest.fixture
def people(member, technician, other_technician, administrator) -> People:
    return {"mia": member, "tom": technician, "fritz": other_technician, "ada": administrator}


@pytest.mark.parametrize("kind", CaseEvent.Kind.values)
def test_a_step_that_gives_no_new_version_is_listed_as_one(kind, people):
    """A new kind needs a row in STEPS, with a verb that records it."""
    state, prepare, verb = STEPS[kind]
    unassigned = "draft" in state or "submitted" in state
    case = CaseFactory(member=people["mia"], assigned_to=None if unassigned else people["tom"], **state)
    prepared = prepare(case, people)
    before, former = version_of(case), set(steps_of(case).values_list("pk", flat=True))
    case.refresh_from_db()
    verb(case, people, prepared)
    recorded = set(steps_of(case).exclude(pk__in=former).values_list("kind", flat=True))
    assert kind in recorded
    assert (version_of(case) == before) == (kind in SAME_VERSION)
    assert recorded <= set(SAME_VERSION) or kind not in SAME_VERSION


def version_of(case: Case) -> int:
    return Case.objects.values_list("version", flat=True).get(pk=case.pk)


def steps_of(case: Case) -> QuerySet[CaseEvent]:
    return CaseEvent.objects.filter(case=case)
