"""Chromium, and people who sign in with it."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    BrowserType,
    Dialog,
    Page,
    Request,
    Route,
    ViewportSize,
    expect,
    sync_playwright,
)

from cases.models import User

# The fixtures that run real workers and a real SMTP server around the test's database.
from tests.integration.conftest import (  # noqa: F401
    _any_moment_may_be_chosen,
    _emptied_by_deleting,
    _started,
    celery_backend_cluster,
    celery_broker_cluster,
    celery_setup_app,
    celery_worker_cluster,
    mail_server,
    process_env,
    redis,
    start_worker,
)
from tests.pages import PASSWORD, STRANGER, World, signed_in
from tests.pages import Page as PortalPage

WITH_WINDOWS = ("chromium", "chromium-browser", "google-chrome")
# The first one draws no window, and opens a context four times as fast.
PROGRAMS = ("chromium-headless-shell", *WITH_WINDOWS)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--in-process-gpu", "--disable-background-networking"]
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
# page_reader checks every page in all modes. A page that needs its own data is checked in the two that differ most.
in_two_looks = pytest.mark.parametrize(
    ("viewport", "dark"), [(DESKTOP, False), (PHONE, True)], ids=["desktop-light", "phone-dark"]
)
# Nothing is loaded again for the two rules that need it: no page plays sound, and the other rule is off.
AXE_OPTIONS = {"resultTypes": ["violations"], "preload": False}
# Playwright's own loop runs in this thread, so Django takes it for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
# A busy machine takes longer than the usual five seconds for a page. What comes sooner is not waited for.
expect.set_options(timeout=20_000)


# A dialog's HTML without words that are long or have a digit (keys, numbers, dates, tokens) in texts and attributes,
# except classes. Empty if it has no text.
LOOK = r"""dialog => {
    const strip = (part) => part.replace(/[\w-]*\d[\w-]*|[\w-]{30,}/g, "");
    return dialog.textContent.trim() && dialog.outerHTML.replace(/ (?!class=)[\w-]+="[^"]*"|>[^<]*</g, strip);
}"""


@pytest.fixture
def a_week_at_least(settings: Any, _any_moment_may_be_chosen: None) -> None:  # noqa: F811
    """Set the usual minimum, which other browser tests do without because they wait for releases."""
    settings.RELEASE_MIN_DAYS = 7


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium."""
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        yield browser
        browser.close()


def launch(browser_type: BrowserType, *, programs: Iterable[str] = PROGRAMS, **options: Any) -> Browser:
    """Start the first of `programs` that is installed."""
    path = next(filter(None, map(shutil.which, programs)), None)
    if path is None:
        pytest.fail("The browser tests need Chromium: install the package `chromium`.")
    return browser_type.launch(executable_path=path, args=ARGUMENTS, **options)


@pytest.fixture
def open_page(chromium: Browser, live_server: Any) -> Iterator[Callable[..., Page]]:
    """Open a separate browser for a person. Anything in its console or blocked by the CSP is a failure."""
    complaints: list[str] = []
    contexts = []

    def open_(*, viewport: ViewportSize = DESKTOP, dark: bool = False, locale: str = "en-US") -> Page:
        context = chromium.new_context(
            base_url=live_server.url, viewport=viewport, color_scheme="dark" if dark else "light", locale=locale
        )
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console",
            lambda message: (
                complaints.append(f"{page.url}: {message.text}") if message.type in ("error", "warning") else None
            ),
        )
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        return page

    yield open_
    for context in contexts:
        context.close()
    expected = "the server responded with a status of 4"
    assert not [complaint for complaint in complaints if expected not in complaint]


@pytest.fixture
def sign_in(open_page: Callable[..., Page], live_server: Any) -> Callable[..., Page]:
    """Open the page `at` for a person who is signed in by a cookie, because the form is not what is tested."""

    def sign_in_(user: User, *, at: str = "/", **options: Any) -> Page:
        user.set_password(PASSWORD)
        user.save()
        page = open_page(**options)
        take_session(page.context, signed_in(user), live_server.url)
        page.goto(at)
        return page

    return sign_in_


