"""Undoing what a run did to conditions, and a run that reopened cases."""

import datetime as dt

import pytest

from cases import releases
from cases.casework import answers, case_types, notes
from cases.conversation import messages
from cases.core.errors import NotAllowed
from cases.core.schedule import Schedule
from cases.delivery import celery_publisher, outbox
from cases.documents import attach_and_remove as documents
from cases.models import Case, CaseDocument, CaseEvent, Condition, Notification
from cases.releases import bulk
from cases.selectors import bulk_rows
from tests.conftest import FROZEN
from tests.factories import CaseAnswerFactory, CaseDocumentFactory, CaseFactory, CaseTypeFactory, letter
from tests.unit.releases.bulk.test_as_one_case import condition
from tests.unit.releases.bulk.test_runs import codes, done, preview

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

MINUTE = dt.timedelta(minutes=1)
LATER = Schedule(FROZEN.date() + dt.timedelta(days=8))
WORK = {"report": CaseDocumentFactory, "answer": CaseAnswerFactory}


def as_they_are():
    """Return what an undo restores: everything about the cases except their version."""
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
    Case.objects.filter(pk=too_late.pk).update(version=99)  # someone has worked on it since
    clock.shift(MINUTE)

    undo = done(bulk.preview_undo(by=technician, run=run))

    assert codes(undo) == ["done", "done", "done", "changed"]
    Condition.objects.get(case=too_late, kind=kind, state="met").delete()
    assert as_they_are() == before
    for case in (there, missing, accepted):
        assert case.events.get(bulk_run=undo).kind == "condition_removed"


@pytest.mark.parametrize("met_at_once", [True, False])
def test_a_condition_in_another_state_than_the_run_left_it_is_kept(met_at_once, technician):
    """As a manual change could, bypassing every verb."""
    case = CaseFactory(assigned_to=technician, scheduled=True)
    if met_at_once:
        CaseDocumentFactory(case=case)
    run = done(preview(technician, "add_condition", [case], kind="report"))
    case.conditions.all().delete()
    condition(case, "report", state="open" if met_at_once else "met", pk=run.rows.get().fact("condition"))

    undo = bulk.preview_undo(by=technician, run=run)

    assert codes(undo) == ["state"]
    assert undo.rows.get().words == "The condition has changed since the bulk operation."
    assert case.conditions.exists()


@pytest.mark.parametrize("kind", ["manual", "approval"])
def test_to_remove_the_last_condition_of_a_case_past_its_instant_wakes_a_worker(
    kind, technician, monkeypatch, django_capture_on_commit_callbacks
):
    woken = []
    monkeypatch.setattr(celery_publisher, "publish_wake_up", lambda **facts: woken.append(facts["case_id"]) or True)
    held, free, ahead = (CaseFactory(assigned_to=technician, **{state: True}) for state in ("due", "due", "scheduled"))
    run = done(preview(technician, "add_condition", [held, free, ahead], kind=kind, name="Signed"))
    condition(held, "external", "Payment received")

    with django_capture_on_commit_callbacks(execute=True):
        assert codes(done(bulk.preview_undo(by=technician, run=run))) == ["done"] * 3

    assert woken == [free.pk]


@pytest.fixture
def asked_again(administrator, technician, other_technician, clock):
    """Two approved cases, one with an owner of the approval, and one without an approval."""
    cases = [CaseFactory(assigned_to=technician, scheduled=True) for _number in range(3)]
    for case, owner in zip(cases[:2], (administrator, None), strict=True):
        condition(case, "approval", state="met", approved_digest="x", owner=owner)
    clock.shift(MINUTE)
    run = done(preview(technician, "add_condition", cases, kind="approval", owner=other_technician.pk))
    clock.shift(MINUTE)
    return cases, run


def owners_of(cases):
    return [(each.owner, each.state) for case in cases for each in case.conditions.all()]


