"""The palette and the keys: each role finds its own pages, and each person can turn the keys off."""

import re

import pytest

from cases.models import User
from tests.factories import CaseFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("tests/unit/selectors searches on both"),
]

PALETTE = "/palette/"
PROFILE = "/accounts/profile/"


def found(client, typed: str) -> list[str]:
    """Return where the options lead, except the search."""
    options = re.findall(r'role="option"[^>]* href="([^"]*)"', client.get(PALETTE, {"q": typed}).content.decode())
    return [url for url in options if not url.startswith("/search/")]


@pytest.mark.parametrize(
    ("person", "typed", "urls"),
    [
        ("member", "new ca", ["/cases/new/"]),
        ("member", "case", ["/cases/", "/cases/new/"]),
        ("technician", "cal", ["/calendar/"]),
        ("technician", "operations", []),
        ("technician", "pass", ["/accounts/password/change/"]),
        ("technician", "absence", ["/accounts/absences/"]),
        ("member", "absence", []),
        ("member", "notif", ["/notifications/settings/"]),
        ("administrator", "OPÉR", ["/operations/"]),
        ("administrator", "person inv", ["/people/invite/"]),
        ("administrator", "\0", []),
    ],
)
def test_each_role_finds_the_pages_that_it_may_open(person, typed, urls, request, client):
    client.force_login(request.getfixturevalue(person))
    assert found(client, typed) == urls
    assert set(found(client, "")) >= set(urls)


def test_staff_find_their_views_and_members_have_none(technician, member, client):
    client.force_login(technician)
    assert found(client, "unass") == ["/cases/?state=submitted&amp;sort=urgent"]
    client.force_login(member)
    assert found(client, "unass") == []


def test_staff_find_cases_and_people_in_it(client, technician, administrator, member):
    member.first_name, member.last_name = "Anna", "Bergström"
    member.save()
    case = CaseFactory(member=member, assigned_to=technician, title="Divorce order")
    for person, url in ((technician, "/cases/?member=mia"), (administrator, f"/people/{member.pk}/")):
        client.force_login(person)
        assert found(client, "divorce") == [f"/cases/{case.pk}/"]
        assert found(client, "bergs") == [f"/cases/{case.pk}/", url]
        assert 'href="/search/?q=divorce"' in client.get(PALETTE, {"q": "divroce"}).content.decode()


def test_people_switch_single_keys_off_and_on(technician, client):
    client.force_login(technician)
    fields = {"first_name": "", "last_name": "", "language": "", "time_zone": ""}
    for is_on in (False, True):
        client.post(PROFILE, fields | ({"keyboard_shortcuts": "on"} if is_on else {}))
        assert User.objects.get(pk=technician.pk).keyboard_shortcuts == is_on
        page = client.get("/").content.decode()
        assert ("data-is-on" in page) == is_on
        assert ("<kbd>g</kbd>" in client.get(PALETTE).content.decode()) == is_on
        assert 'data-press="Control k"' in page


def test_who_is_signed_out_gets_neither_keys_nor_palette(client):
    page = client.get("/accounts/login/").content.decode()
    assert "dialog-keys" not in page
    assert "keyboard.js" not in page
