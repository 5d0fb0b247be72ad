"""Views of the list with a real browser: saved from the list, found in the rail and in the menu."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import assert_accessible, in_two_looks
from tests.factories import CaseFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@in_two_looks
def test_a_technician_saves_a_view_and_finds_it_again(sign_in, member, technician, viewport, dark):
    CaseFactory(submitted=True, member=member, urgency="urgent")
    CaseFactory(held=True, member=member, assigned_to=technician)
    page = sign_in(technician, viewport=viewport, dark=dark, at="/cases/")
    rail = page.locator("#rail")
    rail.get_by_role("link", name="Urgent 1").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Urgent")
    expect(rail.get_by_role("link", name="Urgent 1")).to_have_attribute("aria-current", "page")
    assert_accessible(page)

    page.goto("/cases/?state=held&technician=mine")
    rail.get_by_role("link", name="Save this view").click()
    page.get_by_label("Name").fill("Mine on hold")
    assert_accessible(page)
    page.get_by_role("button", name="Save view").click()
    expect(rail.get_by_role("link", name="Mine on hold 1")).to_have_attribute("aria-current", "page")

    page.goto("/views/")
    assert_accessible(page)
    page.locator(".menu > summary").last.click()
    page.locator(".menu-views").get_by_role("link", name="Mine on hold").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Mine on hold")
