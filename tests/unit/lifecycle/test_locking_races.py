"""Permissions are checked under the lock, and locks are always taken in the same order: threads with transactions, on
PostgreSQL."""

import pytest
from django.core.files.base import ContentFile
from django.db import transaction

from cases import releases
from cases.accounts import people
from cases.casework import assignment, drafts, notes
from cases.core.clock import portal_now
from cases.core.errors import CaseError
from cases.core.schedule import Schedule, default_date
from cases.delivery import resend
from cases.documents import attach_and_remove as documents
from cases.lifecycle.locking import lock_people
from cases.models import AccountEvent, Case, CaseDocument, CaseEvent, CaseNote, OutgoingEmail, User
from tests.factories import CaseDocumentFactory, CaseFactory
from tests.unit.releases.test_races import Thread, held_open, lock, somebody_waits_for_a_lock

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def later() -> Schedule:
    return Schedule(default_date(portal_now()))


def letter() -> ContentFile:
    return ContentFile(b"%PDF-1.7\n", name="letter.pdf")


# The verb, who does it, the state of the case.
VERBS = {
    "create": (lambda case, by: drafts.create(by=by, title="T", description="D"), "mia", "draft"),
    "edit": (
        lambda case, by: drafts.edit(case=case, by=by, title="Other", description="", urgency="normal"), "mia", "draft",
    ),
    "submit": (lambda case, by: drafts.submit(case=case, by=by, source="web"), "mia", "draft"),
    "accept": (lambda case, by: releases.accept(case=case, by=by, source="web"), "tom", "submitted"),
    "complete": (
        lambda case, by: releases.complete(case=case, by=by, source="web", release_on=later()), "tom", "accepted",
    ),
    "complete now": (
        lambda case, by: releases.complete(case=case, by=by, source="web", release_on=None), "tom", "accepted",
    ),
    "schedule": (
        lambda case, by: releases.schedule(case=case, by=by, source="web", release_on=later()), "tom", "held",
    ),
    "return": (lambda case, by: releases.return_to_accepted(case=case, by=by, source="web"), "tom", "scheduled"),
    "hold": (lambda case, by: releases.cancel_schedule(case=case, by=by, source="web", reason="r"), "ada", "scheduled"),
    "release": (lambda case, by: releases.release_now(case=case, by=by, source="web", reason="r"), "ada", "held"),
    "hand over": (
        lambda case, by: assignment.hand_over_case(
            case=case, to=User.objects.get(username="otto"), by=by, source="web"
        ),
        "tom", "accepted",
    ),
    "hand all over": (
        lambda case, by: assignment.hand_over_all(
            technician=case.assigned_to, to=User.objects.get(username="otto"), by=by, source="web"
        ),
        "ada", "accepted",
    ),
    "note": (lambda case, by: notes.add(case=case, by=by, text="Called."), "tom", "accepted"),
    "attach": (lambda case, by: documents.attach(case=case, by=by, file=letter(), source="web"), "tom", "accepted"),
    "remove": (
        lambda case, by: documents.remove(document=case.documents.get(), by=by, source="web"), "tom", "accepted",
    ),
    "resend": (lambda case, by: resend.resend(email=OutgoingEmail.objects.get(), by=by, source="web"), "ada", "held"),
    "invite": (
        lambda case, by: people.invite(by=by, email="n@example.com", first_name="", last_name="", role="member"),
        "ada", "draft",
    ),
    "correct": (
        lambda case, by: people.correct(
            person=case.member, by=by, email="other@example.com", first_name="", last_name=""
        ),
        "ada", "draft",
    ),
    "deactivate": (lambda case, by: people.deactivate(person=case.member, by=by), "ada", "draft"),
    "change role": (
        lambda case, by: people.change_role(person=case.assigned_to, role="member", by=by), "ada", "released",
    ),
}  # fmt: skip
CHANGES = {"deactivated": {"is_active": False}, "another role": {}}
ANOTHER_ROLE = {"mia": "technician", "tom": "member", "ada": "technician"}


def everything(*, but: User) -> list[object]:
    """Return all rows that a verb could change, except that of the person who acts."""
    rows = [list(model.objects.order_by("pk").values()) for model in (Case, CaseDocument, CaseNote, OutgoingEmail)]
    people_now = User.objects.exclude(pk=but.pk).order_by("pk").values("pk", "email", "role")
    return [*rows, list(people_now), CaseEvent.objects.count(), AccountEvent.objects.count()]


@pytest.fixture
def cast(member, technician, other_technician, administrator) -> dict[str, User]:
    return {"mia": member, "tom": technician, "otto": other_technician, "ada": administrator}


def case_in(state: str, cast: dict[str, User]) -> Case:
    traits = {} if state == "accepted" else {state: True}
    unassigned = {"assigned_to": None} if state == "submitted" else {"assigned_to": cast["tom"]}
    case = CaseFactory(member=cast["mia"], **unassigned, **traits)
    CaseDocumentFactory(case=case, uploaded_by=cast["tom"])
    OutgoingEmail.objects.create(
        case=case, kind="released", release_number=1, recipient=cast["mia"], state="failed",
        next_try=case.date_created, created=case.date_created,
    )  # fmt: skip
    return case


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize(("verb", "who", "state"), VERBS.values(), ids=VERBS.keys())
def test_whoever_lost_the_right_meanwhile_does_nothing(verb, who, state, change, cast):
    case, by = case_in(state, cast), cast[who]
    with held_open(lambda: User.objects.filter(pk=by.pk).update(**change or {"role": ANOTHER_ROLE[who]})):
        late = Thread(lambda: verb(case, by))
        somebody_waits_for_a_lock()
        before = everything(but=by)
    with pytest.raises((CaseError, Case.DoesNotExist)):
        late.result()
    assert everything(but=by) == before


