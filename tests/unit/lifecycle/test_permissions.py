"""The table of who may do what, tried for everyone in every state, through the verbs themselves."""

import datetime as dt

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from cases import releases
from cases.casework import assignment, corrections, drafts, notes
from cases.casework.answers import save_answer
from cases.conversation import messages
from cases.core.errors import CaseError, NotAllowed, WrongState
from cases.core.schedule import Schedule
from cases.documents import attach_and_remove as documents
from cases.lifecycle import permissions
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseEvent, Condition
from tests.clocks import portals_today
from tests.conftest import FROZEN
from tests.factories import CaseFactory, UserFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock"),
    pytest.mark.one_database("is about the table: the tests of each verb have it on both"),
]

STATES = ["draft", "submitted", "accepted", "held", "scheduled", "due", "held_by_conditions", "released"]
PENDING = "held scheduled due held_by_conditions"
IN_HANDS = f"accepted {PENDING}"
NO_DRAFT = f"submitted {IN_HANDS} released"
TALKED_ABOUT = f"{IN_HANDS} released"
# What a technician may do with any case: accept an unassigned one, and write a note.
OF_ANYBODY = ("accept", "note")
# What only a technician who is not the technician of the case does.
OF_OTHERS = ("approve",)

# Its columns: the member of the case, its technician (for `accept`: any, while it has none), an
# administrator. In which states each may act; a dash is never.
MAY = {
    # action           member (own)   technician        administrator
    "edit":           ("draft",       "-",              "-"),
    "delete":         ("draft",       "-",              "-"),
    "submit":         ("draft",       "-",              "-"),
    "attach":         ("draft",       "accepted",       "accepted"),
    "accept":         ("-",           "submitted",      "submitted"),
    "complete":       ("-",           "accepted",       "accepted"),
    "reschedule":     ("-",           PENDING,          PENDING),
    "return":         ("-",           PENDING,          PENDING),
    "release_early":  ("-",           "-",              PENDING),
    "undo":           ("-",           "released",       "released"),
    "recall":         ("-",           "-",              "released"),
    "hold":           ("-",           "-",              "scheduled held_by_conditions"),
    "hand_over":      ("-",           IN_HANDS,         IN_HANDS),
    "note":           ("-",           NO_DRAFT,         NO_DRAFT),
    "correct":        ("-",           "accepted",       "submitted accepted"),
    "add_condition":  ("-",           IN_HANDS,         IN_HANDS),
    "meet_condition": ("-",           IN_HANDS,         IN_HANDS),
    "waive":          ("-",           "-",              IN_HANDS),
    "approve":        ("-",           PENDING,          PENDING),
    "write_answer":   ("-",           "accepted",       "accepted"),
    # Where members do not see the case, no one writes to them. tests/unit/conversation has the other views.
    "write_message":  (NO_DRAFT,      "accepted released", "accepted released"),
    "end_waiting":    ("-",           TALKED_ABOUT,     TALKED_ABOUT),
}  # fmt: skip

# Who knows that the case exists. For everyone else, it does not.
SEES = {
    "mia, the member":         "draft submitted accepted released",
    "tom, its technician":     NO_DRAFT,
    "otto, who has no part":   NO_DRAFT,
    "ada, an administrator":   f"draft {NO_DRAFT}",
    "olga, another member":    "",
    "mia, deactivated":        "",
    "tom, deactivated":        "",
    "ada, deactivated":        "",
}  # fmt: skip


def undo_own_release(case, by):
    """Only the person who released the case may undo it. The verb's own tests cover the others."""
    CaseEvent.objects.create(
        case=case, kind="released", actor=by, source="web", at=FROZEN, release_number=1, schedule_revision=1
    )
    releases.undo(case=case, by=by, source="web")


def condition(case, kind):
    return Condition.objects.create(case=case, kind=kind, name="Paid", created=timezone.now(), since=timezone.now())


