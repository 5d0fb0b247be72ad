"""An administrator of a portal that demands a second factor signs in for the first time."""

import os
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

from cases.models import User
from tests.browser.conftest import DESKTOP, PASSWORD, PHONE, assert_accessible

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def look(page, name: str) -> None:
    """axe finds nothing; and a picture for people, where SCREENSHOTS names a folder."""
    assert_accessible(page)
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize(("dark", "viewport"), [(False, DESKTOP), (True, PHONE)], ids=["light-desktop", "dark-phone"])
def test_the_first_day_of_an_administrator(dark, viewport, open_page, settings, ada: User, request):
    settings.REQUIRE_STAFF_MFA = True
    kind = request.node.callspec.id

    # She signs in, and is told that she needs a second factor; her password is asked for once more.
    ada.set_password(PASSWORD)
    ada.save()
    page = open_page(dark=dark, viewport=viewport)
    page.goto("/")
    page.get_by_label("Login").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Confirm Access").wait_for()
    assert "Set up an authenticator app" in page.content()
    look(page, f"confirm-{kind}")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()

    # She scans the picture, and types what her phone shows.
    page.get_by_label("Authenticator secret").wait_for()
    look(page, f"activate-{kind}")
    assert page.locator("img.qr").evaluate("image => image.naturalWidth") > 0
    secret = page.get_by_label("Authenticator secret").input_value()
    counter = list(yield_hotp_counters_from_time())[1]
    page.get_by_label("Authenticator code").fill(format_hotp_value(hotp_value(secret, counter)))
    page.get_by_role("button", name="Activate").click()

    # She is shown her recovery codes, and everything is open to her.
    assert len(page.get_by_label("Unused codes").input_value().split()) == 10
    look(page, f"codes-{kind}")
    for link in ("Security", "Sessions", "Password", "Profile"):
        menu = page.get_by_role("navigation", name="Your account")
        menu.get_by_role("link", name=link).click()
        menu.locator("[aria-current=page]", has_text=link).wait_for()
        look(page, f"{link.lower()}-{kind}")

    # She lives in Auckland, and the portal in UTC: the page says whose clock it shows.
    page.get_by_label("Time zone").select_option("Pacific/Auckland")
    page.get_by_role("button", name="Save").click()
    assert "Other times are in yours, Pacific/Auckland." in page.content()
    page.goto("/operations/")
    assert page.get_by_role("heading", level=1).inner_text() == "Operations"
