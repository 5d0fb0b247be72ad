"""Administrators: the first sign-in when a second factor is required, and managing people."""

import os
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from playwright.sync_api import expect

from cases.models import User
from tests.browser.conftest import DESKTOP, PASSWORD, PHONE, assert_accessible
from tests.factories import CaseFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def look(page, name: str) -> None:
    """Check that axe finds nothing. Take a picture if SCREENSHOTS names a folder."""
    assert_accessible(page)
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize(("dark", "viewport"), [(False, DESKTOP), (True, PHONE)], ids=["light-desktop", "dark-phone"])
def test_the_first_day_of_an_administrator(dark, viewport, open_page, settings, administrator: User, request):
    settings.REQUIRE_STAFF_MFA = True
    kind = request.node.callspec.id

    # She signs in, and is told that she needs a second factor. She has to enter her password again.
    administrator.set_password(PASSWORD)
    administrator.save()
    page = open_page(dark=dark, viewport=viewport)
    page.goto("/")
    page.get_by_label("Username or email").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Confirm it's you").wait_for()
    assert "Set up an authenticator app" in page.content()
    look(page, f"confirm-{kind}")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()

    # She scans the QR code, and types what her phone shows.
    page.get_by_label("Setup key").wait_for()
    look(page, f"activate-{kind}")
    assert page.locator("img.qr").evaluate("image => image.naturalWidth") > 0
    secret = page.get_by_label("Setup key").input_value()
    counter = list(yield_hotp_counters_from_time())[1]
    page.get_by_label("Authenticator code").fill(format_hotp_value(hotp_value(secret, counter)))
    page.get_by_role("button", name="Set up app").click()

    # She is shown her recovery codes, and everything is open to her.
    assert len(page.get_by_label("Unused codes").input_value().split()) == 10
    look(page, f"codes-{kind}")
    for link in ("Security", "Sessions", "Password", "Profile"):
        menu = page.get_by_role("navigation", name="Your account")
        menu.get_by_role("link", name=link).click()
        menu.locator("[aria-current=page]", has_text=link).wait_for()
        look(page, f"{link.lower()}-{kind}")

    # She lives in Auckland, and the portal in UTC: the page says whose clock it shows.
    page.get_by_label("Time zone").fill("Auckland")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Profile saved.").wait_for()
    page.goto("/")
    assert "Other times are in your time zone, Pacific/Auckland." in page.content()
    page.goto("/operations/")
    assert page.get_by_role("heading", level=1).inner_text() == "Operations"


@pytest.mark.parametrize(("dark", "viewport"), [(False, DESKTOP), (True, PHONE)], ids=["light-desktop", "dark-phone"])
def test_a_technician_leaves(
    dark, viewport, sign_in, administrator: User, technician: User, other_technician: User, member: User, request
):
    kind = request.node.callspec.id
    CaseFactory.create_batch(2, member=member, assigned_to=technician)

    # Ada looks for Tom among the people.
    page = sign_in(administrator, dark=dark, viewport=viewport, at="/people/")
    look(page, f"people-{kind}")
    page.get_by_label("Search", exact=True).fill("tom@")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("link", name="@example.com")).to_have_count(1)
    page.get_by_role("link", name="tom@example.com").click()
    expect(page.get_by_role("button", name="Hand over all cases")).to_be_visible()

    # His cases become Otto's, and his account is closed.
    look(page, f"person-{kind}")
    page.get_by_role("button", name="Hand over all cases").click()
    page.get_by_label("Technician", exact=True).select_option("otto")
    page.get_by_label("Reason").fill("Tom leaves.")
    look(page, f"handing-over-{kind}")
    page.get_by_role("button", name="Hand over 2 cases").click()
    page.get_by_text("2 cases handed over to otto.").wait_for()
    page.get_by_role("button", name="Deactivate").click()
    page.get_by_role("dialog").get_by_role("button", name="Deactivate").click()
    page.get_by_role("button", name="Reactivate").wait_for()
    look(page, f"deactivated-{kind}")

    # She starts to invite his successor, with an address that is taken.
    page.goto("/people/invite/")
    page.get_by_label("Email address").fill("otto@example.com")
    page.get_by_role("button", name="Send invitation").click()
    page.get_by_text("already exists").wait_for()
    look(page, f"invite-{kind}")
