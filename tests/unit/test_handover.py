"""One case is handed over to a colleague."""

import pytest
from django.contrib.auth.hashers import make_password

from cases.casework import assignment
from cases.core.errors import CaseError, NotAllowed
from cases.models import Case, CaseEvent
from tests.factories import CaseFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def handed(case, to, by, **options):
    return assignment.hand_over_case(case=case, to=to, by=by, source="web", **options)


def test_the_case_changes_hands_and_nothing_else_of_it_changes(tom, otto):
    case = CaseFactory(assigned_to=tom, scheduled=True)
    before = Case.objects.values().get()
    handed(case, otto, tom, reason="I am away.")
    assert Case.objects.values().get() == before | {"assigned_to_id": otto.pk, "version": 2}
    event = CaseEvent.objects.get()
    assert (event.kind, event.actor, event.source) == ("handed_over", tom, "web")
    assert event.reason == "I am away."
    assert event.details == {"from_technician": tom.pk, "to_technician": otto.pk}
    assert event.from_date == event.to_date == case.scheduled_release_date


def test_whoever_handed_it_over_cannot_do_so_again(tom, otto, ada):
    case = CaseFactory(assigned_to=tom)
    handed(case, otto, tom)
    with pytest.raises(NotAllowed):
        handed(case, tom, tom)
    handed(case, tom, otto)
    assert CaseEvent.objects.count() == 2


@pytest.mark.parametrize("who", ["the present one", "a member", "an administrator", "deactivated", "invited"])
def test_only_another_active_technician_receives_it(who, tom, otto, mia, ada):
    case = CaseFactory(assigned_to=tom)
    otto.is_active = False
    otto.save()
    invited = UserFactory(role="technician", password=make_password(None))
    people = {"the present one": tom, "a member": mia, "an administrator": ada}
    to = (people | {"deactivated": otto, "invited": invited})[who]
    with pytest.raises(CaseError) as refused:
        handed(case, to, ada)
    assert refused.value.field == "to"
    assert Case.objects.get().assigned_to == tom
    assert not CaseEvent.objects.exists()


def test_who_was_deactivated_a_moment_ago_is_refused(tom, otto):
    """The object in hand is older than the row."""
    case = CaseFactory(assigned_to=tom)
    type(otto).objects.filter(pk=otto.pk).update(is_active=False)
    with pytest.raises(CaseError):
        handed(case, otto, tom)
