"""The search over everything with a real browser: from any page, by keyboard, and on a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, assert_accessible
from tests.factories import CaseAnswerFactory, CaseFactory, CaseNoteFactory

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.django_db(transaction=True)]


def test_a_technician_finds_a_case_by_a_note_and_a_person_by_name(sign_in, technician, member):
    member.first_name, member.last_name = "Anna", "Bergström"
    member.save()
    case = CaseFactory(title="Divorce order", member=member, assigned_to=technician)
    CaseNoteFactory(case=case, text="She called about the máquina")
    page = sign_in(technician)

    # From the dashboard, with misspelled words from a note.
    box = page.get_by_role("searchbox", name="Find cases and people")
    box.fill("divroce maquina")
    box.press("Enter")
    expect(page).to_have_url(re.compile(r"/search/\?q=divroce\+maquina$"))
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="divorce maquina").click()
    expect(page.get_by_role("region", name="Cases").locator(".row-title")).to_have_text(["Divorce order"])
    expect(page.get_by_text("found in notes and messages")).to_be_visible()

    # The search field on the page has what was typed. A name finds the person too.
    box = page.get_by_role("searchbox", name="Search")
    expect(box).to_have_value("divorce maquina")
    box.fill("berg")
    box.press("Enter")
    expect(page.get_by_role("region", name="People").locator(".row-title")).to_have_text(["Anna Bergström"])
    assert_accessible(page)
    page.get_by_role("link", name="Divorce order").click()
    expect(page.get_by_role("heading", name="Divorce order")).to_be_visible()


def test_a_member_searches_on_a_phone(sign_in, member):
    case = CaseFactory(title="Pension", member=member, released=True)
    CaseAnswerFactory(case=case, text="The survivor benefit counts.")
    page = sign_in(member, viewport=PHONE)

    page.goto("/search/")
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()
    page.keyboard.type("survivor")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Cases").locator(".row-title")).to_have_text(["Pension"])
    expect(page.get_by_text("found in answer")).to_be_visible()
    assert_accessible(page)