def test_an_approval_that_is_asked_for_again_has_another_owner_until_the_undo(
    asked_again, administrator, technician, other_technician
):
    cases, run = asked_again
    assert owners_of(cases) == [(other_technician, "open")] * 3
    events = CaseEvent.objects.filter(bulk_run=run).order_by("pk")
    assert {each.case_id: each.details.get("owner") for each in events} == {
        cases[0].pk: other_technician.pk,
        cases[1].pk: other_technician.pk,
        cases[2].pk: None,
    }
    assert set(Notification.objects.values_list("recipient", "kind")) == {(other_technician.pk, "approval")}
    Notification.objects.all().delete()

    undo = bulk.preview_undo(by=technician, run=run)
    told = "Previous owner restored. Approval needed again"
    assert [bulk.told(row, undo) for row in undo.rows.all()] == [told, told, "As it was before"]
    assert codes(done(undo)) == ["done"] * 3

    assert owners_of(cases) == [(administrator, "open"), (None, "open")]
    assert set(Notification.objects.values_list("recipient", "kind")) == {(administrator.pk, "approval")}
    kinds = CaseEvent.objects.filter(bulk_run=undo).order_by("case_id").values_list("kind", "details__owner")
    assert list(kinds) == [
        ("condition_reopened", administrator.pk),
        ("condition_reopened", None),
        ("condition_removed", None),
    ]


def test_a_former_owner_who_has_left_is_not_restored(asked_again, administrator, technician):
    _cases, run = asked_again
    administrator.is_active = False
    administrator.save()
    undo = bulk.preview_undo(by=technician, run=run)
    assert codes(undo) == ["state", "will", "will"]
    assert undo.rows.first().words == "The previous owner no longer has an active staff account."


def test_an_approval_that_is_asked_for_again_of_the_same_owner_stays(administrator, technician, clock):
    case = CaseFactory(assigned_to=technician, scheduled=True)
    condition(case, "approval", state="met", approved_digest="x", owner=administrator)
    run = done(preview(technician, "add_condition", [case], kind="approval", owner=administrator.pk))
    assert codes(bulk.preview_undo(by=technician, run=run)) == ["state"]


# --- Cases that were reopened ----------------------------------------------------------------------------------------


def write(text):
    return lambda case, by: answers.save_answer(case=case, by=by, text=text)


def write_and_restore(case, by):
    former = case.answer.text
    write("Dear M")(case, by)
    write(former)(case, by)


def attach(case, by):
    return documents.attach(case=case, by=by, file=letter(), source="web")


def remove(case, by):
    documents.remove(document=CaseDocument.objects.get(case=case), by=by, source="web")


def attach_and_remove(case, by):
    documents.remove(document=attach(case, by), by=by, source="web")


CHANGES = {
    "half an answer": write("Dear M"),
    "an empty answer": write(""),
    "an answer that is the former one again": write_and_restore,
    "a report more": attach,
    "a report less": remove,
    "a report more and less": attach_and_remove,
    "a note": lambda case, by: notes.add(case=case, by=by, text="Mia called."),
    "a message to the member": lambda case, by: messages.send(case=case, by=by, source="web", text="Which one?"),
}


@pytest.fixture
def answered(member, technician, clock):
    """Three cases with answers and reports, which are in the history, and a week until their releases."""
    cases = [CaseFactory(member=member, assigned_to=technician) for _number in range(3)]
    for case in cases:
        write("Dear Mia, yes.")(case, technician)
        attach(case, technician)
        clock.shift(MINUTE)
        releases.complete(case=case, by=technician, source="web", release_on=LATER)
    clock.shift(MINUTE)
    return cases