RECEIVED = {
    "accepting for somebody": (
        lambda case, to, by: releases.accept(case=case, by=by, source="web", technician=to), "submitted",
    ),
    "handing over": (
        lambda case, to, by: assignment.hand_over_case(case=case, to=to, by=by, source="web"), "accepted",
    ),
    "handing all over": (
        lambda case, to, by: assignment.hand_over_all(technician=case.assigned_to, to=to, by=by, source="web"),
        "held",
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "administrator"}], ids=["deactivated", "role"])
@pytest.mark.parametrize(("verb", "state"), RECEIVED.values(), ids=RECEIVED.keys())
def test_nobody_receives_a_case_who_has_just_lost_the_right(verb, state, change, cast):
    case, other_technician = case_in(state, cast), cast["otto"]
    holder = case.assigned_to
    with held_open(lambda: User.objects.filter(pk=other_technician.pk).update(**change)):
        late = Thread(lambda: verb(case, other_technician, cast["ada"]))
        somebody_waits_for_a_lock()
    with pytest.raises(CaseError):
        late.result()
    case.refresh_from_db()
    assert (case.assigned_to, case.events.count()) == (holder, 0)


def test_whoever_accepted_a_case_keeps_the_role_that_it_needs(cast):
    case = case_in("submitted", cast)
    with held_open(lambda: releases.accept(case=case, by=cast["tom"], source="web")):
        late = Thread(lambda: people.change_role(person=cast["tom"], role="member", by=cast["ada"]))
        somebody_waits_for_a_lock()
    with pytest.raises(CaseError, match="open cases"):
        late.result()
    assert User.objects.get(username="tom").is_technician


# --- One order --------------------------------------------------------------------------------------------------------

SEVERAL = {
    "a member's read": lambda cast: releases.release_due_of(cast["mia"]),
    "a bulk hand-over": lambda cast: assignment.hand_over_all(
        technician=cast["tom"], to=cast["otto"], by=cast["ada"], source="web"
    ),
}


@pytest.mark.parametrize("work", SEVERAL.values(), ids=SEVERAL.keys())
def test_cases_are_locked_in_the_order_of_their_keys(work, cast):
    """Whichever index found them: the second by key has the earlier schedule."""
    first = CaseFactory(due=True, member=cast["mia"], assigned_to=cast["tom"])
    second = CaseFactory(
        due=True, member=cast["mia"], assigned_to=cast["tom"],
        scheduled_release_date=first.scheduled_release_date.replace(year=2020),
    )  # fmt: skip
    with held_open(lock(first)):
        waiting = Thread(lambda: work(cast))
        somebody_waits_for_a_lock()
        with transaction.atomic():
            assert Case.objects.select_for_update(nowait=True).get(pk=second.pk)
    waiting.result()


def test_people_are_locked_in_the_order_of_their_keys(cast):
    first, second = sorted((cast["tom"], cast["otto"]), key=lambda person: person.pk)
    case = CaseFactory(assigned_to=second)
    with held_open(lambda: lock_people(first)):
        waiting = Thread(lambda: assignment.hand_over_case(case=case, to=first, by=second, source="web"))
        somebody_waits_for_a_lock()
        with transaction.atomic():
            assert User.objects.select_for_update(nowait=True).get(pk=second.pk)
            assert Case.objects.select_for_update(nowait=True).get(pk=case.pk)
    waiting.result()


def test_a_release_waits_for_no_person(cast):
    case = CaseFactory(due=True, member=cast["mia"], assigned_to=cast["tom"])
    with held_open(lambda: lock_people(*cast.values())):
        Thread(lambda: releases.release_due(by="a sweep", source="sweep")).result()
    assert Case.objects.get(pk=case.pk).is_released


def test_a_note_waits_for_no_edit_of_the_case(cast):
    case = CaseFactory(assigned_to=cast["tom"])
    with held_open(lambda: releases.complete(case=case, by=cast["tom"], source="web", release_on=later())):
        Thread(lambda: notes.add(case=case, by=cast["otto"], text="Called.")).result()
    assert CaseNote.objects.count() == 1


def test_two_who_hand_cases_to_each_other_do_not_wait_for_each_other(cast):
    technician, other_technician = cast["tom"], cast["otto"]
    toms, ottos = CaseFactory(assigned_to=technician), CaseFactory(assigned_to=other_technician)
    with held_open(lambda: assignment.hand_over_case(case=toms, to=other_technician, by=technician, source="web")):
        other = Thread(lambda: assignment.hand_over_case(case=ottos, to=technician, by=other_technician, source="web"))
        somebody_waits_for_a_lock()
    assert other.result().assigned_to == technician


def test_an_address_is_corrected_while_its_person_acts(cast):
    case = CaseFactory(assigned_to=cast["tom"])
    with held_open(lambda: releases.complete(case=case, by=cast["tom"], source="web", release_on=later())):
        late = Thread(
            lambda: people.correct(
                person=cast["tom"], by=cast["ada"], email="t@example.com", first_name="Tom", last_name=""
            )
        )
        somebody_waits_for_a_lock()
    assert late.result().first_name == "Tom"
