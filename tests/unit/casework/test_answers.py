"""The answer: who writes it and when, versions, limits, and whether a completion needs one."""

import datetime as dt

import pytest

from cases import releases
from cases.casework.answers import save_answer
from cases.core import limits
from cases.core.errors import AnswerChanged, CaseError, NotAllowed, Stale, TooLong, WrongState
from cases.core.schedule import Schedule
from cases.models import Case, CaseAnswer, CaseType
from tests.factories import CaseAnswerFactory, CaseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def case(member, technician):
    return CaseFactory(member=member, assigned_to=technician)


def test_it_is_replaced_and_counted(case, technician, administrator):
    first = save_answer(case=case, by=technician, text=" Dear Mia,\r\nyes. ", version=0)
    assert (first.text, first.version, first.updated_by) == ("Dear Mia,\nyes.", 1, technician)
    second = save_answer(case=case, by=administrator, text="No.", version=1)
    assert (second.text, second.version, second.updated_by) == ("No.", 2, administrator)
    assert CaseAnswer.objects.get() == second
    assert save_answer(case=case, by=technician, text="").text == ""


def test_other_forms_of_the_case_stay_valid(case, technician):
    save_answer(case=case, by=technician, text="Yes.")
    case.refresh_from_db()
    assert case.version == 0
    assert not case.events.exists()


def test_an_older_version_is_not_saved_over(case, technician, administrator):
    save_answer(case=case, by=technician, text="Yes.")
    with pytest.raises(Stale) as refused:
        save_answer(case=case, by=administrator, text="No.", version=0)
    assert isinstance(refused.value, AnswerChanged)
    assert refused.value.status == 409
    assert CaseAnswer.objects.get().text == "Yes."


def test_the_same_text_again_is_no_conflict(case, technician):
    """The response to an autosave was lost, and it is sent again."""
    saved = save_answer(case=case, by=technician, text="Yes.", version=0)
    again = save_answer(case=case, by=technician, text="Yes.", version=0)
    assert (again.version, again.updated_at) == (saved.version, saved.updated_at)


def test_it_has_a_limit(case, technician):
    save_answer(case=case, by=technician, text="x" * limits.ANSWER)
    with pytest.raises(TooLong) as refused:
        save_answer(case=case, by=technician, text="y" * (limits.ANSWER + 1))
    assert refused.value.field == "answer"
    assert CaseAnswer.objects.get().text == "x" * limits.ANSWER


def test_nothing_of_it_is_logged(case, technician, django_capture_on_commit_callbacks, caplog):
    with django_capture_on_commit_callbacks(execute=True):
        save_answer(case=case, by=technician, text="Quillfeather")
    assert "answer saved" in caplog.text
    assert "Quillfeather" not in caplog.text


def test_completion_locks_it_and_the_return_to_accepted_opens_it(case, technician):
    save_answer(case=case, by=technician, text="Yes.")
    way = {"case": case, "by": technician, "source": "web"}
    releases.complete(**way, release_on=Schedule(dt.date(2025, 6, 18)))
    with pytest.raises(WrongState):
        save_answer(case=case, by=technician, text="No.")
    releases.return_to_accepted(**way)
    assert save_answer(case=case, by=technician, text="No.", version=1).version == 2


@pytest.mark.parametrize("who", ["other_technician", "member", "other_member"])
def test_nobody_else_writes_it(who, case, request):
    with pytest.raises((NotAllowed, Case.DoesNotExist)):
        save_answer(case=case, by=request.getfixturevalue(who), text="Hello.")
    assert not CaseAnswer.objects.exists()


@pytest.mark.parametrize("way", ["hidden", "in_progress", "announced"])
@pytest.mark.parametrize("state", ["draft", "submitted", "accepted", "held", "scheduled", "due", "released"])
def test_members_find_it_with_the_release_and_never_before(state, way, member, other_member, technician, settings):
    settings.RELEASE_MEMBER_VIEW = way
    traits = {} if state == "accepted" else {state: True}
    CaseAnswerFactory(case=CaseFactory(member=member, **traits), updated_by=technician)
    assert CaseAnswer.objects.visible_to(member).exists() == (state == "released")
    assert not CaseAnswer.objects.visible_to(other_member).exists()
    assert CaseAnswer.objects.visible_to(technician).exists() == (state != "draft")


# --- Where an answer is required --------------------------------------------------------------------------------------


def complete(case, by):
    return releases.complete(case=case, by=by, source="web", release_on=None)


@pytest.mark.parametrize("by", ["technician", "administrator"])
def test_the_portal_may_require_one(by, case, request, settings):
    settings.RELEASE_REQUIRES_ANSWER = True
    by = request.getfixturevalue(by)
    for text in (None, ""):
        if text is not None:
            save_answer(case=case, by=by, text="Yes.")
            save_answer(case=case, by=by, text=text)
        with pytest.raises(CaseError) as refused:
            complete(case, by)
        assert refused.value.message == "Write an answer before you complete this case."
        assert refused.value.status == 400
        case.refresh_from_db()
        assert case.status == "accepted"
    save_answer(case=case, by=by, text="Yes.")
    assert complete(case, by).is_released


def test_a_type_may_require_one(case, technician):
    kind = CaseType.objects.create(name="Court orders", requires_answer=True)
    Case.objects.update(case_type=kind)
    with pytest.raises(CaseError, match="Cases of this type need one"):
        complete(case, technician)
    CaseType.objects.update(requires_answer=False)
    assert complete(case, technician).is_released


def test_none_is_required_by_default(case, technician):
    assert complete(case, technician).is_released
