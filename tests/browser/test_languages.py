"""The portal in Spanish, in a browser: on a phone too, where its words are longer."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from cases.models import User
from tests.browser.conftest import DESKTOP, PASSWORD, PHONE, assert_accessible
from tests.factories import CaseFactory
from tests.pages import ADMINISTRATOR, MEMBER, PAGES, STRANGER, TECHNICIAN, Page, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SPANISH = "es-ES"


@pytest.fixture
def sign_in_in_spanish(open_page: Callable[..., Tab]) -> Callable[[User], Tab]:
    """A phone whose browser asks for Spanish, on which that person has signed in."""

    def sign_in(user: User) -> Tab:
        user.set_password(PASSWORD)
        user.save()
        page = open_page(viewport=PHONE, locale=SPANISH)
        page.goto("/")
        page.get_by_label("Usuario o correo").fill(user.username)
        page.get_by_label("Contraseña", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Iniciar sesión").click()
        page.wait_for_url(lambda url: "/accounts/login/" not in url)
        return page

    return sign_in


def test_mia_signs_in_with_a_spanish_browser_and_reads_her_case_in_spanish(
    member, technician, clock, sign_in_in_spanish
):
    case = CaseFactory(released=True, member=member, assigned_to=technician)
    page = sign_in_in_spanish(member)
    page.goto(f"/cases/{case.pk}/")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.get_by_text("Este caso se publicó el:")).to_be_visible()
    expect(page.get_by_text("11 de junio de 2025, 12:00").first).to_be_visible()
    assert_accessible(page)


def test_mia_chooses_english_in_a_spanish_browser_and_keeps_it(member, sign_in_in_spanish):
    page = sign_in_in_spanish(member)
    page.goto("/accounts/profile/")
    page.get_by_label("Idioma").select_option(label="English")
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_text("Profile saved.")).to_be_visible()
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_charts_write_numbers_as_spanish_does(administrator, sign_in_in_spanish):
    page = sign_in_in_spanish(administrator)
    page.goto("/operations/")
    assert page.evaluate("Chart.defaults.locale") == "es"


# The same words as on the page of an administrator, except here.
OF_TECHNICIANS = {"dashboard"}


def is_read_as(person: str, page: Page) -> bool:
    """The page of the API comes from a library."""
    if person not in page.people or page.url_name == "api_docs":
        return False
    return person != TECHNICIAN or ADMINISTRATOR not in page.people or page.name in OF_TECHNICIANS


@pytest.mark.parametrize("person", [STRANGER, MEMBER, TECHNICIAN, ADMINISTRATOR])
def test_no_page_is_wider_than_a_phone_or_a_desk(person, open_page, live_server):
    world = make_world()
    tab = open_page(locale=SPANISH)
    cookies = world.client(person).cookies
    tab.context.add_cookies(
        [{"name": name, "value": cookie.value, "url": live_server.url} for name, cookie in cookies.items()]
    )
    too_wide = {}
    for page in PAGES:
        if is_read_as(person, page):
            tab.set_viewport_size(PHONE)
            tab.goto(page.address(world))
            for viewport in (PHONE, DESKTOP):  # charts take a moment to shrink
                tab.set_viewport_size(viewport)
                width = tab.evaluate("document.documentElement.scrollWidth")
                if width > viewport["width"]:
                    too_wide[page.name] = width
    assert too_wide == {}


@pytest.mark.parametrize("width", [1200, 1280, 1440, 1920])
@pytest.mark.parametrize("locale", ["en-US", SPANISH])
def test_the_links_of_an_administrator_are_in_one_line(locale, width, sign_in, administrator):
    User.objects.filter(pk=administrator.pk).update(first_name="Maximiliana", last_name="Featherstonehaugh")
    page = sign_in(administrator, at="/people/", locale=locale, viewport={"width": width, "height": 700})
    tops = page.locator(".site-nav a").evaluate_all("links => links.map((link) => link.getBoundingClientRect().top)")
    assert len(set(tops)) == 1
    # The search is there, as a box or as a button, and nothing leaves the window.
    expect(
        page.locator(".site-header").locator(".site-search, [data-opens-palette] > .icon").filter(visible=True)
    ).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_links_of_an_administrator_are_in_the_menu_of_a_tablet(sign_in, administrator):
    page = sign_in(administrator, at="/people/", viewport={"width": 768, "height": 1024})
    expect(page.locator(".site-nav")).to_be_hidden()
    menu = page.locator(".menu > summary").bounding_box()
    assert menu
    assert menu["x"] + menu["width"] > 700, "at the end of the header"
    page.locator(".menu > summary").click()
    expect(page.locator(".phone-nav").get_by_role("link", name="Operations")).to_be_visible()
    page.set_viewport_size({"width": 992, "height": 700})
    expect(page.locator(".site-nav")).to_be_visible()
    expect(page.locator(".phone-nav")).to_be_hidden()


def test_the_actions_for_selected_cases_are_in_one_line_on_a_phone(sign_in, member, technician):
    CaseFactory.create_batch(3, member=member, assigned_to=technician, scheduled=True)
    page = sign_in(technician, viewport=PHONE, locale=SPANISH, at="/cases/?state=scheduled")
    for box in page.locator("tbody input[type=checkbox]").all():
        box.check()
    parts = page.locator(".bulk > :is(.bulk-count, [name=action]:visible, .bulk-more)")
    expect(parts).to_have_count(4)
    middles = {round(box["y"] + box["height"] / 2) for part in parts.all() if (box := part.bounding_box())}
    assert max(middles) - min(middles) <= 2


# The words of the column heads that are broken in the middle.
BROKEN_WORDS = r"""heads => heads.flatMap((head) => {
    const texts = document.createTreeWalker(head, NodeFilter.SHOW_TEXT), broken = [], range = new Range();
    while (texts.nextNode()) {
        for (const word of texts.currentNode.data.matchAll(/\S+/g)) {
            range.setStart(texts.currentNode, word.index);
            range.setEnd(texts.currentNode, word.index + word[0].length);
            if (new Set([...range.getClientRects()].map((line) => line.top)).size > 1) broken.push(word[0]);
        }
    }
    return broken;
})"""


@pytest.mark.parametrize("width", [1024, 1200, 1440])
def test_no_word_in_a_column_head_is_broken(width, sign_in, member, technician):
    CaseFactory(member=member, assigned_to=technician, scheduled=True)
    page = sign_in(technician, viewport={"width": width, "height": 800}, locale=SPANISH, at="/cases/?state=scheduled")
    assert page.locator("thead th").evaluate_all(BROKEN_WORDS) == []
