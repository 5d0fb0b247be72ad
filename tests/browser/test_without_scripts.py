"""A case from its completion to its release in a browser that runs no scripts."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from tests.factories import CaseDocumentFactory, CaseFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page_of(chromium, live_server):
    """Open a page without scripts for a person who is signed in."""
    contexts = []

    def page_of_(user):
        client = Client()
        client.force_login(user)
        context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
        context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
        contexts.append(context)
        return context.new_page()

    yield page_of_
    for context in contexts:
        context.close()


def test_everything_is_done_to_a_case_without_scripts(page_of, member, administrator, technician, other_technician):
    case = CaseFactory(member=member, assigned_to=technician, title="Pension")
    page = page_of(administrator)
    page.goto(f"/cases/{case.pk}/")
    expect(page.get_by_role("button", name="Mark as Completed")).to_be_hidden()

    page.locator("#dialog-hand_over select").select_option("otto")
    page.get_by_role("button", name="Hand over", exact=True).click()
    expect(page.get_by_text("Handed over to otto.")).to_be_visible()
    page.get_by_label("Schedule Release").check()
    page.get_by_label("Release date").fill((timezone.localdate() + dt.timedelta(days=9)).isoformat())
    page.get_by_role("button", name="Confirm Release").click()
    expect(page.locator("#release-panel")).to_contain_text("This case is scheduled to be released on:")

    page.locator("#hold_reason").fill("A figure is missing")
    page.get_by_role("button", name="Put on hold").click()
    expect(page.locator("#release-panel")).to_contain_text("No release date is set")

    page.locator("#return_reason").fill("Once more")
    page.get_by_role("button", name="Reopen case").locator("visible=true").click()
    expect(page.locator("#case-head .state")).to_have_text("In progress")


def test_a_release_before_the_schedule_takes_its_reason(page_of, member, administrator, technician):
    case = CaseFactory(member=member, assigned_to=technician, scheduled=True)
    page = page_of(administrator)
    page.goto(f"/cases/{case.pk}/")

    page.locator("#release_early_reason").fill("The member asked")
    page.get_by_role("button", name="Release Now").click()

    expect(page.locator("#release-panel")).to_contain_text("This case was released on:")


def test_the_figures_stand_in_their_table(page_of, administrator):
    page = page_of(administrator)
    page.goto("/operations/")

    expect(page.get_by_role("region", name="Figures by day")).to_be_visible()
    expect(page.locator("canvas").first).to_be_hidden()


def test_a_document_is_removed_after_a_question_that_names_it(page_of, member, technician):
    case = CaseFactory(member=member, assigned_to=technician, title="Pension")
    kept = CaseDocumentFactory(case=case, name="kept.pdf")
    CaseDocumentFactory(case=case, name="wrong <1>.pdf")
    page = page_of(technician)
    page.goto(f"/cases/{case.pk}/")
    expect(page.get_by_text("Remove this document?")).to_be_hidden()
    page.get_by_role("button", name="Remove wrong <1>.pdf").click()
    expect(page.get_by_role("heading", name="Remove this document?")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("wrong <1>.pdf")
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("#document-list")).to_contain_text("kept.pdf")
    expect(page.locator("#document-list")).not_to_contain_text("wrong")
    assert list(case.documents.all()) == [kept]


def test_after_a_refusal_the_focus_is_on_the_error(page_of, member, technician):
    case = CaseFactory(member=member, assigned_to=technician)
    page = page_of(technician)
    page.goto(f"/cases/{case.pk}/")
    page.locator("#note-text").fill("  ")
    page.locator("#note-save").click()
    expect(page.locator("#note-text")).to_be_focused()
    expect(page).to_have_title(re.compile("^Error: "))
