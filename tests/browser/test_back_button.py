"""The Back button after signing out, in a Chromium that keeps pages for it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from cases.models import User
from tests.browser.conftest import PASSWORD, WITH_WINDOWS, launch
from tests.factories import CaseFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def keeping(chromium: Browser, live_server) -> Iterator[Page]:
    """A page in a Chromium with its back/forward cache, which Playwright turns off by default, and which headless
    shells lack."""
    cache = "--disable-back-forward-cache"
    launched = launch(chromium.browser_type, programs=WITH_WINDOWS, ignore_default_args=[cache])
    yield launched.new_context(base_url=live_server.url).new_page()
    launched.close()


def sign_in(page: Page, user: User) -> None:
    user.set_password(PASSWORD)
    user.save()
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(user.username)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form button.btn-primary").click()
    page.wait_for_url(lambda url: "/accounts/login/" not in url)


def sign_out(page: Page) -> None:
    page.evaluate("document.querySelector('form[action=\"/accounts/logout/\"]').submit()")
    page.wait_for_url("**/accounts/login/**")


def test_the_cache_is_on(keeping):
    """Without the cache, the tests below would pass whatever the portal sends."""
    keeping.goto("/accounts/password/reset/done/")
    keeping.evaluate("window.kept = true")
    keeping.goto("/accounts/inactive/")
    keeping.go_back(wait_until="commit")
    assert keeping.evaluate("window.kept") is True


@pytest.mark.parametrize("url", ["/", "/cases/", "/cases/{pk}/", "/accounts/profile/"])
def test_back_after_signing_out_shows_nothing(url, keeping, member: User):
    case = CaseFactory(released=True, member=member, title="Divorce order review")
    sign_in(keeping, member)
    keeping.goto(url.format(pk=case.pk))
    assert "mia" in keeping.content()
    sign_out(keeping)
    for _ in range(2):
        keeping.go_back(wait_until="domcontentloaded")
        assert "/accounts/login/" in keeping.url
        assert "Divorce order review" not in keeping.content()
