"""Login by name or address with lockout, logout, and password reset."""

import re

import pytest
from django.core import mail

from cases.delivery import outbox
from cases.models import User

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("is about signing in, by allauth's statements and none of ours"),
]

PASSWORD = "correct horse battery"


@pytest.fixture
def member(member: User) -> User:
    member.set_password(PASSWORD)
    member.save()
    return member


def ask_for_link(client):
    """Return the path of the link that is mailed to Mia."""
    client.post("/accounts/password/reset/", {"email": "mia@example.com"})
    outbox.deliver()
    return re.search(r"http://127.0.0.1:8000(/accounts/password/reset/key/\S+)", mail.outbox[0].body).group(1)


def log_in(client, login, password):
    return client.post("/accounts/login/", {"login": login, "password": password})


@pytest.mark.parametrize("login", ["mia", "mia@example.com", "MIA@example.com"])
def test_login_by_name_or_address(login, member, client):
    answer = log_in(client, login, PASSWORD)
    assert (answer.status_code, answer.url) == (302, "/")
    assert client.get("/").status_code == 200


def test_logout_is_a_post(member, client):
    client.force_login(member)
    client.get("/accounts/logout/")
    assert client.get("/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/").status_code == 302


def test_a_wrong_password_and_an_unknown_name_look_alike(member, client):
    wrong, unknown = log_in(client, "mia", "wrong"), log_in(client, "nobody", "wrong")
    sentence = "Incorrect username or password."
    assert sentence in wrong.content.decode()
    assert sentence in unknown.content.decode()


def test_the_account_is_locked_after_five_failures(member, client):
    for _ in range(5):
        log_in(client, "mia", "wrong")
    answer = log_in(client, "mia", PASSWORD)
    assert answer.status_code == 200
    assert "Too many failed sign-in attempts" in answer.content.decode()
    assert client.get("/").status_code == 302


def test_a_deactivated_person_does_not_get_in(member, client):
    member.is_active = False
    member.save()
    log_in(client, "mia", PASSWORD)
    assert client.get("/").status_code == 302


def test_password_reset_by_mail(member, client):
    link = ask_for_link(client)
    assert mail.outbox[0].subject == "[Advisor Portal] Reset your password"
    assert "Hello " in mail.outbox[0].body
    assert "Hello from" not in mail.outbox[0].body
    form = client.get(link, follow=True)
    assert form.status_code == 200
    changed = client.post(
        form.request["PATH_INFO"], {"password1": "another long phrase", "password2": "another long phrase"}
    )
    assert changed.status_code == 302
    assert log_in(client, "mia", "another long phrase").url == "/"


def test_nobody_signs_up(client):
    assert client.get("/accounts/signup/").status_code == 404


def test_both_mistakes_of_a_new_password_are_said_at_once(member, client):
    link = ask_for_link(client)
    form = client.get(link, follow=True)
    assert "placeholder" not in form.content.decode()
    refused = client.post(form.request["PATH_INFO"], {"password1": "short", "password2": "shorter"}).context["form"]
    assert set(refused.errors) == {"password1", "password2"}


def test_a_password_that_was_set_is_said_once(member, client):
    link = ask_for_link(client)
    form = client.get(link, follow=True).request["PATH_INFO"]
    done = client.post(form, {"password1": "another long phrase", "password2": "another long phrase"}, follow=True)
    assert "Your password has been set" in done.content.decode()
    assert list(done.context["messages"]) == []


def test_both_ways_to_a_new_password_are_in_the_history(member, client):
    link = ask_for_link(client)
    form = client.get(link, follow=True).request["PATH_INFO"]
    client.post(form, {"password1": "another long phrase", "password2": "another long phrase"})
    log_in(client, "mia", "another long phrase")
    new = {"password1": "a third long phrase", "password2": "a third long phrase"}
    assert client.post("/accounts/password/change/", {"oldpassword": "another long phrase"} | new).status_code == 302
    assert client.get("/").status_code == 200, "the session that changed it goes on"
    told = member.account_events.values_list("kind", "actor")
    assert list(told) == [("password_changed", member.pk), ("password_reset", member.pk)]
