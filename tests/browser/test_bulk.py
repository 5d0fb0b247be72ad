"""Bulk operations with a real browser: a range of rows is selected, moved while the page watches, and moved back."""

import datetime as dt

import pytest
from playwright.sync_api import expect

from cases.models import Case
from cases.releases import bulk
from tests.browser.conftest import PHONE, assert_accessible
from tests.clocks import portals_today
from tests.factories import CaseFactory

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.django_db(transaction=True)]

LATER = dt.timedelta(days=2)


@pytest.fixture
def cases(member, technician):
    """Five cases to be released in two weeks."""
    date = portals_today() + dt.timedelta(days=14)
    facts = {"scheduled": True, "member": member, "assigned_to": technician, "scheduled_release_date": date}
    return CaseFactory.create_batch(5, **facts)


def dates(cases):
    return [Case.objects.get(pk=case.pk).scheduled_release_date for case in cases]


def test_a_technician_moves_a_range_of_releases_and_moves_them_back(sign_in, technician, cases):
    before = dates(cases)
    page = sign_in(technician, at="/cases/?state=scheduled")
    bar = page.get_by_role("group", name="Actions for the selected cases")
    expect(bar).to_be_hidden()

    # From the second row to the fourth, with Shift.
    boxes = page.locator("tbody input[name=case]")
    boxes.nth(1).click()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(bar).to_contain_text("3 selected")
    expect(page.locator("#list-status")).to_have_text("3 selected")
    assert_accessible(page)
    bar.get_by_role("button", name="Move").click()
    expect(page.get_by_role("main")).to_contain_text("3 cases selected.")
    page.get_by_label("Move by").fill("2")
    page.get_by_label("Unit").select_option("days")
    page.get_by_role("button", name="Preview").click()

    # The preview changes nothing, and the page follows the run without a click.
    expect(page.get_by_role("heading", name="Move 3 releases 2 days later")).to_be_visible()
    assert_accessible(page)
    assert dates(cases) == before
    page.get_by_role("button", name="Move 3 cases").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    assert_accessible(page)
    bulk.work_off()
    expect(page.get_by_role("link", name="Undo bulk operation")).to_be_visible()
    assert sorted(dates(cases)) == sorted([*before[:2], *(day + LATER for day in before[2:])])

    # The undo has its own preview.
    page.get_by_role("link", name="Undo bulk operation").click()
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Undo changes to 3 cases").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    bulk.work_off()
    expect(page.get_by_text("This undoes bulk operation")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    assert dates(cases) == before


def test_on_a_phone_other_actions_are_behind_a_button(sign_in, technician, cases):
    page = sign_in(technician, viewport=PHONE, at="/cases/?state=scheduled")
    page.locator("tbody input[name=case]").first.check()
    bar = page.get_by_role("group", name="Actions for the selected cases")
    expect(bar).to_contain_text("1 selected")
    assert_accessible(page)
    bar.locator("summary").click()
    bar.get_by_role("button", name="Reopen").click()
    expect(page.get_by_role("main")).to_contain_text("1 case selected.")
