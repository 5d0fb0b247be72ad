"""What surrounds every page: menu, light and dark, toasts and sign-in, by keyboard, on a phone and without scripts."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP, PASSWORD, PHONE, assert_accessible
from tests.factories import CaseFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DARK, LIGHT = "rgb(15, 19, 21)", "rgb(246, 248, 248)"


def expect_ground(page: Page, colour: str) -> None:
    """Return the background color of the page."""
    expect(page.locator("body")).to_have_css("background-color", colour)


def menu(page: Page):
    return page.locator("header details.menu")


def test_the_menu_works_by_keyboard(sign_in, member):
    page = sign_in(member)
    summary = menu(page).locator("summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Profile")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Profile")).to_be_focused()

    # Escape closes it and returns the focus. So does pressing Tab past it.
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Profile")).to_be_hidden()
    expect(summary).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="New case").first.focus()
    expect(page.get_by_role("link", name="Profile")).to_be_hidden()

    summary.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_menu_of_a_phone_leads_everywhere(sign_in, administrator, dark):
    page = sign_in(administrator, viewport=PHONE, dark=dark)
    expect(page.get_by_role("link", name="Operations")).to_be_hidden()
    menu(page).locator("summary").click()
    expect(page.get_by_role("link", name="Operations")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="People").click()
    expect(page.get_by_role("heading", name="People", level=1)).to_be_visible()
    menu(page).locator("summary").click()
    current = page.get_by_role("navigation", name="Main").locator("[aria-current]")
    expect(current).to_have_text("People")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_light_or_dark_is_chosen_by_keyboard_and_kept(sign_in, member):
    page = sign_in(member)
    expect_ground(page, LIGHT)
    menu(page).locator("summary").click()
    page.get_by_role("radio", name="Auto").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    expect_ground(page, DARK)
    assert_accessible(page)

    # Another page is dark from its first paint, and shows what was chosen.
    page.goto("/cases/", wait_until="commit")
    page.wait_for_selector("main", state="attached")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark", timeout=1)
    expect_ground(page, DARK)
    menu(page).locator("summary").click()
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()

    # The system's setting again, also when it changes.
    page.get_by_role("radio", name="Auto").check()
    expect_ground(page, LIGHT)
    page.emulate_media(color_scheme="dark")
    expect_ground(page, DARK)


@pytest.fixture
def open_without_scripts(chromium: Browser, live_server) -> Iterator[Callable[..., Page]]:
    contexts = []

    def open_(color_scheme: str) -> Page:
        context = chromium.new_context(
            base_url=live_server.url, viewport=PHONE, color_scheme=color_scheme, java_script_enabled=False
        )
        contexts.append(context)
        return context.new_page()

    yield open_
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("scheme", "colour"), [("light", LIGHT), ("dark", DARK)])
def test_without_scripts_one_finds_the_way_and_the_colours_of_the_system(open_without_scripts, member, scheme, colour):
    member.set_password(PASSWORD)
    member.save()
    page = open_without_scripts(scheme)
    page.goto("/accounts/login/")
    page.get_by_label("Username or email").fill("mia")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    menu(page).locator("summary").click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="New case").click()
    page.get_by_label("Title").fill("Pension")
    page.get_by_role("button", name="Save draft").click()
    saved = page.get_by_role("status").filter(has_text="Draft saved.")
    expect(saved).to_be_visible()
    expect(saved.get_by_role("button")).to_be_hidden()
    expect(page.get_by_role("radio", name="Dark")).to_be_hidden()
    menu(page).locator("summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in").wait_for()
    expect_ground(page, colour)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_good_news_goes_by_itself_and_trouble_stays(sign_in, member, viewport):
    page = sign_in(member, viewport=viewport)
    page.clock.install()
    page.goto("/cases/new/")
    page.get_by_label("Title").fill("Pension")
    page.get_by_role("button", name="Save draft").click()
    saved = page.get_by_role("status").filter(has_text="Draft saved.")
    expect(saved).to_be_visible()
    page.clock.run_for(500)
    expect(saved).to_be_visible()
    assert_accessible(page)
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('toasts', {detail: {messages: [{level: 'danger', text: 'Not sent'}]}}))"
    )
    page.clock.run_for(60_000)
    expect(saved).to_have_count(0)
    trouble = page.get_by_role("status").filter(has_text="Not sent")
    expect(trouble).to_be_visible()
    assert_accessible(page)
    trouble.get_by_role("button", name="Dismiss").focus()
    page.keyboard.press("Enter")
    expect(trouble).to_have_count(0)
    expect(page.locator("#content")).to_be_focused()


@pytest.mark.parametrize(("dark", "viewport"), [(False, DESKTOP), (True, PHONE)], ids=["light-desktop", "dark-phone"])
def test_the_entrance(open_page, member, dark, viewport):
    page = open_page(dark=dark, viewport=viewport)
    for url in ("/accounts/login/", "/accounts/password/reset/", "/accounts/password/reset/done/", "/nowhere/"):
        page.goto(url)
        assert_accessible(page)
    page.goto("/accounts/login/")

    # What people type can be shown, and an error is where the cursor is.
    page.get_by_label("Password", exact=True).fill("secret words")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide").click()
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Username or email")).to_be_focused()
    expect(page.get_by_label("Username or email")).to_have_accessible_description(
        "Enter your username or email address."
    )
    assert_accessible(page)


def test_a_case_on_paper_is_without_what_one_clicks(sign_in, technician, member):
    case = CaseFactory(member=member, assigned_to=technician, title="Pension")
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="Pension", level=1)).to_be_visible()
    expect(page.get_by_role("button", name="Mark as Completed")).to_be_hidden()
    expect(page.locator(".site-header")).to_be_hidden()


def test_a_password_that_was_shown_is_hidden_before_it_is_sent(sign_in, member):
    page = sign_in(member, at="/accounts/password/change/")
    for label in ("Current password", "New password", "Confirm new password"):
        page.get_by_label(label, exact=True).fill("Not the same as ever 1")
        button = page.get_by_role("button", name="Show").first
        expect(button).to_have_accessible_description(label)
        button.click()
    expect(page.locator("main input[type=password]")).to_have_count(0)
    page.evaluate("document.addEventListener('submit', (event) => event.preventDefault())")
    page.locator("main form").get_by_role("button", name="password").last.click()
    expect(page.locator("main input[type=password]")).to_have_count(3)


def test_what_is_chosen_is_seen_in_the_colours_of_the_system(sign_in, technician):
    page = sign_in(technician, at="/calendar/")
    page.emulate_media(forced_colors="active")
    ground = "element => getComputedStyle(element).backgroundColor"
    for chosen, other in (("Calendar", "Dashboard"), ("Month", "Week")):
        links = [page.get_by_role("link", name=name, exact=True).first.evaluate(ground) for name in (chosen, other)]
        assert links[0] != links[1], chosen
