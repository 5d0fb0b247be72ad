"""Technicians correct the type and urgency of their cases. The conditions of a case follow its type."""

import datetime as dt

import pytest

from cases.casework import corrections, drafts
from cases.core import limits
from cases.core.errors import CaseError, Stale
from cases.lifecycle.case_conditions import recount
from cases.models import Case, Condition
from tests.factories import CaseFactory, CaseTypeFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def case(member, technician):
    return CaseFactory(member=member, assigned_to=technician)


@pytest.fixture
def order():
    return CaseTypeFactory(name="Divorce order", conditions=["manual", "report"])


@pytest.fixture
def estimate():
    return CaseTypeFactory(name="Estimate", conditions=["manual", "answer"])


def correct(case, by, **changes):
    case.refresh_from_db()
    facts = {"case_type": case.case_type, "urgency": case.urgency} | changes
    return corrections.correct(case=case, by=by, source="web", **facts)


def kinds(case):
    return sorted(case.conditions.values_list("kind", flat=True))


def add(case, kind, name="", **columns):
    now = dt.datetime(2025, 6, 1, tzinfo=dt.UTC)
    condition = Condition.objects.create(case=case, kind=kind, name=name, created=now, since=now, **columns)
    recount(case)
    case.save(update_fields=["open_conditions"])
    return condition


def met(**columns):
    at = dt.datetime(2025, 6, 2, tzinfo=dt.UTC)
    return {"state": "met", "settled_at": at, "settled_through": "web", **columns}


# --- Submitting -------------------------------------------------------------------------------------------------------


def test_a_submitted_case_has_the_conditions_of_its_type(member, order):
    draft = drafts.create(by=member, title="Order", description="", case_type=order)
    assert kinds(draft) == []
    case = drafts.submit(case=draft, by=member, source="web")
    assert case.open_conditions == 2
    conditions = list(case.conditions.all())
    assert [(each.kind, each.name, each.from_type, each.is_open) for each in conditions] == [
        ("manual", "Payment received", True, True),
        ("report", "", True, True),
    ]
    assert {each.since for each in conditions} == {case.date_submitted}
    events = list(case.events.order_by("pk"))
    assert [each.kind for each in events] == ["submitted", "condition_added", "condition_added"]
    assert {each.actor for each in events} == {member}


def test_a_general_case_has_none_and_costs_nothing_more(member, django_assert_num_queries):
    draft = drafts.create(by=member, title="Order", description="")
    with django_assert_num_queries(10):
        case = drafts.submit(case=draft, by=member, source="web")
    assert (case.case_type, case.open_conditions) == (None, 0)


def test_a_draft_changes_its_type_without_conditions(member, order, estimate):
    draft = drafts.create(by=member, title="Order", description="", case_type=order)
    drafts.edit(case=draft, by=member, title="Order", description="", urgency="normal", case_type=estimate)
    case = Case.objects.get()
    assert (case.case_type, kinds(case)) == (estimate, [])


def test_a_retired_type_is_chosen_by_nobody_and_kept_by_those_who_have_it(member, technician, case, order):
    draft = drafts.create(by=member, title="Order", description="", case_type=order)
    order.is_retired = True
    order.save()
    text = {"title": "Order 2", "description": "", "urgency": "normal"}
    with pytest.raises(CaseError):
        drafts.create(by=member, title="Order", description="", case_type=order)
    with pytest.raises(CaseError):
        correct(case, technician, case_type=order)
    drafts.edit(case=draft, by=member, **text, case_type=order)
    assert drafts.submit(case=draft, by=member, source="web").open_conditions == 2


def test_a_later_change_of_the_type_leaves_the_case_alone(member, order):
    draft = drafts.create(by=member, title="Order", description="", case_type=order)
    case = drafts.submit(case=draft, by=member, source="web")
    order.conditions.all().delete()
    assert kinds(case) == ["manual", "report"]


# --- Correcting -------------------------------------------------------------------------------------------------------


def test_type_and_urgency_are_corrected_with_history(case, technician, order):
    done = correct(case, technician, case_type=order, urgency="urgent")
    assert (done.case_type, done.urgency, done.version, done.open_conditions) == (order, "urgent", 1, 2)
    events = {each.kind: each for each in case.events.all()}
    assert set(events) == {"urgency_changed", "type_changed", "condition_added"}
    assert events["urgency_changed"].details == {"from_urgency": "normal", "to_urgency": "urgent"}
    assert events["type_changed"].details == {"from_type": None, "to_type": order.pk}
    assert Case.objects.get().open_conditions == 2


def test_what_stays_as_it_was_leaves_no_history(case, technician):
    correct(case, technician)
    case.refresh_from_db()
    assert (case.version, case.events.count()) == (0, 0)


def test_open_conditions_of_the_former_type_make_way(case, technician, order, estimate):
    correct(case, technician, case_type=order)
    kept = case.conditions.get(kind="manual")
    done = correct(case, technician, case_type=estimate)
    assert kinds(case) == ["answer", "manual"]
    assert case.conditions.get(kind="manual") == kept, "both types ask for it"
    assert done.open_conditions == 2
    assert list(case.events.order_by("pk").values_list("kind", flat=True)[3:]) == [
        "type_changed",
        "condition_removed",
        "condition_added",
    ]
    assert correct(case, technician, case_type=None).open_conditions == 0
    assert kinds(case) == []


def test_what_people_added_and_what_is_met_stays(case, technician, order):
    add(case, "manual", "Called back")
    add(case, "report", from_type=True, **met())
    done = correct(case, technician, case_type=order)
    assert kinds(case) == ["manual", "manual", "report"]
    assert done.open_conditions == 2
    done = correct(case, technician, case_type=None)
    assert [(each.kind, each.name) for each in case.conditions.all()] == [("manual", "Called back"), ("report", "")]
    assert done.open_conditions == 1


def test_a_condition_that_a_case_has_once_is_not_added_twice(case, technician, order):
    add(case, "report", "Figures of 2024")
    correct(case, technician, case_type=order)
    assert list(case.conditions.filter(kind="report").values_list("name", "from_type")) == [("Figures of 2024", False)]


def test_no_case_gets_more_conditions_than_one_may_have(case, technician, order):
    for number in range(limits.CONDITIONS - 1):
        add(case, "manual", f"Step {number}")
    with pytest.raises(CaseError) as caught:
        correct(case, technician, case_type=order)
    assert caught.value.field == "case_type"
    case.refresh_from_db()
    assert (case.case_type, case.conditions.count()) == (None, limits.CONDITIONS - 1)


def test_a_correction_of_what_has_changed_meanwhile_is_refused(case, technician, order):
    correct(case, technician, urgency="urgent")
    with pytest.raises(Stale):
        corrections.correct(
            case=case, by=technician, source="web", case_type=order, urgency="normal", version=case.version
        )
    assert Case.objects.get().urgency == "urgent"


@pytest.mark.parametrize("state", ["submitted", "accepted"])
def test_administrators_correct_submitted_cases_too(state, administrator, order):
    case = CaseFactory(**({"submitted": True} if state == "submitted" else {}))
    assert correct(case, administrator, case_type=order).open_conditions == 2
