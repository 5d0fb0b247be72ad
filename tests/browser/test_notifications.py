"""A handover shows at the bell, and an open page says that it is out of date while someone types on it."""

import pytest
from django.db import transaction
from playwright.sync_api import expect

from cases import releases
from cases.casework import assignment
from cases.core.clock import portal_now
from cases.delivery.notifications import notify
from tests.browser.conftest import assert_accessible, in_two_looks
from tests.factories import CaseFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@in_two_looks
def test_otto_is_handed_a_case_and_his_open_page_grows_old(
    sign_in, member, technician, other_technician, administrator, viewport, dark
):
    case = CaseFactory(member=member, assigned_to=technician, title="Pension")
    page = sign_in(other_technician, viewport=viewport, dark=dark)
    page.clock.install()
    page.goto("/notifications/")
    expect(page.get_by_role("heading", name="No notifications yet")).to_be_visible()
    assignment.hand_over_case(case=case, to=other_technician, by=technician, source="web")
    page.clock.run_for(61_000)
    expect(page.locator("#bell-count")).to_contain_text("1")

    page.locator("#bell").click()
    expect(page.locator(".notice")).to_contain_text("handed this case over to you.")
    assert_accessible(page)
    page.locator(".notice .row-link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pension")
    expect(page.locator("#bell-count")).to_be_hidden()

    note = page.locator("#notes textarea")
    note.fill("I am typing")
    releases.complete(case=case, by=administrator, source="web", release_on=None)
    page.clock.run_for(61_000)
    expect(page.locator("#live")).to_contain_text("Released just now.")
    expect(note).to_have_value("I am typing")
    expect(note).to_be_focused()
    assert_accessible(page)

    page.goto("/notifications/settings/")
    page.get_by_label("A member replied").select_option(label="Portal and daily email")
    assert_accessible(page)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toasts")).to_contain_text("Notification settings saved.")


def test_a_tab_that_nobody_looks_at_asks_for_nothing(sign_in, technician):
    page = sign_in(technician)
    page.clock.install()
    page.goto("/")
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/live/" in request.url else None)
    hide = """(hidden) => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(hide, True)
    page.clock.run_for(10 * 60_000)
    assert asked == []
    with page.expect_response("**/live/*"):
        page.evaluate(hide, False)
    assert len(asked) == 1, "who comes back is told right away"


@in_two_looks
def test_a_wave_is_one_row_that_opens(sign_in, member, technician, viewport, dark):
    cases = CaseFactory.create_batch(6, member=member, assigned_to=technician, scheduled=True)
    with transaction.atomic():
        for about in cases:
            notify("reminder", case=about, to=[technician], by="portal", at=portal_now(), ref=1)
    page = sign_in(technician, viewport=viewport, dark=dark, at="/notifications/")
    assert_accessible(page)
    expect(page.locator(".notice:visible")).to_have_count(1)
    page.get_by_text("6 cases").first.click()
    expect(page.locator(".wave .notice")).to_have_count(6)
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    page.keyboard.press("j")
    expect(page.locator(".wave .notice button.row-link").first).to_be_focused()
    page.get_by_role("button", name="A release is coming up, 6 cases").click()
    expect(page.locator("#bell-count")).to_be_hidden()

    # The keys move through the cases, and not to the row around them.
    page.get_by_text("6 cases").click()
    for number in range(3):
        page.keyboard.press("j")
        expect(page.locator(".wave .notice").nth(number).locator("a")).to_be_focused()
