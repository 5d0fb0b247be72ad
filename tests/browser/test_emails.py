"""Every kind of email as a mail program shows it: readable on a small phone and accessible according to axe, in light
and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.unit.delivery.test_letters import MAILS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# An email is a message and not a page: it has neither landmarks nor a heading of its own.
AXE_OPTIONS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"], "resultTypes": ["violations"], "preload": False}
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_axe_finds_nothing(scheme, chromium: Browser, member, settings):
    settings.RELEASE_ANSWER_IN_EMAIL = True
    tab = chromium.new_page(viewport={"width": 320, "height": 600}, color_scheme=scheme)
    found = {}
    for kind, write in MAILS.items():
        member.role, member.password = "member", ""
        tab.set_content(write(member).alternatives[0][0])
        violations = Axe().run(tab, options=AXE_OPTIONS).response["violations"]
        found[kind] = [violation["id"] for violation in violations] + ["sideways"] * tab.evaluate(SIDEWAYS)
    tab.close()
    assert found == {kind: [] for kind in MAILS}
