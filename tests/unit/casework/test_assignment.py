"""One case is handed over to a colleague."""

import pytest
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from cases.casework import assignment
from cases.core.errors import CaseError, NotAllowed
from cases.models import Case, CaseEvent
from tests.factories import CaseFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def handed(case, to, by, **options):
    return assignment.hand_over_case(case=case, to=to, by=by, source="web", **options)


def test_the_case_changes_hands_and_nothing_else_of_it_changes(technician, other_technician):
    case = CaseFactory(assigned_to=technician, scheduled=True)
    before = Case.objects.values().get()
    handed(case, other_technician, technician, reason="I am away.")
    assert Case.objects.values().get() == before | {"assigned_to_id": other_technician.pk, "version": 2}
    event = CaseEvent.objects.get()
    assert (event.kind, event.actor, event.source) == ("handed_over", technician, "web")
    assert event.reason == "I am away."
    assert event.details == {"from_technician": technician.pk, "to_technician": other_technician.pk}
    assert event.from_date == event.to_date == case.scheduled_release_date


def test_whoever_handed_it_over_cannot_do_so_again(technician, other_technician, administrator):
    case = CaseFactory(assigned_to=technician)
    handed(case, other_technician, technician)
    with pytest.raises(NotAllowed):
        handed(case, technician, technician)
    handed(case, technician, other_technician)
    assert CaseEvent.objects.count() == 2


@pytest.mark.parametrize("who", ["the present one", "a member", "an administrator", "deactivated", "invited"])
def test_only_another_active_technician_receives_it(who, technician, other_technician, member, administrator):
    case = CaseFactory(assigned_to=technician)
    other_technician.is_active = False
    other_technician.save()
    invited = UserFactory(role="technician", password=make_password(None))
    people = {"the present one": technician, "a member": member, "an administrator": administrator}
    to = (people | {"deactivated": other_technician, "invited": invited})[who]
    with pytest.raises(CaseError) as refused:
        handed(case, to, administrator)
    assert refused.value.field == "to"
    assert Case.objects.get().assigned_to == technician
    assert not CaseEvent.objects.exists()


def test_who_was_deactivated_a_moment_ago_is_refused(technician, other_technician):
    """The object in memory is older than the row."""
    case = CaseFactory(assigned_to=technician)
    type(other_technician).objects.filter(pk=other_technician.pk).update(is_active=False)
    with pytest.raises(CaseError):
        handed(case, other_technician, technician)


NOBODY_TO_GIVE_IT_TO = {
    "a member": {"role": "member"},
    "an administrator": {"role": "administrator"},
    "deactivated": {"role": "technician", "is_active": False},
    "invited": {"role": "technician", "password": make_password(None)},
}


@pytest.mark.parametrize("who", NOBODY_TO_GIVE_IT_TO)
def test_a_submitted_case_is_given_to_those_who_take_over_cases(who, administrator, technician):
    nobody = UserFactory(**NOBODY_TO_GIVE_IT_TO[who])
    case = CaseFactory(submitted=True)
    with pytest.raises(CaseError):
        assignment.accept(case=case, by=administrator, technician=nobody, source="web")
    assert Case.objects.get().assigned_to is None
    assert not CaseEvent.objects.exists()
    assignment.accept(case=case, by=administrator, technician=technician, source="web")
    assert Case.objects.get().assigned_to == technician


@pytest.mark.parametrize("who", NOBODY_TO_GIVE_IT_TO)
def test_the_form_offers_and_takes_no_others(who, client, administrator, technician):
    nobody = UserFactory(username="nobody", **NOBODY_TO_GIVE_IT_TO[who])
    case = CaseFactory(submitted=True)
    client.force_login(administrator)
    page = client.get(f"/cases/{case.pk}/").content.decode()
    assert f'<option value="{technician.pk}"' in page
    assert f'<option value="{nobody.pk}"' not in page
    answer = client.post(f"/cases/{case.pk}/accept/", {"technician": nobody.pk, "version": case.version})
    assert answer.status_code == 400
    assert Case.objects.get().assigned_to is None


def test_all_cases_change_hands_although_those_found_first_are_released_now(
    technician, other_technician, administrator, monkeypatch
):
    """A wave releases them before they are locked."""
    monkeypatch.setattr(assignment, "BATCH", 1)
    first, second = (CaseFactory(assigned_to=technician, scheduled=True) for _ in range(2))
    lock = assignment.in_lock_order

    def lock_late(cases):
        first.actual_release_date, first.release_number = timezone.now(), 1
        first.save()
        return lock(cases)

    monkeypatch.setattr(assignment, "in_lock_order", lock_late)
    assert assignment.hand_over_all(technician=technician, to=other_technician, by=administrator, source="web") == 1
    second.refresh_from_db()
    assert second.assigned_to == other_technician
