"""What a sign-in records: the time of the previous visit."""

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


def test_new_is_what_came_after_the_sign_in_before_this_one(client, member):
    member.set_password(PASSWORD)
    member.save()
    assert new_since(member) is None
    sign_in(client, member, MONDAY)
    assert (member.previous_login, new_since(member)) == (None, MONDAY), "the first session: since it began"
    sign_in(client, member, TUESDAY)
    assert new_since(member) == MONDAY
    sign_in(client, member, FRIDAY)
    assert new_since(member) == TUESDAY


def test_looking_is_no_visit(client, member):
    client.force_login(member)
    member.refresh_from_db()
    before = new_since(member)
    for url in ("/", "/cases/"):
        client.get(url)
    member.refresh_from_db()
    assert new_since(member) == before
