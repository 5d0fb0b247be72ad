"""A call whose address lacks its last slash is told so, and sent on with its body."""

import pytest

from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
@pytest.mark.parametrize("address", ["/api/cases", "/api/cases/1", "/api/cases/1/release", "/api/schema"])
@pytest.mark.parametrize("is_debugging", [False, True])
def test_it_is_redirected_with_method_and_body(method, address, is_debugging, client, settings):
    settings.DEBUG = is_debugging
    answer = getattr(client, method)(f"{address}?page=2", HTTP_AUTHORIZATION="Token advp_wrong")
    assert (answer.status_code, answer["Location"]) == (308, f"{address}/?page=2")
    assert answer.json() == {"detail": f"Addresses of the API end with a slash. Use {address}/."}


def test_the_release_comes_where_it_should(member, technician, client):
    case = CaseFactory(member=member, assigned_to=technician)
    client.force_login(technician)
    sent = {"data": {"release_option": "now"}, "content_type": "application/json"}
    answer = client.post(f"/api/cases/{case.pk}/release", **sent, follow=True)
    assert answer.status_code == 200
    case.refresh_from_db()
    assert case.is_released


@pytest.mark.parametrize("address", ["/api/nothing", "/api/cases/1/nothing", "/api//evil.example/cases"])
def test_what_is_nowhere_is_not_found(address, client):
    assert client.post(address).status_code == 404


def test_a_page_is_redirected_as_before(client):
    answer = client.get("/cases")
    assert (answer.status_code, answer["Location"]) == (301, "/cases/")