@pytest.fixture
def tab_for(chromium: Browser, live_server: Any) -> Iterator[Callable[..., Page]]:
    """Open a browser for a person who is signed in, with or without scripts. Errors in its console are allowed."""
    contexts = []

    def tab_for_(user: User, *, scripts: bool = True) -> Page:
        user.set_password(PASSWORD)
        user.save()
        client = Client()
        client.force_login(user)
        context = chromium.new_context(base_url=live_server.url, java_script_enabled=scripts, viewport=DESKTOP)
        take_session(context, client, live_server.url)
        contexts.append(context)
        return context.new_page()

    yield tab_for_
    for context in contexts:
        context.close()


def take_session(context: BrowserContext, client: Client, url: str) -> None:
    """Sign the browser in as the person who is signed in with `client`."""
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])


def wait_until(tab: Page, happened: Callable[[], object]) -> None:
    """Wait for what the browser is going to tell: a request, for example, that one of the test's functions holds."""
    for _ in range(1500):
        if happened():
            return
        tab.wait_for_timeout(20)
    pytest.fail("It has not happened in half a minute.")


def leaves(tab: Page, act: Callable[[], object]) -> bool:
    """Return whether `act` leaves the page without a question. What happens is awaited for two seconds."""
    happened = []

    def stay(dialog: Dialog) -> None:
        happened.append(dialog.type)
        dialog.dismiss()

    def go(request: Request) -> None:
        if request.is_navigation_request():
            happened.append("gone")

    tab.on("dialog", stay)
    tab.on("request", go)
    act()
    for _ in range(40):
        if not happened:
            tab.wait_for_timeout(50)
    tab.remove_listener("dialog", stay)
    tab.remove_listener("request", go)
    return "beforeunload" not in happened


def leave_for_a_slow_page(tab: Page) -> None:
    """Follow a link, whatever the browser asks, to a page that never comes: this one stays in sight."""
    asked: list[Route] = []
    tab.on("dialog", lambda dialog: dialog.accept())
    tab.route("**/cases/", lambda route: asked.append(route))
    tab.locator("a[href='/cases/']").first.evaluate("link => link.click()")
    wait_until(tab, lambda: asked)


@contextmanager
def tab_of(chromium: Browser, base_url: str, world: World, person: str) -> Iterator[Page]:
    """Return a browser of `person`, who is signed in by a cookie and not through the form."""
    context = chromium.new_context(base_url=base_url)
    client = world.client(person)
    if "sessionid" in client.cookies:
        take_session(context, client, base_url)
    try:
        yield context.new_page()
    finally:
        context.close()


def visit(tab: Page, page: PortalPage, world: World, person: str) -> None:
    """Open one of the pages, and do what its entry says. A stranger comes without any cookies."""
    if person == STRANGER:
        tab.context.clear_cookies()
    tab.goto(page.address(world))
    if page.step:
        page.step(tab, world)


def dialogs_of(tab: Page, seen: set[str] | None = None) -> Iterator[str]:
    """Open one dialog of the page after the other. Yield its id. A dialog that a click fills is empty, and skipped.

    A dialog that matches one in `seen`, except for numbers and tokens, is skipped as well. The others are added.
    """
    for dialog in tab.locator("dialog[id]").all():
        look = dialog.evaluate(LOOK)
        if look and (seen is None or look not in seen):
            if seen is not None:
                seen.add(look)
            dialog.evaluate("dialog => { if (dialog.open) dialog.close(); dialog.showModal(); }")
            yield str(dialog.get_attribute("id"))
            dialog.evaluate("dialog => dialog.close()")


def assert_accessible(page: Page) -> None:
    """Check that axe finds nothing on the page as it is now, once it is complete."""
    page.wait_for_load_state()
    results = Axe().run(page, options=AXE_OPTIONS)
    assert results.violations_count == 0, results.generate_report()
