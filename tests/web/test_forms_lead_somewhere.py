"""No form of any page leads to an address that takes none, as it did in a browser without scripts."""

import re

import pytest
from django.test import override_settings

from tests.factories import CaseFactory
from tests.pages import ADMINISTRATOR, ERRORS, MEMBER, NEWCOMER, PAGES, STRANGER, TECHNICIAN, make_world

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("is about HTML, of pages that tests/web/test_pages.py opens on both"),
]
# A script gives it its address when it opens it; without scripts it is not shown.
FILLED_BY_SCRIPT = re.compile(r"<dialog[^>]*data-filled-by-script.*?</dialog>", re.S)
# A script puts it into the page and gives it its address.
TEMPLATE = re.compile(r"<template\b.*?</template>", re.S)
# Holds a token for a script, and is hidden.
HIDDEN = re.compile(r"<form [^>]*\bhidden\b.*?</form>", re.S)


def forms_of(page: str, address: str) -> set[str]:
    """Where the forms of the page that post something lead."""
    for unseen in (FILLED_BY_SCRIPT, TEMPLATE, HIDDEN):
        page = unseen.sub("", page)
    posting = [form for form in re.findall(r"<form\b[^>]*>", page) if 'method="post"' in form]
    actions = [re.search(r'action="([^"]*)"', form) for form in posting]
    return {action[1].partition("?")[0] if action else address.partition("?")[0] for action in actions}


@pytest.mark.parametrize("person", [STRANGER, MEMBER, NEWCOMER, TECHNICIAN, ADMINISTRATOR])
@override_settings(ROOT_URLCONF="tests.error_urls")
def test_every_form_leads_to_what_takes_it(person):
    world = make_world()
    client = world.client(person)
    client.raise_request_exception = False
    found = set()
    for page in [*PAGES, *ERRORS]:
        if person in page.people:
            address = page.address(world)
            answer = client.get(address)
            if answer.status_code != 302:
                found |= forms_of(answer.content.decode(), address)
    assert found
    # What takes no OPTIONS names the methods that it takes.
    refusing = {address for address in found if "POST" not in client.options(address).headers.get("Allow", "POST")}
    assert refusing == set()


@pytest.mark.parametrize("address", ["/cases/{}/", "/cases/", "/", "/people/", "/operations/"])
def test_a_form_sent_to_a_page_is_answered_with_words(address, client, administrator, member):
    client.force_login(administrator)
    answer = client.post(address.format(CaseFactory(member=member).pk))
    assert answer.status_code == 405
    assert "be opened directly" in answer.content.decode()
