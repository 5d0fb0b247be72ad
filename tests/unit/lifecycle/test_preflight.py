"""Pre-flight: what is missing before a release, what follows from it, and how to fix it."""

import pytest

from cases.core.release_days import ClosedDay, Why
from cases.lifecycle.preflight import Remedy, preflight
from cases.models import CaseAnswer, Condition
from tests.conftest import FROZEN
from tests.factories import CaseFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def check(case, *, reports=0):
    return preflight(case, reports=reports, conditions=list(case.conditions.all()))


def passed(case, **options):
    return [each.text for each in check(case, **options).passed]


def failed(case, **options):
    return [each.text for each in check(case, **options).failed]


def answer(case, text="Dear Mia"):
    CaseAnswer.objects.create(case=case, text=text, updated_at=FROZEN, updated_by=case.assigned_to)
    case.refresh_from_db()


def add(case, kind, **columns):
    Condition.objects.create(
        case=case, kind=kind, name="Fee" if kind == "manual" else "", created=FROZEN, since=FROZEN, **columns
    )


def test_nothing_to_read_is_told_with_its_consequence_and_its_remedies():
    (found,) = check(CaseFactory()).failed
    assert found.text == "No report and no answer"
    assert found.consequence == "The member will see only their own question."
    assert found.remedies == (Remedy.ANSWER, Remedy.REPORT)


@pytest.mark.parametrize(
    ("reports", "answered", "texts"),
    [
        (1, False, ["1 report attached"]),
        (2, True, ["Answer written", "2 reports attached"]),
        (0, True, ["Answer written"]),
    ],
)
def test_a_report_or_an_answer_is_enough(reports, answered, texts):
    case = CaseFactory()
    if answered:
        answer(case)
    assert passed(case, reports=reports)[:-2] == texts
    assert failed(case, reports=reports) == []


def test_an_answer_that_is_required_is_asked_for(settings):
    settings.RELEASE_REQUIRES_ANSWER = True
    (found,) = check(CaseFactory(), reports=1).failed
    assert (found.text, found.consequence) == ("No answer", "You can't complete this case without one.")
    assert found.remedies == (Remedy.ANSWER,)
    assert failed(CaseFactory(scheduled=True), reports=1) == []


def test_an_empty_answer_is_none():
    case = CaseFactory()
    answer(case, text="")
    assert failed(case) == ["No report and no answer"]


def test_member_and_address():
    assert passed(CaseFactory(), reports=1)[1:] == ["The member's account is active", "The member has an email address"]
    nobody = UserFactory(email="")
    assert failed(CaseFactory(member=nobody), reports=1) == ["The member has no email address"]


@pytest.mark.parametrize("options", [{}, {"email": ""}, {"email_bounced": FROZEN}])
def test_it_never_says_that_a_deactivated_member_will_see_the_case(options):
    found = check(CaseFactory(member=UserFactory(is_active=False, **options)), reports=1)
    assert [each.text for each in found.failed] == ["The member's account is deactivated"]
    assert [each.text for each in found.passed] == ["1 report attached"]


def test_conditions():
    case = CaseFactory(scheduled=True)
    add(case, "manual", state="met", settled_at=FROZEN, settled_through="web")
    assert "All conditions are met" in passed(case)
    add(case, "manual")
    assert "1 condition is open" in failed(case)


def test_a_completion_settles_the_conditions_that_ask_for_report_and_answer():
    case = CaseFactory()
    add(case, "report")
    add(case, "answer")
    assert "2 conditions are open" in failed(case)
    assert "1 condition is open" in failed(case, reports=1)
    answer(case)
    assert failed(case, reports=1) == []


def test_a_day_that_was_closed_later_is_told():
    case = CaseFactory(scheduled=True)
    closed = ClosedDay(case.scheduled_release_date, Why.BLACKOUT, "Inventory")
    found = preflight(case, reports=1, conditions=[], closed=closed).failed
    assert [each.text for each in found] == ["The release day is closed"]
    assert found[0].consequence == (
        "There are no releases on June 18, 2025: Inventory. This case keeps its date unless you change it."
    )


ASKED, UNANSWERED = "The member hasn't replied to a question", "A message from the member is unanswered"


@pytest.mark.parametrize(
    ("view", "waiting_for", "said"),
    [
        ("hidden", "", ()),
        ("hidden", "member", (ASKED, "They can't reply between completion and release.")),
        ("announced", "member", (ASKED, "They can't reply between completion and release.")),
        ("in_progress", "member", (ASKED, "They can still reply after the case is completed.")),
        ("hidden", "staff", (UNANSWERED, "You can't reply between completion and release.")),
        ("announced", "staff", (UNANSWERED, "You can't reply between completion and release.")),
        ("in_progress", "staff", (UNANSWERED, "You can still reply after the case is completed.")),
    ],
)
def test_a_conversation_that_waits_is_told_before_the_completion_only(view, waiting_for, said, settings):
    settings.RELEASE_MEMBER_VIEW = view
    options = {"waiting_for": waiting_for, "waiting_since": FROZEN if waiting_for else None}
    found = check(CaseFactory(**options), reports=1).failed
    assert [(each.text, each.consequence) for each in found] == ([said] if said else [])
    assert [each.remedies for each in found] == ([(Remedy.CONVERSATION,)] if said else [])
    assert failed(CaseFactory(scheduled=True, **options), reports=1) == []
