"""What a sign-in leaves behind: when the person was here before."""

import datetime as dt

import pytest

from cases.accounts.logins import new_since
from tests.clocks import frozen_clock

pytestmark = pytest.mark.django_db

MONDAY = dt.datetime(2025, 6, 9, 8, 0, tzinfo=dt.UTC)
TUESDAY, FRIDAY = MONDAY + dt.timedelta(days=1), MONDAY + dt.timedelta(days=4)
PASSWORD = "a long enough password"


def sign_in(client, user, at):
    with frozen_clock(at):
        client.logout()
        client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    user.refresh_from_db()
    assert user.last_login == at


def test_new_is_what_came_after_the_sign_in_before_this_one(client, mia):
    mia.set_password(PASSWORD)
    mia.save()
    assert new_since(mia) is None
    sign_in(client, mia, MONDAY)
    assert (mia.previous_login, new_since(mia)) == (None, MONDAY), "the first session: since it began"
    sign_in(client, mia, TUESDAY)
    assert new_since(mia) == MONDAY
    sign_in(client, mia, FRIDAY)
    assert new_since(mia) == TUESDAY


def test_looking_is_no_visit(client, mia):
    client.force_login(mia)
    mia.refresh_from_db()
    before = new_since(mia)
    for url in ("/", "/cases/"):
        client.get(url)
    mia.refresh_from_db()
    assert new_since(mia) == before
