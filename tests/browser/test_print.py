"""What is on paper: all that a page says, and nothing that one clicks."""

from typing import Any

import pytest
from django.test import override_settings
from playwright.sync_api import Browser, expect

from tests.browser.conftest import tab_of, visit
from tests.factories import CaseDocumentFactory, CaseFactory
from tests.pages import ADMINISTRATOR, MEMBER, PAGES, TECHNICIAN, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# A heading under which nothing is printed up to the next one. A day of the calendar may be empty.
EMPTY_HEADINGS = """() => {
    const isSeen = (element) => element.getClientRects().length > 0;
    const level = (element) => (/^H[1-6]$/.test(element.tagName) ? Number(element.tagName[1]) : 7);
    const hasWords = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const all = [...document.querySelectorAll("main *")].filter(isSeen);
    const isEmpty = (heading) => {
        const after = all.slice(all.indexOf(heading) + 1).filter((element) => !heading.contains(element));
        const next = after.findIndex((element) => level(element) <= level(heading));
        const below = next < 0 ? after : after.slice(0, next);
        return !below.some((element) => hasWords(element) || element.matches("canvas, input"));
    };
    return all.filter((element) => element.matches("h2, h3") && !element.matches(".cal-date"))
        .filter(isEmpty).map((heading) => heading.innerText);
}"""
# Documentation of the API, drawn by Swagger UI, which is not ours.
FOREIGN = {"api"}


@pytest.mark.parametrize("person", [MEMBER, TECHNICIAN, ADMINISTRATOR])
@override_settings(ROOT_URLCONF="tests.error_urls")
def test_no_heading_is_printed_with_nothing_under_it(person: str, chromium: Browser, live_server: Any) -> None:
    world = make_world()
    found = {}
    with tab_of(chromium, live_server.url, world, person) as tab:
        for page in [page for page in PAGES if person in page.people and page.name not in FOREIGN]:
            tab.emulate_media(media="screen")
            visit(tab, page, world, person)
            tab.emulate_media(media="print")
            found[page.name] = tab.evaluate(EMPTY_HEADINGS)
            assert tab.locator("main").inner_text().strip(), page.name
    assert {name: headings for name, headings in found.items() if headings} == {}


def test_a_ready_case_is_printed_with_all_that_it_says(sign_in, mia, tom):
    case = CaseFactory(member=mia, assigned_to=tom, released=True, title="Pension", description="When may I retire?")
    CaseDocumentFactory(case=case, name="granted.pdf")
    CaseDocumentFactory(case=case, submission=True, name="letter.pdf")
    for person in (mia, tom):
        page = sign_in(person)
        page.goto(f"/cases/{case.pk}/")
        page.emulate_media(media="print")
        of_files = ("granted.pdf", "letter.pdf")
        for words in (case.external_case_id, "Pension", "When may I retire?", "released on:", *of_files):
            expect(page.get_by_text(words).locator("visible=true").first).to_be_visible()
        expect(page.get_by_role("button").locator("visible=true")).to_have_count(0)
        expect(page.locator(".site-header")).to_be_hidden()
