"""The dialog of a completion proposes what can be done, and says why the other choice can't."""

import re

import pytest

from cases import releases
from cases.models import Condition
from tests.factories import CaseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

WHY = "You can't release this case now because conditions are open. You can still schedule a release."
STOPPED = "You can't release this case now because all releases are stopped. You can still schedule a release."


@pytest.fixture
def case(technician):
    return CaseFactory(assigned_to=technician)


@pytest.fixture
def shown(client, case, technician):
    """The choices of the dialog: which one is chosen, and what is said about the first one."""
    client.force_login(technician)

    def shown_():
        page = client.get(f"/cases/{case.pk}/").content.decode().replace("&#x27;", "'")
        (chosen,) = re.findall(r'id="release_(now|schedule)"[^>]* checked>', page)
        (note,) = re.findall(r'id="release-now-note">(.*?)</span>', page)
        return chosen, note

    return shown_


def add(case, kind="manual"):
    name = "Payment received" if kind == "manual" else ""
    return releases.add_condition(case=case, by=case.assigned_to, source="web", kind=kind, name=name)


def test_now_is_proposed_while_it_is_possible(shown):
    assert shown() == ("now", "")


def test_a_date_is_proposed_while_a_condition_is_open(shown, case, technician):
    condition = add(case)
    assert shown() == ("schedule", WHY)
    releases.meet_condition(condition=condition, by=technician, source="web")
    assert shown() == ("now", "")


def test_a_date_is_proposed_while_releases_are_stopped(shown, administrator):
    releases.stop_releases(by=administrator, source="web", reason="because")
    assert shown() == ("schedule", STOPPED)


def test_a_condition_that_was_met_meanwhile_does_not_block_who_chooses_now(client, case, technician):
    client.force_login(technician)
    add(case)
    page = client.get(f"/cases/{case.pk}/").content.decode()
    Condition.objects.all().delete()
    case.refresh_from_db()
    type(case).objects.update(open_conditions=0)
    assert not re.search(r'id="release_now"[^>]* disabled', page)
    client.post(f"/cases/{case.pk}/complete/", {"release_option": "now", "version": case.version})
    case.refresh_from_db()
    assert case.is_released
