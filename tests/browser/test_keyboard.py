"""The keys and the palette, as people without a mouse use them."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import assert_accessible
from tests.factories import CaseFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def press(page: Page, *keys: str) -> None:
    """Press one key after the other, once the page has loaded its scripts."""
    page.wait_for_load_state("domcontentloaded")
    for key in keys:
        page.keyboard.press(key)


def test_a_technician_works_by_keys_alone(sign_in, technician, member):
    for title in ("Pension estimate", "Divorce order review"):
        CaseFactory(submitted=True, member=member, title=title)
    page = sign_in(technician)
    press(page, "g")
    expect(page.locator("#key-hint").filter(has_text="Calendar")).to_be_visible()
    press(page, "c")
    expect(page.get_by_role("heading", name="Cases", level=1)).to_be_visible()
    press(page, "j", "j", "k")
    expect(page.get_by_role("link", name="Divorce order review")).to_be_focused()
    press(page, "/")
    box = page.locator("#site-search")
    expect(box).to_be_focused()
    press(page, "j", "?")
    expect(box).to_have_value("j?")
    page.goto("/cases/")
    press(page, "j", "Enter")
    expect(page.get_by_role("heading", name="Divorce order review", level=1)).to_be_visible()

    # The list of keys. While it is open, no key does anything.
    press(page, "?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    assert_accessible(page)
    press(page, "g", "d", "Escape")
    expect(page.get_by_role("heading", name="Divorce order review", level=1)).to_be_visible()

    # The actions of the open case, before anything is typed, and then pages.
    press(page, "Control+k")
    palette = page.get_by_role("dialog", name="Search or jump to")
    expect(palette.get_by_role("option", name="Accept case")).to_be_visible()
    assert_accessible(page)
    page.keyboard.type("cal")
    expect(palette.get_by_role("option", selected=True)).to_contain_text("Calendar")
    expect(palette.get_by_role("status")).to_have_text("Results: 2")
    press(page, *["Backspace"] * 3)
    page.keyboard.type("order div")
    expect(palette.get_by_role("option", selected=True)).to_contain_text("Divorce order review mia")
    assert_accessible(page)
    press(page, *["Backspace"] * 9)
    page.keyboard.type("accept")
    press(page, "Enter")
    expect(page.get_by_role("button", name="Mark as Completed")).to_be_visible()
    press(page, "Control+k")
    page.keyboard.type("mark as")
    press(page, "Enter")
    expect(page.get_by_role("dialog", name="When should this case be released")).to_be_visible()


@pytest.mark.parametrize("back", ["the browser's button", "the link"])
def test_the_keys_go_on_from_the_case_that_a_person_comes_back_from(back, sign_in, technician, member):
    for number in range(5):
        CaseFactory(submitted=True, member=member, title=f"Question {number}")
    page = sign_in(technician, at="/cases/")
    press(page, "j", "j", "Enter")
    expect(page.get_by_role("heading", name="Question 3", level=1)).to_be_visible()
    if back == "the link":
        page.get_by_role("navigation", name="Back").get_by_role("link", name="Cases").click()
    else:
        page.go_back()
    expect(page.get_by_role("heading", name="Cases", level=1)).to_be_visible()
    press(page, "j")
    expect(page.get_by_role("link", name="Question 2")).to_be_focused()

    # A list that is opened from anywhere else begins at its top.
    page.get_by_role("link", name="Dashboard").click()
    expect(page.get_by_role("heading", name="Your work")).to_be_visible()
    page.goto("/cases/")
    press(page, "j")
    expect(page.get_by_role("link", name="Question 4")).to_be_focused()


def test_keys_are_switched_off_in_the_profile_and_the_palette_stays(sign_in, technician):
    page = sign_in(technician)
    press(page, "?")
    page.get_by_role("link", name="Turn off single-key shortcuts").click()
    page.get_by_label("Use keyboard shortcuts").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Profile saved.")).to_be_visible()
    press(page, "?", "g", "c")
    expect(page.get_by_role("dialog")).to_have_count(0)
    press(page, "Control+k")
    page.keyboard.type("profile")
    press(page, "Enter")
    expect(page.get_by_role("heading", name="Profile", level=1)).to_be_visible()