@pytest.mark.parametrize("is_known", [True, False], ids=["before the preview", "after the preview"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_case_whose_answer_or_report_was_changed_is_not_completed_again(
    change, is_known, answered, technician, clock
):
    before = as_they_are()[0]
    run = done(preview(technician, "return", answered))
    clock.shift(MINUTE)
    if is_known:
        change(answered[0], technician)
    undo = bulk.preview_undo(by=technician, run=run)
    assert codes(undo) == ["changed" if is_known else "will", "will", "will"]
    if not is_known:
        change(answered[0], technician)

    done(undo)

    assert codes(undo) == ["changed", "done", "done"]
    assert undo.rows.first().words == "This case was changed after the bulk operation. It is left as it is."
    answered[0].refresh_from_db()
    assert (answered[0].status, answered[0].scheduled_release_date) == ("accepted", None)
    scheduled_anew = {"schedule_revision": 3}
    assert as_they_are()[0][1:] == [row | scheduled_anew for row in before[1:]]


def test_what_was_changed_before_the_run_and_what_is_saved_unchanged_do_not_count(answered, technician, clock):
    done(bulk.preview_undo(by=technician, run=done(preview(technician, "return", answered))))
    clock.shift(MINUTE)
    for case in answered:
        releases.return_to_accepted(case=case, by=technician, source="web")
        write("Dear Mia, no.")(case, technician)
        attach(case, technician)
        releases.complete(case=case, by=technician, source="web", release_on=LATER)
    clock.shift(MINUTE)
    run = done(preview(technician, "return", answered))
    clock.shift(MINUTE)
    write("Dear Mia, no.")(answered[0], technician)

    assert codes(done(bulk.preview_undo(by=technician, run=run))) == ["done"] * 3


def test_who_completed_a_case_does_not_approve_it_after_others_have_undone_its_reopening(
    member, technician, other_technician, administrator, clock
):
    case = CaseFactory(member=member, assigned_to=technician)
    approval = releases.add_condition(case=case, by=technician, source="web", kind="approval")
    releases.complete(case=case, by=administrator, source="web", release_on=LATER, reason="He is away.")
    run = done(preview(technician, "return", [case]))
    clock.shift(MINUTE)
    assert codes(done(bulk.preview_undo(by=technician, run=run))) == ["done"]

    with pytest.raises(NotAllowed, match="You completed this case"):
        releases.approve(condition=approval, by=administrator, source="web")
    assert releases.approve(condition=approval, by=other_technician, source="web").state == "met"


def test_who_has_undone_a_reopening_has_not_completed_the_case(member, technician, administrator, clock):
    case = CaseFactory(member=member, assigned_to=technician)
    approval = releases.add_condition(case=case, by=technician, source="web", kind="approval")
    releases.complete(case=case, by=technician, source="web", release_on=LATER)
    run = done(preview(technician, "return", [case]))
    clock.shift(MINUTE)
    assert codes(done(bulk.preview_undo(by=administrator, run=run))) == ["done"]

    assert releases.approve(condition=approval, by=administrator, source="web").settled_by == administrator


# --- Cases that were handed over -------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_known", [True, False], ids=["before the preview", "after the preview"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_case_on_which_a_colleague_has_worked_is_not_given_back(
    change, is_known, answered, technician, other_technician, clock
):
    releases.return_to_accepted(case=answered[0], by=technician, source="web")
    clock.shift(MINUTE)
    people = (technician, other_technician)
    for person in people:
        person.set_password("x")
        person.save()
    run = done(preview(technician, "hand_over", answered, technician=other_technician.pk))
    clock.shift(MINUTE)
    if is_known:
        change(answered[0], other_technician)
    undo = bulk.preview_undo(by=technician, run=run)
    assert codes(undo) == ["changed" if is_known else "will", "will", "will"]
    if not is_known:
        change(answered[0], other_technician)

    done(undo)

    assert codes(undo) == ["changed", "done", "done"]
    assert undo.rows.first().words == "This case was changed after the bulk operation. It is left as it is."
    owners = Case.objects.order_by("pk").values_list("assigned_to", flat=True)
    assert list(owners) == [other_technician.pk, technician.pk, technician.pk]


def test_what_the_member_writes_does_not_keep_a_case_with_a_colleague(
    member, technician, other_technician, administrator, clock
):
    case = CaseFactory(member=member, assigned_to=technician)
    for person in (technician, other_technician):
        person.set_password("x")
        person.save()
    run = done(preview(administrator, "hand_over", [case], technician=other_technician.pk))
    clock.shift(MINUTE)
    messages.send(case=case, by=member, source="web", text="Are you there?")
    assert codes(done(bulk.preview_undo(by=administrator, run=run))) == ["done"]
    told = Notification.objects.filter(case=case, kind="assigned").order_by("pk").values_list("recipient", flat=True)
    assert list(told) == [other_technician.pk, technician.pk], "who gets a case back is told, as who got it was"


# --- Cases of another type -------------------------------------------------------------------------------------------


@pytest.fixture
def typed(member, technician, other_technician, clock):
    """Two cases with conditions from their type: one has an owner, one a link, one both, and one was met."""
    pension = CaseTypeFactory(name="Pension")
    wanted = [("report", ""), ("manual", "Paid"), ("external", "Bank"), ("external", "Notary"), ("manual", "Called")]
    for kind, name in wanted:
        pension.conditions.create(kind=kind, name=name)
    cases = [CaseFactory(member=member, assigned_to=technician, case_type=pension) for _number in range(2)]
    for case in cases:
        for kind, name in wanted:
            owner = other_technician if name in ("Paid", "Notary") else None
            state = "met" if name == "Called" else "open"
            condition(case, kind, name, state=state, owner=owner, from_type=True)
        condition(case, "approval")
    clock.shift(MINUTE)
    return cases


def test_the_undo_of_another_type_restores_conditions_with_their_owners_and_links(typed, technician, clock):
    tokens = [
        releases.make_link(condition=Condition.objects.get(case=typed[0], name=name), by=technician, source="web")
        for name in ("Bank", "Notary")
    ]
    before = as_they_are()
    savings = CaseTypeFactory(name="Savings", conditions=["answer"])
    clock.shift(MINUTE)
    preview_of_run = preview(technician, "case_type", typed, case_type=savings.pk)
    removed = "Conditions removed: Report attached, Paid, Bank, Notary"
    assert bulk.told(preview_of_run.rows.first(), preview_of_run) == f"Now Savings. {removed}"
    run = done(preview_of_run)
    assert codes(run) == ["done", "done"]
    assert set(typed[0].conditions.values_list("kind", "name")) == {
        ("manual", "Called"),
        ("approval", ""),
        ("answer", ""),
    }
    clock.shift(MINUTE)

    undo = bulk.preview_undo(by=technician, run=run)
    assert bulk.told(undo.rows.first(), undo) == "As it was before. Condition removed: Answer written"
    assert codes(done(undo)) == ["done", "done"]

    assert as_they_are() == before
    told = sorted(typed[0].events.filter(bulk_run=undo).values_list("kind", "details__name"), key=str)
    added = [("condition_added", name) for name in ("Bank", "Notary", "Paid", None)]
    assert told == [*added, ("condition_removed", None), ("type_changed", None)]
    for token in tokens:
        assert releases.meet_by_link(token=token).state == "met"


def test_an_undo_goes_by_the_conditions_that_the_run_has_changed(typed, technician, clock):
    """Not by those that the types have in the meantime."""
    before = as_they_are()
    pension, savings = typed[0].case_type, CaseTypeFactory(name="Savings", conditions=["answer"])
    run = done(preview(technician, "case_type", typed, case_type=savings.pk))
    pension.conditions.filter(name="Bank").delete()
    pension.conditions.create(kind="answer", name="")
    clock.shift(MINUTE)
    assert codes(done(bulk.preview_undo(by=technician, run=run))) == ["done", "done"]
    assert as_they_are() == before


def test_a_former_type_comes_back_that_nobody_can_choose_anymore(typed, technician, administrator, clock):
    before = as_they_are()
    run = done(preview(technician, "case_type", typed, case_type=CaseTypeFactory(name="Savings").pk))
    case_types.set_retired(case_type=typed[0].case_type, retired=True, by=administrator, source="web")
    clock.shift(MINUTE)
    assert codes(done(bulk.preview_undo(by=technician, run=run))) == ["done", "done"]
    assert as_they_are() == before


def test_the_conditions_that_a_run_removes_are_those_of_its_moment(typed, technician, clock):
    savings = CaseTypeFactory(name="Savings", conditions=["answer"])
    before = as_they_are()
    run = preview(technician, "case_type", typed, case_type=savings.pk)
    savings.conditions.create(kind="report", name="")
    assert codes(done(run)) == ["done", "done"]
    assert typed[0].conditions.filter(kind="report").exists()
    clock.shift(MINUTE)
    assert codes(done(bulk.preview_undo(by=technician, run=run))) == ["done", "done"]
    assert as_they_are() == before


def test_a_type_is_not_changed_where_an_undo_could_not_restore_the_conditions(typed, technician, monkeypatch):
    monkeypatch.setattr("cases.core.limits.FACTS", 400)
    run = preview(technician, "case_type", typed, case_type=None)
    assert codes(run) == ["state", "state"]
    assert "too many conditions for a bulk change" in run.rows.first().words


# --- Cases whose approval lapses --------------------------------------------------------------------------------------

TO_COME = FROZEN.date() + dt.timedelta(days=9)


@pytest.mark.parametrize(
    ("action", "chosen", "told"),
    [
        ("schedule", {"date": TO_COME}, "From Thu, Jun 19, 2025 to Fri, Jun 20, 2025"),
        ("shift", {"days": 1}, "From Thu, Jun 19, 2025 to Fri, Jun 20, 2025"),
        ("spread", {"date": TO_COME, "most_a_day": 9}, "From Thu, Jun 19, 2025 to Fri, Jun 20, 2025"),
        ("hold", {}, "On hold instead of Thu, Jun 19, 2025"),
        ("return", {}, "In progress again"),
    ],
)
def test_a_preview_tells_which_approvals_will_be_needed_again(action, chosen, told, administrator, answered, clock):
    condition(answered[0], "approval", state="met", approved_digest="x")
    condition(answered[1], "approval")
    clock.shift(MINUTE)

    def said(run):
        return [bulk.told(row, run).partition(told) for row in run.rows.all()], bulk_rows.count_lapsing(run)

    run = preview(administrator, action, answered, **chosen)
    assert said(run) == ([("", told, ". Approval needed again"), ("", told, ""), ("", told, "")], 1)
    done(run)
    assert [each.lapsed_at is not None for each in Condition.objects.filter(kind="approval")] == [True, False]
    clock.shift(MINUTE)

    undo = bulk.preview_undo(by=administrator, run=run)
    back = "Back to Thu, Jun 19, 2025"
    assert [bulk.told(row, undo) for row in undo.rows.all()] == [f"{back}. Approval needed again", back, back]
    assert bulk_rows.count_lapsing(undo) == 1
    assert codes(done(undo)) == ["done"] * 3


def test_the_preview_of_a_recall_tells_which_approvals_will_be_needed_again(administrator, answered, clock):
    condition(answered[0], "approval", state="met", approved_digest="x")
    run = done(preview(administrator, "release_now", answered))
    assert not bulk_rows.count_lapsing(run)
    undo = bulk.preview_undo(by=administrator, run=run, reason="Wrong letter")
    back = "Hidden from the member again, on hold"
    assert [bulk.told(row, undo) for row in undo.rows.all()] == [f"{back}. Approval needed again", back, back]


def test_members_are_told_of_a_recall_where_the_next_bulk_release_is_undone(administrator, answered, clock, mailoutbox):
    done(preview(administrator, "release_now", answered))
    clock.shift(MINUTE)
    outbox.deliver()
    recalled, *others = Case.objects.order_by("pk")
    releases.recall(case=recalled, by=administrator, source="web", reason="Wrong letter")
    again = done(preview(administrator, "release_now", [recalled]))
    outbox.deliver()
    (undone,) = done(bulk.preview_undo(by=administrator, run=again, reason="Wrong letter")).rows.all()
    outbox.deliver()
    assert (undone.result, len(mailoutbox)) == ("done", len({case.member_id for case in [recalled, *others]}) + 1)
    assert mailoutbox[-1].subject == f"Your case {recalled.external_case_id} is no longer available"
