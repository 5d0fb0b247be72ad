"""The facts of the history are data: people's names cannot change what it says about them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.accounts import people
from cases.casework import assignment
from cases.lifecycle.account_history import latest_account_events
from cases.lifecycle.history import latest_events
from cases.models import AccountEvent, CaseEvent, User
from tests.factories import CaseFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

NAMES = ["Zoë → Max", "Ann\u2028Lee", "a → b → c", "{'to': 7}", '"', "← x"]


def technician(last_name: str) -> User:
    return UserFactory(role="technician", last_name=last_name)


@pytest.mark.parametrize("name", NAMES)
def test_a_hand_over_names_both_whatever_they_are_called(name, administrator):
    first, second = technician(name), technician(f"{name} the second")
    case = CaseFactory(assigned_to=first)
    assignment.hand_over_case(
        case=case, to=second, by=administrator, source="web", reason="Away.\nBack on Monday → ask."
    )
    (event,) = latest_events(case, limit=10)
    first.refresh_from_db()
    second.refresh_from_db()
    assert event.named == {"from_technician": first.display_name, "to_technician": second.display_name}
    assert event.reason == "Away.\nBack on Monday → ask."


def test_a_corrected_name_is_the_one_that_is_read(technician, other_technician, administrator):
    case = CaseFactory(assigned_to=technician)
    assignment.hand_over_case(case=case, to=other_technician, by=administrator, source="web")
    people.correct(
        person=other_technician, by=administrator, email=other_technician.email, first_name="Otto", last_name="Ott"
    )
    assert latest_events(case, limit=10)[0].named["to_technician"] == "Otto Ott"
    (event,) = latest_account_events(other_technician, limit=10)
    assert event.said == "<otto@example.com> → Otto Ott <otto@example.com>"


def test_many_hand_overs_are_read_with_one_query_for_all_people(administrator):
    case = CaseFactory()
    costs = []
    for more in (1, 20):
        for n in range(more):
            assignment.hand_over_case(case=case, to=technician(f"T{more}-{n}"), by=administrator, source="web")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            events = latest_events(case, limit=200)
        costs.append(len(queries))
    assert costs == [2, 2]
    assert len({event.named["to_technician"] for event in events}) == 21


# What a manual change, a restore or an older version may have left there.
ODD = [
    {}, [], "text", 7, {"from_technician": None}, {"to_technician": "7"}, {"to_technician": 10**12},
    {"to_technician": True}, {"name": {"x": 1}}, {"from": 1, "to": []}, {"email": "x"}, {"count": "many"},
]  # fmt: skip


@pytest.mark.parametrize("details", ODD, ids=str)
def test_a_row_without_the_facts_is_shown_without_them(details, client, administrator, member):
    case = CaseFactory(member=member)
    for kind in CaseEvent.Kind.values:
        CaseEvent.objects.create(
            case=case,
            kind=kind,
            at=timezone.now(),
            source="web",
            actor=administrator,
            schedule_revision=0,
            details=details,
        )
    for kind in AccountEvent.Kind.values:
        AccountEvent.objects.create(person=member, kind=kind, at=timezone.now(), actor=administrator, details=details)
    client.force_login(administrator)
    assert client.get(f"/cases/{case.pk}/").status_code == 200
    assert client.get(f"/people/{member.pk}/").status_code == 200
