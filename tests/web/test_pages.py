"""The list of all pages (tests/pages.py) has every page. Each responds as the list says, and no form posts to an
address that does not accept it, as one did in a browser without scripts."""

import re

import pytest
from django.test import override_settings
from django.urls import reverse

from cases.models import ApiToken, BulkRun, CannedText, Case, CaseType, SavedView
from tests.factories import CaseFactory
from tests.pages import (
    ERRORS,
    LINK_TOKEN,
    MEMBER,
    NEWCOMER,
    PAGES,
    STATES,
    STRANGER,
    World,
    make_world,
    of_signed_link,
    to_unsubscribe,
)
from tests.urls import url_of, url_patterns, urls_of_a_case, urls_with_an_id

pytestmark = pytest.mark.django_db
PEOPLE = [STRANGER, MEMBER, "technician", "administrator"]
# Reached only while signing in. Their entries start elsewhere.
ON_THE_WAY = {"account_reset_password_from_key", "mfa_authenticate"}


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def addresses(world: World, name: str) -> list[str]:
    """Return the URL `name`: for a case in each state, for a person of each kind, or just the URL."""
    if name in urls_of_a_case():
        return [url_of(name, world.case(state)) for state in STATES if _has(world, state)]
    if name in urls_with_an_id("people/"):
        return [url_of(name, world.case("draft"), pk=world.user(person).pk) for person in PEOPLE[1:]]
    if name in urls_with_an_id("case-types/"):
        return [reverse(name, args=[each.pk]) for each in CaseType.objects.all()]
    if name in urls_with_an_id("views/"):
        return [reverse(name, args=[each.pk]) for each in SavedView.objects.all()]
    if name in urls_with_an_id("api-tokens/"):
        return [reverse(name, args=[token.pk]) for token in ApiToken.objects.all()]
    if name in urls_with_an_id("canned-texts/"):
        return [reverse(name, args=[text.pk]) for text in CannedText.objects.all()]
    if name in urls_with_an_id("bulk/"):
        return [reverse(name, args=[run.pk]) for run in BulkRun.objects.all()]
    return [_address(world, name)]


def _address(world: World, name: str) -> str:
    """Return the one URL `name`."""
    if name == "new_bulk_run":
        return reverse(name) + "?action=shift&all=1&query=state%3Dscheduled"
    if name == "reminder_link":
        return of_signed_link(world)
    if name == "unsubscribe":
        return to_unsubscribe(world)
    if name == "condition_by_link":
        return reverse(name, args=[LINK_TOKEN])
    return url_of(name, world.case("draft"), pk=0)


def _has(world: World, state: str) -> bool:
    # A due case is released by its member's visit.
    return state != "due" or Case.objects.filter(member=world.member, actual_release_date=None).count() == 6


def is_page(response: object) -> bool:
    """Return whether it is a complete page of HTML, and not a redirect, a file or a part for HTMX."""
    return response.status_code == 200 and not response.streaming and b"<html" in response.content


@pytest.mark.one_database("compares lists; what is on them is opened on both below")
@pytest.mark.parametrize("person", PEOPLE)
def test_no_page_is_forgotten(person, world):
    client = world.client(person)
    pages = {name for name in url_patterns() if any(is_page(client.get(url)) for url in addresses(world, name))}
    listed = {page.url_name for page in PAGES if person in page.people}
    strangers = {page.url_name for page in PAGES if STRANGER in page.people}
    assert pages - listed - strangers == set(), "add it to PAGES in tests/pages.py, with who may open it"
    assert listed - pages <= ON_THE_WAY, "PAGES in tests/pages.py says that this person can open it"


# A script sets its address when it opens it. Without scripts, it is not shown.
FILLED_BY_SCRIPT = re.compile(r"<dialog[^>]*data-filled-by-script.*?</dialog>", re.S)
# A script inserts it into the page and sets its address.
TEMPLATE = re.compile(r"<template\b.*?</template>", re.S)
# Holds a token for a script, and is hidden.
HIDDEN = re.compile(r"<form [^>]*\bhidden\b.*?</form>", re.S)


def forms_of(answer) -> set[str]:
    """Return where the forms of the page post to."""
    page, address = answer.content.decode(), answer.request["PATH_INFO"]
    for unseen in (FILLED_BY_SCRIPT, TEMPLATE, HIDDEN):
        page = unseen.sub("", page)
    posting = [form for form in re.findall(r"<form\b[^>]*>", page) if 'method="post"' in form]
    actions = [re.search(r'action="([^"]*)"', form) for form in posting]
    return {action[1].partition("?")[0] if action else address for action in actions}


def test_names_are_unique():
    names = [(page.name, person) for page in [*PAGES, *ERRORS] for person in page.people]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("person", [*PEOPLE, NEWCOMER])
@override_settings(ROOT_URLCONF="tests.error_urls")
def test_each_answers_as_it_says(person, world):
    client = world.client(person)
    client.raise_request_exception = False
    pages = [page for page in [*PAGES, *ERRORS] if person in page.people]
    assert pages
    answers = {page: client.get(page.address(world)) for page in pages}
    assert {page.name: answer.status_code for page, answer in answers.items()} == {
        page.name: page.status for page in pages
    }
    found = set().union(*(forms_of(answer) for answer in answers.values() if answer.status_code != 302))
    assert found
    # A URL without OPTIONS says which methods it accepts.
    refusing = {address for address in found if "POST" not in client.options(address).headers.get("Allow", "POST")}
    assert refusing == set()


@pytest.mark.parametrize("address", ["/cases/{}/", "/cases/", "/", "/people/", "/operations/"])
def test_a_form_sent_to_a_page_is_answered_with_words(address, client, administrator, member):
    client.force_login(administrator)
    answer = client.post(address.format(CaseFactory(member=member).pk))
    assert answer.status_code == 405
    assert "be opened directly" in answer.content.decode()
