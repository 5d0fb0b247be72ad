"""Undo of what a run did to conditions, and of a run that reopened cases."""

import datetime as dt

import pytest

from cases.models import Case, Condition
from cases.releases import bulk
from tests.factories import CaseAnswerFactory, CaseDocumentFactory, CaseFactory
from tests.unit.releases.bulk.test_as_one_case import condition
from tests.unit.releases.bulk.test_runs import codes, done, preview

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

WORK = {"report": CaseDocumentFactory, "answer": CaseAnswerFactory}


def as_they_are():
    """What an undo restores: of the cases all but their version."""
    cases = [{name: row[name] for name in row if name != "version"} for row in Case.objects.order_by("pk").values()]
    return cases, list(Condition.objects.order_by("pk").values())


# --- Conditions that were added --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", WORK)
def test_a_condition_that_was_met_at_once_is_removed_as_one_that_is_open(kind, administrator, technician, clock):
    there, too_late, missing, accepted = (
        CaseFactory(assigned_to=technician, **traits) for traits in [{"scheduled": True}] * 3 + [{}]
    )
    for case in (there, too_late, accepted):
        WORK[kind](case=case)
        condition(case, "manual", "Payment received", state="met")
        condition(case, *(("answer",) if kind == "report" else ("report",)), state="met")
    before = as_they_are()
    cases = [there, missing, accepted, too_late]
    run = done(preview(technician, "add_condition", cases, kind=kind))
    assert codes(run) == ["done"] * 4
    added = {each.case_id: each.state for each in Condition.objects.filter(kind=kind)}
    assert added == {there.pk: "met", missing.pk: "open", accepted.pk: "open", too_late.pk: "met"}
    Case.objects.filter(pk=too_late.pk).update(version=99)  # somebody has had it in hands since
    clock.shift(dt.timedelta(minutes=1))

    undo = done(bulk.preview_undo(by=technician, run=run))

    assert codes(undo) == ["done", "done", "done", "changed"]
    Condition.objects.get(case=too_late, kind=kind, state="met").delete()
    assert as_they_are() == before
    for case in (there, missing, accepted):
        assert case.events.get(bulk_run=undo).kind == "condition_removed"


@pytest.mark.parametrize("met_at_once", [True, False])
def test_a_condition_in_another_state_than_the_run_left_it_is_kept(met_at_once, technician):
    """As a hand could change it, past every verb."""
    case = CaseFactory(assigned_to=technician, scheduled=True)
    if met_at_once:
        CaseDocumentFactory(case=case)
    run = done(preview(technician, "add_condition", [case], kind="report"))
    case.conditions.all().delete()
    condition(case, "report", state="open" if met_at_once else "met", pk=run.rows.get().fact("condition"))

    undo = bulk.preview_undo(by=technician, run=run)

    assert codes(undo) == ["state"]
    assert undo.rows.get().words == "The condition isn't as the bulk operation left it."
    assert case.conditions.exists()
