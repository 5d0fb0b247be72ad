"""Signed links in reminders: they ask, act once for their addressee, and say why where they do not."""

import datetime as dt

import pytest
from django.conf import settings as django_settings
from django.test import Client

from cases import releases
from cases.casework import assignment
from cases.core.schedule import Schedule
from cases.delivery import signed_links
from cases.lifecycle.permissions import Action
from cases.models import Absence, Case, CaseEvent, User
from tests.conftest import FROZEN
from tests.factories import CaseFactory

pytestmark = [pytest.mark.usefixtures("clock"), pytest.mark.one_database("is about links: nothing of them is stored")]

DAY = dt.timedelta(days=1)
LATER = (FROZEN + 20 * DAY).date()
# What is sent, and what becomes of the case, for each action.
DONE = {
    Action.RESCHEDULE: ({"release_date": LATER.isoformat(), "reason": "x"}, "rescheduled"),
    Action.RETURN: ({}, "returned"),
    Action.HOLD: ({"reason": "x"}, "held"),
    Action.RELEASE_EARLY: ({"reason": "x"}, "released"),
}


@pytest.fixture
def case(technician):
    return CaseFactory(assigned_to=technician, scheduled=True, title="Pension")


def address(action: Action, case: Case, person: User) -> str:
    link = signed_links.link(action, case=case, person=person, now=FROZEN)
    return link.removeprefix(django_settings.PORTAL_URL)


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def rows() -> list[dict[str, object]]:
    return [*Case.objects.values(), *CaseEvent.objects.values()]


@pytest.mark.parametrize(
    ("who", "action"),
    [("tom", Action.RESCHEDULE), ("tom", Action.RETURN), *(("ada", action) for action in DONE)],
)
def test_it_asks_and_does_it_once(who, action, case, technician, administrator):
    person = {"tom": technician, "ada": administrator}[who]
    url, client = address(action, case, person), browser(person)
    before = rows()
    for _ in range(2):
        page = client.get(url)
        assert page.status_code == 200
        assert "Pension" in page.content.decode()
        assert ">Reason" in page.content.decode()
        assert client.head(url).status_code == 200
    assert rows() == before
    data, kind = DONE[action]
    form = data | {"version": case.version}
    assert client.post(url, form).status_code == 302
    event = CaseEvent.objects.first()
    assert (event.kind, event.actor, event.source) == (kind, person, "link")
    done = rows()
    for method in (client.get, client.post):
        again = method(url, form)
        assert again.status_code == 410
        assert "Nothing was changed." in again.content.decode()
    assert rows() == done


def test_a_refusal_of_the_form_changes_nothing(case, administrator):
    client, before = browser(administrator), rows()
    for action, data in (
        (Action.HOLD, {}),
        (Action.RELEASE_EARLY, {"reason": " "}),
        (Action.RESCHEDULE, {"release_date": "2020-01-01", "reason": "x"}),
    ):
        answer = client.post(address(action, case, administrator), data)
        assert answer.status_code == 400, action
    stale = {"reason": "x", "version": case.version - 1}
    assert client.post(address(Action.HOLD, case, administrator), stale).status_code == 409
    assert rows() == before


STALE = {
    "moved": lambda case, by: releases.schedule(case=case, by=by, source="web", release_on=Schedule(LATER), reason="x"),
    "held": lambda case, by: releases.cancel_schedule(case=case, by=by, source="web", reason="x"),
    "reopened": lambda case, by: releases.return_to_accepted(case=case, by=by, source="web"),
    "released": lambda case, by: releases.release_now(case=case, by=by, source="web", reason="x"),
    "handed over": lambda case, by: assignment.hand_over_case(
        case=case, to=User.objects.get(username="otto"), by=by, source="web"
    ),
    "expired": None,
    "role changed": None,
}


@pytest.mark.parametrize("how", STALE)
def test_what_is_out_of_date_changes_nothing_and_says_why(
    how, case, technician, other_technician, administrator, clock
):
    url = address(Action.RETURN, case, technician)
    if change := STALE[how]:
        change(case, administrator)
    elif how == "expired":
        Case.objects.update(scheduled_release_date=LATER)
        clock.shift(signed_links.LIFETIME)
    else:
        User.objects.filter(pk=technician.pk).update(role="member")
    before = rows()
    client = browser(User.objects.get(pk=technician.pk))
    expected = {"handed over": 403, "role changed": 404}.get(how, 410)
    for answer in (client.get(url), client.head(url), client.post(url, {})):
        assert answer.status_code == expected
    assert rows() == before
    if how != "role changed":
        assert "Nothing was changed." in client.get(url).content.decode()


def test_nobody_else_can_use_it_and_learns_nothing_of_the_case(case, technician, administrator, member):
    url = address(Action.RETURN, case, technician)
    before = rows()
    for person in (administrator, member):
        client = browser(person)
        for answer in (client.get(url), client.post(url, {})):
            assert answer.status_code == 403
            text = answer.content.decode()
            assert "sent to someone else" in text
            assert case.external_case_id not in text
            assert "Pension" not in text
    stranger = Client()
    for method in (stranger.get, stranger.head, stranger.post):
        answer = method(url)
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/accounts/login/")
    assert rows() == before


@pytest.mark.parametrize("at", range(0, 40, 3))
def test_an_altered_link_is_none(at, case, technician):
    url = address(Action.RETURN, case, technician)
    place = len("/reminders/") + at
    altered = url[:place] + ("A" if url[place] != "A" else "B") + url[place + 1 :]
    assert browser(technician).get(altered).status_code == 404


def test_a_deputys_link_ends_with_the_absence(case, technician, other_technician):
    day = FROZEN.date()
    absence = Absence.objects.create(technician=technician, deputy=other_technician, first_day=day, last_day=day)
    url = address(Action.RETURN, case, other_technician)
    assert browser(other_technician).get(url).status_code == 200
    absence.delete()
    assert browser(other_technician).get(url).status_code == 403
