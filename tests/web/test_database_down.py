"""What people read while the database does not respond: a sentence and a 503, not a stack trace and a 500."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client


@pytest.fixture
def patient(client: Client) -> Client:
    """A client that is shown error pages, as a browser is."""
    client.raise_request_exception = False
    return client


@pytest.fixture
def _no_database(transactional_db: None) -> Iterator[None]:
    """Connecting fails, as it does while the server restarts. (SQLite has no server, and its tests are in memory.)"""
    settings = connection.settings_dict
    usual = settings | {"OPTIONS": dict(settings["OPTIONS"])}
    connection.close()
    settings.update(NAME="/nowhere/at/all", HOST="/nowhere")
    yield
    connection.close()
    settings.update(usual)


@pytest.mark.postgresql
@pytest.mark.usefixtures("_no_database")
@pytest.mark.parametrize("url", ["/", "/cases/", "/cases/1/", "/accounts/login/", "/admin/"])
def test_pages_say_that_the_portal_is_back_in_a_moment(patient, url):
    patient.cookies["sessionid"] = "of-somebody-who-was-logged-in"

    answer = patient.get(url)

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "We'll be right back" in answer.content.decode()
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.postgresql
@pytest.mark.usefixtures("_no_database")
def test_what_was_typed_is_on_the_page(patient):
    patient.cookies["sessionid"] = "of-somebody-who-was-logged-in"
    answer = patient.post("/cases/1/messages/", {"message": "She called twice."})
    assert answer.status_code == 503
    assert "She called twice.</textarea>" in answer.content.decode()


@pytest.mark.postgresql
@pytest.mark.usefixtures("_no_database")
def test_the_api_says_so_in_json(patient):
    answer = patient.get("/api/cases/", headers={"Authorization": "Token of-a-program"})

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json() == {"detail": "The database isn't responding. Try again."}


@pytest.mark.django_db
def test_any_other_error_is_a_500_in_the_design(patient, member, monkeypatch):
    patient.force_login(member)
    monkeypatch.setattr("cases.views.dashboards.member_dashboard", lambda request: 1 / 0)

    answer = patient.get("/")

    assert answer.status_code == 500
    assert "Something went wrong" in answer.content.decode()
    assert "Retry-After" not in answer.headers
