"""Active sessions: people see where they are signed in, and can end the other sessions."""

import pytest
from django.test import Client

from cases.models import User

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("is about sessions, by allauth's statements and none of ours"),
]

PASSWORD = "correct horse battery"
SESSIONS = "/accounts/sessions/"


def browser(user: User, name: str) -> Client:
    """Return a browser of that name in which that person is signed in."""
    user.set_password(PASSWORD)
    user.save()
    client = Client(headers={"User-Agent": name})
    client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    return client


@pytest.fixture
def both(member: User) -> tuple[Client, Client]:
    """Mia's phone and her laptop. The second login must not end the first."""
    phone = browser(member, "Her phone")
    laptop = Client(headers={"User-Agent": "Her laptop"})
    laptop.post("/accounts/login/", {"login": "mia", "password": PASSWORD})
    return phone, laptop


def test_everybody_sees_their_own(both, other_member):
    browser(other_member, "Another one")
    page = both[0].get(SESSIONS).content.decode()
    assert page.count("This device") == 1
    assert "Her phone" in page
    assert "Her laptop" in page
    assert "Another one" not in page


def test_a_session_is_called_by_browser_and_system(member):
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0"
    page = browser(member, agent).get(SESSIONS).content.decode()
    assert f'<span title="{agent}">Firefox on Windows</span>' in page


def test_the_others_are_signed_out(both, other_member):
    phone, laptop = both
    stranger = browser(other_member, "Another one")
    assert phone.post(SESSIONS, follow=True).status_code == 200
    assert laptop.get("/").status_code == 302
    assert phone.get("/").status_code == stranger.get("/").status_code == 200
    assert "Her laptop" not in phone.get(SESSIONS).content.decode()


def test_one_who_signed_out_is_gone(both):
    phone, laptop = both
    laptop.post("/accounts/logout/")
    page = phone.get(SESSIONS).content.decode()
    assert "Her laptop" not in page
    assert "Sign out of all other sessions" not in page
