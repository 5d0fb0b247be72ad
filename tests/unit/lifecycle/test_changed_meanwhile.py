"""A form about an older version of a case is refused. It says so where the last change was the person's own."""

import pytest

from cases import releases
from cases.core.errors import Stale
from cases.lifecycle.locking import lock_for_action
from cases.lifecycle.permissions import Action
from cases.models import CaseEvent
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db


def refusal_of(case, by):
    with pytest.raises(Stale) as refused:
        lock_for_action(case, Action.HAND_OVER, by=by, version=0)
    return refused.value.message


@pytest.fixture
def pending(member, technician):
    return CaseFactory(member=member, assigned_to=technician, scheduled=True)


def test_by_whom_it_was_changed_last(pending, technician, administrator):
    releases.cancel_schedule(case=pending, by=administrator, source="web", reason="wait")
    assert refusal_of(pending, administrator).startswith("You changed this case in another tab or window")
    assert refusal_of(pending, technician).startswith("Someone changed this case")


def test_a_link_is_a_change_too(pending, technician, administrator):
    """It makes a new version of the case."""
    condition = releases.add_condition(case=pending, by=administrator, source="web", kind="external", name="Signed")
    releases.make_link(condition=condition, by=technician, source="web")
    assert refusal_of(pending, technician).startswith("You changed this case")
    assert refusal_of(pending, administrator).startswith("Someone changed this case")


def test_by_a_program(pending, technician):
    assert refusal_of(pending, technician).startswith("Someone changed this case")


def test_what_makes_no_new_version_is_no_such_change(pending, technician, administrator):
    releases.cancel_schedule(case=pending, by=administrator, source="web", reason="wait")
    CaseEvent.objects.create(
        case=pending,
        kind="document_removed",
        source="web",
        actor=technician,
        at=CaseEvent.objects.get().at,
        schedule_revision=0,
    )
    assert refusal_of(pending, technician).startswith("Someone changed this case")
    assert refusal_of(pending, administrator).startswith("You changed this case")
