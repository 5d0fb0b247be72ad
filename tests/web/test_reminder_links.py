"""Signed links in reminders: they ask first, act once for their addressee, and explain why if they don't."""

import datetime as dt
import re

import pytest
from django.conf import settings as django_settings
from django.test import Client

from cases import releases
from cases.accounts import own_account, people
from cases.casework import assignment
from cases.core.schedule import Schedule
from cases.delivery import signed_links
from cases.lifecycle.permissions import Action
from cases.models import Absence, Case, CaseEvent, User
from tests.conftest import FROZEN
from tests.factories import CaseFactory, UserFactory
from tests.stored_clock import store

pytestmark = [pytest.mark.usefixtures("clock"), pytest.mark.one_database("is about links: nothing of them is stored")]

DAY = dt.timedelta(days=1)
LATER = (FROZEN + 20 * DAY).date()
# What is sent, and what happens to the case, for each action.
DONE = {
    Action.RESCHEDULE: ({"release_date": LATER.isoformat(), "reason": "x"}, "rescheduled"),
    Action.RETURN: ({}, "returned"),
    Action.HOLD: ({"reason": "x"}, "held"),
    Action.RELEASE_EARLY: ({"reason": "x"}, "released"),
}

SAID = {
    Action.RESCHEDULE: "Release date updated.",
    Action.RETURN: "Case reopened.",
    Action.HOLD: "Case put on hold.",
    Action.RELEASE_EARLY: "Case released.",
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
    first = client.post(url, form, follow=True)
    assert (first.status_code, first.request["PATH_INFO"]) == (200, f"/cases/{case.pk}/")
    event = CaseEvent.objects.first()
    assert (event.kind, event.actor, event.source) == (kind, person, "link")
    done = rows()
    pressed_again = client.post(url, form, follow=True)
    assert (pressed_again.status_code, pressed_again.request["PATH_INFO"]) == (200, f"/cases/{case.pk}/")
    assert SAID[action] in first.content.decode()
    assert SAID[action] in pressed_again.content.decode()
    other = {"reason": "Another", "release_date": (LATER + DAY).isoformat()}
    for again in (client.get(url, form), client.post(url, form | other)):
        assert again.status_code == 410
        assert "Nothing was changed." in again.content.decode()
    assert rows() == done


def test_the_date_that_the_case_has_already_changes_nothing(case, technician):
    client, url, before = browser(technician), address(Action.RESCHEDULE, case, technician), rows()
    same = {"release_date": case.scheduled_release_date.isoformat(), "version": case.version}
    if case.scheduled_release_time:
        same["release_time"] = case.scheduled_release_time.isoformat()
    page = client.post(url, same, follow=True).content.decode()
    assert "This case already has this date." in page
    assert "Release date updated." not in page
    assert rows() == before
    assert client.get(url).status_code == 200, "the links of the email still work"


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


CHANGED, GONE = "This case has changed since the email was sent", "This case has been released since"
ASSIGNED = "This case is assigned to someone else now"
SIGN_IN, OPEN, NOT_FOUND = "sign in", "still asks", "Page not found"


def _move(case, by, days=20):
    on = Schedule((FROZEN + days * DAY).date())
    return releases.schedule(case=case, by=by, source="web", release_on=on, reason="x")


def _move_there_and_back(case, by):
    former = (case.scheduled_release_date - FROZEN.date()).days
    _move(_move(case, by), by, former)


def _release(case, by):
    return releases.release_now(case=case, by=by, source="web", reason="x")


def _hand_over(case, by):
    assignment.hand_over_case(case=case, to=User.objects.get(username="otto"), by=by, source="web")


def _change_password(case, by):
    for person in (case.assigned_to, by):
        own_account.set_password(by=person, password="Another one, 1234", with_link=False)


def _deactivate(case, by):
    boss = UserFactory(role="administrator")
    for person in (case.assigned_to, by):
        people.deactivate(person=person, by=boss)


# What happens after the email, and what the links of the technician and of the administrator say then.
STALE = {
    "moved": (_move, CHANGED, CHANGED),
    "moved there and back": (_move_there_and_back, CHANGED, CHANGED),
    "held": (lambda case, by: releases.cancel_schedule(case=case, by=by, source="web", reason="x"), CHANGED, CHANGED),
    "reopened": (lambda case, by: releases.return_to_accepted(case=case, by=by, source="web"), CHANGED, CHANGED),
    "released": (_release, GONE, GONE),
    "recalled": (
        lambda case, by: releases.recall(case=_release(case, by), by=by, source="web", reason="x"), CHANGED, CHANGED
    ),
    "handed over": (_hand_over, ASSIGNED, OPEN),
    "expired": (None, "This link has expired", "This link has expired"),
    "deactivated": (_deactivate, SIGN_IN, SIGN_IN),
    "password changed": (_change_password, SIGN_IN, SIGN_IN),
    "no technician anymore": (
        lambda case, by: User.objects.filter(pk=case.assigned_to_id).update(role="member"), NOT_FOUND, OPEN
    ),
    "no administrator anymore": (
        lambda case, by: User.objects.filter(pk=by.pk).update(role="technician"), OPEN, ASSIGNED
    ),
}  # fmt: skip
STATUS = {SIGN_IN: 302, OPEN: 200, NOT_FOUND: 404, CHANGED: 410, GONE: 410, "This link has expired": 410}


@pytest.mark.parametrize("how", STALE)
def test_what_is_out_of_date_changes_nothing_and_says_why(
    how, case, technician, other_technician, administrator, clock
):
    """Every link in the emails: opened by its addressee, opened by a link scanner, and its button pressed."""
    change, *says = STALE[how]
    links = {technician: (Action.RESCHEDULE, Action.RETURN), administrator: tuple(DONE)}
    browsers = {person: browser(person) for person in links}
    addresses = [(person, action, address(action, case, person)) for person in links for action in links[person]]
    if change:
        change(case, administrator)
    else:
        Case.objects.update(scheduled_release_date=LATER)
        clock.shift(signed_links.LIFETIME)
        browsers = {person: browser(person) for person in links}
    before = rows()
    for person, action, url in addresses:
        expected, client = says[person == administrator], browsers[person]
        for method in (client.get, client.head) if expected == OPEN else (client.get, client.head, client.post):
            answer = method(url, DONE[action][0] if method == client.post else None)
            assert answer.status_code == STATUS.get(expected, 403), (action, expected)
            if expected == SIGN_IN:
                assert answer["Location"].startswith("/accounts/login/")
            elif method != client.head and expected != OPEN:
                text = answer.content.decode()
                assert expected in text
                assert expected == NOT_FOUND or "Nothing was changed." in text
    assert rows() == before


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


def test_an_altered_link_is_none_and_says_so(case, technician, administrator):
    before = rows()
    for person, actions in ((technician, (Action.RESCHEDULE, Action.RETURN)), (administrator, tuple(DONE))):
        client = browser(person)
        links = [address(action, case, person) for action in actions]
        start = len("/reminders/")
        altered = [
            link[:place] + ("A" if link[place] != "A" else "B") + link[place + 1 :]
            for link in links
            for place in range(start, start + 40, 7)
        ]
        # The facts of one link with the signature of another.
        altered += [links[0].rpartition(":")[0] + ":" + links[1].rpartition(":")[2]]
        for url in altered:
            for answer in (client.get(url), client.head(url), client.post(url, DONE[actions[0]][0])):
                assert answer.status_code == 404
            assert "This link isn" in client.get(url).content.decode()
    assert rows() == before


def test_a_deputys_link_ends_with_the_absence(case, technician, other_technician):
    day = FROZEN.date()
    absence = Absence.objects.create(technician=technician, deputy=other_technician, first_day=day, last_day=day)
    url = address(Action.RETURN, case, other_technician)
    assert browser(other_technician).get(url).status_code == 200
    absence.delete()
    assert browser(other_technician).get(url).status_code == 403


# --- The case changes while someone fills the form in, and the link still works --------------------------------------


def _add_condition(case, by):
    releases.add_condition(case=case, by=by, source="web", kind="manual", name="Paid")


def _assign_to_colleague(case, by):
    assignment.hand_over_case(case=case, to=UserFactory(role="technician"), by=by, source="web")


def version_in(text: str) -> int:
    return int(re.search(r'name="version" value="(\d+)"', text)[1])


@pytest.mark.parametrize("change", [_add_condition, _assign_to_colleague])
@pytest.mark.parametrize("action", DONE)
def test_what_was_typed_for_an_older_version_is_shown_again_and_can_be_sent(action, change, case, administrator):
    """The schedule is the one that the email was about: the link works, and does not say that it has ended."""
    url, client = address(action, case, administrator), browser(administrator)
    typed = DONE[action][0] | {"reason": "The court asked & paid", "version": case.version}
    change(case, administrator)
    before = rows()
    answer = client.post(url, typed)
    assert answer.status_code == 409
    assert rows() == before
    page = answer.content.decode()
    assert "You changed this case in another tab or window after you opened it here." in page
    assert "no longer works" not in page
    assert "The court asked &amp; paid" in page
    assert LATER.isoformat() in page or action != Action.RESCHEDULE
    assert version_in(page) == Case.objects.get().version
    if (action, change) == (Action.RELEASE_EARLY, _add_condition):
        Case.objects.get().conditions.update(state="waived", reason="x", settled_at=FROZEN, settled_through="web")
        Case.objects.update(open_conditions=0)
    assert client.post(url, typed | {"version": version_in(page)}).status_code == 302
    event = CaseEvent.objects.first()
    assert (event.kind, event.reason) == (DONE[action][1], "The court asked & paid")


def test_a_refusal_for_another_reason_says_it_and_keeps_the_form(case, administrator):
    """Neither an open condition nor a different clock ends a link."""
    url, client = address(Action.RELEASE_EARLY, case, administrator), browser(administrator)
    typed = {"reason": "The court asked"}
    _add_condition(case, administrator)
    answer = client.post(url, typed)
    assert answer.status_code == 409
    assert "These conditions are open: " in answer.content.decode()
    Case.objects.get().conditions.update(state="waived", reason="x", settled_at=FROZEN, settled_through="web")
    Case.objects.update(open_conditions=0)
    store("America/Chicago", dt.time(0))
    stopped = client.post(url, typed)
    assert stopped.status_code == 503
    for page in (answer.content.decode(), stopped.content.decode()):
        assert "The court asked" in page
        assert "no longer works" not in page
    assert not CaseEvent.objects.filter(kind="released").exists()


def test_a_link_that_ends_while_its_form_is_sent_says_so(case, administrator, monkeypatch):
    """The schedule changes after it is checked and before the lock."""
    url, client = address(Action.HOLD, case, administrator), browser(administrator)

    def move_first(**options):
        _move(Case.objects.get(), administrator)
        return perform(**options)

    perform = releases.cancel_schedule
    monkeypatch.setattr("cases.views.case_page.case_actions.releases.cancel_schedule", move_first)
    answer = client.post(url, {"reason": "x", "version": case.version})
    assert answer.status_code == 410
    assert CHANGED in answer.content.decode()
    assert not CaseEvent.objects.filter(kind="held").exists()
