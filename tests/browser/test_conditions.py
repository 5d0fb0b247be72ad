"""A case that waits for a confirmation from outside, and an early release that a colleague approves."""

import pytest
from django.conf import settings as portal
from playwright.sync_api import expect

from cases.models import Case
from tests.browser.conftest import assert_accessible
from tests.factories import CaseFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_court_confirms_by_link(sign_in, member, technician, chromium, live_server):
    case = CaseFactory(member=member, assigned_to=technician, scheduled=True, title="Pension")
    page = sign_in(technician, at=f"/cases/{case.pk}/")

    # Tom adds the condition, and gets a link for the court.
    page.get_by_role("link", name="Add a condition").click()
    expect(page.get_by_role("heading", name="Add a condition")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("What must happen first").select_option("external")
    page.get_by_label("Name").fill("Court confirms the order")
    page.get_by_role("button", name="Add condition").click()
    expect(page.locator(".condition")).to_contain_text("Court confirms the order")
    page.get_by_role("button", name="Create link").click()
    expect(page.get_by_role("heading", name="Confirmation link")).to_be_visible()
    link = page.get_by_label("Link").input_value()
    assert_accessible(page)

    # The court has no account. It is asked to confirm, and does.
    outside = chromium.new_context(base_url=live_server.url).new_page()
    outside.goto(link.removeprefix(portal.PORTAL_URL))
    expect(outside.get_by_text(f"Case {case.external_case_id}")).to_be_visible()
    expect(outside.get_by_text("Pension")).to_have_count(0)
    assert_accessible(outside)
    outside.get_by_role("button", name="Confirm").click()
    expect(outside.get_by_role("heading", name="Confirmed")).to_be_visible()
    outside.goto(link.removeprefix(portal.PORTAL_URL))
    expect(outside.get_by_role("heading", name="This link no longer works")).to_be_visible()
    outside.context.close()

    # Tom sees that it is met.
    page.get_by_role("link", name="Back to the case").click()
    expect(page.locator(".condition")).to_contain_text("Met · by link")
    assert_accessible(page)


def test_a_colleague_approves_an_early_release(sign_in, member, technician, other_technician, administrator, settings):
    settings.REQUIRE_SECOND_APPROVER = True
    case = CaseFactory(member=member, assigned_to=technician, scheduled=True, title="Pension")
    page = sign_in(administrator, at=f"/cases/{case.pk}/")
    page.get_by_role("button", name="Ask for approval").click()
    expect(page.get_by_text("Approval requested.")).to_be_visible()

    page = sign_in(other_technician, at=f"/cases/{case.pk}/")
    page.get_by_role("button", name="Approve release").click()
    expect(page.get_by_text("Release approved.")).to_be_visible()

    page = sign_in(administrator, at=f"/cases/{case.pk}/")
    page.get_by_role("button", name="Release early").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("She asked for it.")
    dialog.get_by_role("button", name="Release Now").click()
    expect(page.get_by_text("This case was released on:")).to_be_visible()
    assert Case.objects.get().is_released
