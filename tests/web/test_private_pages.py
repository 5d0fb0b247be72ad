"""A person who is signed in gets responses that neither a proxy nor the browser stores, by default and not page by
page.

tests/web/test_access.py and test_states.py check that for every URL, and for those of a case in each state.
"""

import pytest
from django.test import Client, override_settings

from cases.accounts import calendar_feed
from tests.attempts import directives, is_private
from tests.pages import ADMINISTRATOR, DJANGO_ADMIN, ERRORS, EVERYBODY, make_world
from tests.tokens import new_token

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("is about headers, of pages that tests/web/test_pages.py opens on both"),
]


@override_settings(ROOT_URLCONF="tests.error_urls")
def test_error_pages_and_djangos_admin_too():
    world = make_world()
    for page in [*ERRORS, *DJANGO_ADMIN]:
        for person in set(page.people) & {*EVERYBODY, ADMINISTRATOR}:
            client = world.client(person)
            client.raise_request_exception = False
            assert is_private(client.get(page.address(world))), page.name


def test_answers_of_the_api_to_a_token(member):
    for authorization in (f"Token {new_token(member)}", "Token wrong", "Bearer wrong"):
        for url in ("/api/cases/", "/api/cases/0/", "/api/schema/"):
            assert is_private(Client().get(url, headers={"Authorization": authorization})), url


def test_the_answer_that_signs_in(member, client):
    member.set_password("a long enough password")
    member.save()
    answer = client.post("/accounts/login/", {"login": "mia", "password": "a long enough password"})
    assert answer.status_code == 302
    assert is_private(answer)


def test_the_calendar_feed_keeps_its_own(technician):
    url = f"/calendar/{calendar_feed.make(user=technician)}.ics"
    plain = Client().get(url)
    browser = Client()
    browser.force_login(technician)
    assert plain.status_code == 200
    assert directives(browser.get(url)) == directives(plain)


def test_static_files_keep_theirs(member, settings):
    settings.WHITENOISE_USE_FINDERS, settings.WHITENOISE_AUTOREFRESH = True, True
    client = Client()
    client.force_login(member)
    answer = client.get("/static/cases/portal.css")
    assert answer.status_code == 200
    assert "no-store" not in directives(answer)


@pytest.mark.parametrize("url", ["/health/live/", "/health/ready/", "/metrics", "/accounts/password/reset/done/"])
def test_strangers_are_not_concerned(url, client, db):
    assert client.get(url).headers.get("Cache-Control", "") != "private, no-store"