def verbs(case, by):
    """Each action, with arguments that are always accepted."""
    week = Schedule(portals_today() + dt.timedelta(days=7))
    way = {"case": case, "by": by, "source": "web"}

    def of_condition(kind):
        return {"condition": condition(case, kind), "by": by, "source": "web"}

    return {
        "edit": lambda: drafts.edit(case=case, by=by, title="Better", description="", urgency="normal"),
        "delete": lambda: drafts.delete_draft(**way),
        "submit": lambda: drafts.submit(**way),
        "attach": lambda: documents.attach(case=case, by=by, file=ContentFile(b"text", name="a.txt"), source="web"),
        "accept": lambda: releases.accept(**way),
        "complete": lambda: releases.complete(**way, release_on=week),
        "reschedule": lambda: releases.schedule(**way, release_on=week, reason="because"),
        "return": lambda: releases.return_to_accepted(**way, reason="because"),
        "release_early": lambda: releases.release_now(**way, reason="because"),
        "hold": lambda: releases.cancel_schedule(**way, reason="because"),
        "undo": lambda: undo_own_release(case, by),
        "recall": lambda: releases.recall(**way, reason="because"),
        "hand_over": lambda: assignment.hand_over_case(**way, to=UserFactory(role="technician")),
        "note": lambda: notes.add(case=case, by=by, text="Mia called."),
        "correct": lambda: corrections.correct(**way, case_type=None, urgency="urgent"),
        "add_condition": lambda: releases.add_condition(**way, kind="manual", name="Paid"),
        "meet_condition": lambda: releases.meet_condition(**of_condition("manual")),
        "waive": lambda: releases.waive_condition(**of_condition("manual"), reason="because"),
        "approve": lambda: releases.approve(**of_condition("approval")),
        "write_message": lambda: messages.send(**way, text="Here it is."),
        "end_waiting": lambda: messages.end_waiting(**way),
        "write_answer": lambda: save_answer(case=case, by=by, text="Yes."),
    }


def outcome(verb) -> str:
    """Return what happens, and roll it back."""
    try:
        with transaction.atomic():
            verb()
            transaction.set_rollback(True)
    except Case.DoesNotExist:
        return "does not exist"
    except NotAllowed:
        return "not allowed"
    except WrongState:
        return "wrong state"
    except CaseError as error:
        return repr(error)
    return "done"


def expected(action: str, who: str, state: str) -> str:
    """Return what the two tables say: hidden first, then the person, then the state."""
    if state not in SEES[who].split():
        return "does not exist"
    own, by_technician, administrator = MAY[action]
    # A submitted case has no technician yet: Tom and Otto may accept it, and neither may do more.
    technician = by_technician if action in OF_ANYBODY or state != "submitted" else "-"
    other_technician = by_technician if action in OF_ANYBODY else "-"
    if action in OF_OTHERS:
        technician, other_technician = by_technician if state == "submitted" else "-", by_technician
    column = {"mia": own, "tom": technician, "otto": other_technician, "ada": administrator}[who.split(",")[0]]
    if column == "-":
        return "not allowed"
    return "done" if state in column.split() else "wrong state"


@pytest.fixture
def people(member, technician, other_technician, administrator, other_member):
    return {"mia": member, "tom": technician, "otto": other_technician, "ada": administrator, "olga": other_member}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("action", MAY)
def test_the_table(people, action, state):
    traits = {} if state == "accepted" else {state: True}
    without_technician = {"assigned_to": None} if state in ("draft", "submitted") else {"assigned_to": people["tom"]}
    made = CaseFactory(member=people["mia"], **without_technician, **traits)
    found = {}
    for who in SEES:
        person = people[who.split(",")[0]]
        person.is_active = not who.endswith("deactivated")
        person.save()
        case = Case.objects.get(pk=made.pk)
        found[who] = outcome(verbs(case, person)[action])
        if found[who] != "does not exist":
            offered = action in permissions.allowed(by=person, case=case)
            assert offered == (found[who] == "done"), f"{who}: the page must offer what the verb does"

    assert found == {who: expected(action, who, state) for who in SEES}


def test_the_table_names_every_action():
    assert set(MAY) == {action.value for action in Action}, "say in MAY who may do it"


def test_a_submitted_case_that_has_a_technician_is_not_accepted_by_another(other_technician, technician):
    case = CaseFactory(submitted=True, assigned_to=technician)
    assert outcome(verbs(case, other_technician)["accept"]) == "not allowed"


@pytest.mark.parametrize("who", ["tom", "ada"])
def test_only_members_create_cases(people, who):
    with pytest.raises(NotAllowed):
        drafts.create(by=people[who], title="", description="")


def test_deactivated_members_create_none(member):
    member.is_active = False
    member.save()
    with pytest.raises(NotAllowed):
        drafts.create(by=member, title="", description="")


@pytest.mark.parametrize(("seconds", "done"), [(-1, "done"), (0, "wrong state")], ids=["just before", "at its instant"])
def test_a_schedule_is_cancelled_until_its_instant(administrator, clock, seconds, done):
    case = CaseFactory(scheduled=True)
    clock.move_to(case.release_instant + dt.timedelta(seconds=seconds))
    assert outcome(verbs(case, administrator)["hold"]) == done


@pytest.mark.parametrize("who", ["tom", "ada"])
def test_deactivated_staff_may_do_nothing_even_to_a_case_in_their_hands(people, who):
    """In addition to the visibility rule, which hides every case from them."""
    people[who].is_active = False
    with pytest.raises(NotAllowed):
        permissions.check(Action.RETURN, by=people[who], case=CaseFactory(held=True, assigned_to=people["tom"]))
