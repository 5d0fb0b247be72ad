"""All releases are stopped and started in the browser, by keyboard. A technician reads why nothing is released."""

import pytest
from playwright.sync_api import expect

from cases.lifecycle import release_stop
from tests.browser.conftest import assert_accessible, in_two_looks
from tests.factories import CaseFactory

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.django_db(transaction=True)]

REASON = "Two reports show last year's rates."


@in_two_looks
def test_an_administrator_stops_all_releases_and_starts_them_again(
    sign_in, administrator, technician, member, viewport, dark, celery_setup
):
    CaseFactory.create_batch(2, due=True, member=member)
    case = CaseFactory(member=member, assigned_to=technician)
    page = sign_in(administrator, viewport=viewport, dark=dark, at="/operations/")
    page.get_by_label("Reason").fill(REASON)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Releases stopped.")).to_be_visible()
    expect(page.locator("#release-stop")).to_contain_text(REASON)
    expect(page.get_by_text("2 cases are due.")).to_be_visible()
    expect(page.get_by_text("1 member will get an email.")).to_be_visible()
    assert_accessible(page)

    of_technician = sign_in(technician, viewport=viewport, dark=dark, at=f"/cases/{case.pk}/")
    expect(of_technician.locator("#release-stop")).to_contain_text(REASON)
    of_technician.get_by_role("button", name="Mark as Completed").click()
    of_technician.get_by_label("Release Now").check()
    of_technician.locator("dialog[open] button[type=submit]").click()
    dialog = of_technician.get_by_role("dialog")
    expect(dialog.get_by_role("alert").filter(has_text="You can still schedule a release.")).to_be_visible()

    page.get_by_role("button", name="Start releases").click()
    expect(page.get_by_text("Releases started.")).to_be_visible()
    expect(page.locator("#release-stop")).to_have_count(0)
    assert release_stop.current() is None
