"""The Back button after a form was refused, and then sent: it opens a page of the portal, and no error page."""

import datetime as dt
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.clocks import portals_today
from tests.factories import CaseFactory

DAY = portals_today() + dt.timedelta(days=60)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_database("is about the history of the browser"),
]


def press(tab: Page, name: str) -> None:
    tab.locator("main").get_by_role("button", name=name, exact=True).click()


def go_back(tab: Page, *, to: str) -> None:
    tab.go_back(wait_until="domcontentloaded")
    expect(tab.get_by_role("heading", level=1)).to_have_text(to)


def test_to_a_draft_that_was_refused(tab_for, member):
    tab = tab_for(member)
    tab.goto(f"/cases/{CaseFactory(member=member, draft=True, title='Pension').pk}/edit/")
    tab.get_by_label("Title").fill(" ")
    press(tab, "Save draft")
    expect(tab.get_by_text("Enter a title.")).to_be_visible()
    tab.get_by_label("Title").fill("My pension")
    press(tab, "Save draft")
    expect(tab.get_by_text("Draft saved.")).to_be_visible()
    go_back(tab, to="Edit draft")
    expect(tab.get_by_label("Title")).to_have_value("My pension")


def test_to_the_page_of_a_button_that_was_refused(tab_for, technician):
    case = CaseFactory(assigned_to=technician, title="Pension")
    tab = tab_for(technician)
    tab.goto(f"/cases/{case.pk}/")
    press(tab, "Mark as Completed")
    tab.get_by_label("Schedule Release").check()
    tab.get_by_label("Release date").fill("2020-01-01")
    dialog = tab.get_by_role("dialog")
    dialog.locator("form").evaluate("form => form.submit()")
    expect(dialog.get_by_text("This date is in the past.")).to_be_visible()
    dialog.get_by_label("Release Now").check()
    dialog.get_by_role("button", name="Release now").click()
    expect(tab.get_by_text("Case released. The member can see it now.")).to_be_visible()
    go_back(tab, to="Pension")
    assert tab.url.endswith(f"/cases/{case.pk}/")


def test_to_the_form_for_many_cases(tab_for, technician):
    case = CaseFactory(assigned_to=technician, scheduled=True)
    tab = tab_for(technician)
    tab.goto("/bulk/new/?" + urlencode({"action": "schedule", "case": case.pk}))
    heading = tab.get_by_role("heading", level=1).inner_text()
    tab.get_by_label("Release date").fill("")
    press(tab, "Preview")
    expect(tab.get_by_label("Release date")).to_have_attribute("aria-invalid", "true")
    tab.get_by_label("Release date").fill(DAY.isoformat())
    press(tab, "Preview")
    expect(tab.get_by_role("heading", level=1)).not_to_have_text(heading)
    go_back(tab, to=heading)
    expect(tab.get_by_text("1 case selected.")).to_be_visible()
