"""Days without releases with a real browser: from the page for blackout days to the forms that choose a date."""

import datetime as dt

import pytest
from playwright.sync_api import expect

from cases.models import Case
from cases.releases import blackout_days
from tests.browser.conftest import assert_accessible, in_two_looks
from tests.clocks import portals_today
from tests.factories import CaseFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DAY = dt.timedelta(days=1)


@pytest.fixture
def monday() -> dt.date:
    """A Monday some weeks ahead."""
    return portals_today() + 21 * DAY - portals_today().weekday() * DAY


@in_two_looks
def test_ada_closes_a_day_and_tom_chooses_another(
    sign_in, administrator, technician, member, monday, viewport, dark, settings
):
    settings.RELEASE_ON_WEEKENDS = False
    people = {"member": member, "assigned_to": technician}
    CaseFactory(scheduled=True, title="Pension", scheduled_release_date=monday, **people)
    case = CaseFactory(title="Annuity", **people)

    # Ada finds the page from the calendar, and sees who is affected before she adds the day.
    page = sign_in(administrator, viewport=viewport, dark=dark, at="/calendar/")
    page.get_by_role("link", name="Blackout days").click()
    expect(page.get_by_role("heading", name="Blackout days", level=1)).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Date").fill(monday.isoformat())
    page.get_by_role("button", name="See affected cases").click()
    expect(page.get_by_text("1 case is scheduled for this day.")).to_be_visible()
    expect(page.get_by_role("link", name="Pension")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Name").fill("Office move")
    page.get_by_role("button", name="Add blackout day").click()
    expect(page.get_by_text("is now a blackout day.")).to_be_visible()
    expect(page.get_by_role("link", name="1 case still scheduled")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Move cases").click()
    expect(page.get_by_text("1 case selected.")).to_be_visible()
    expect(page.get_by_label("Move by")).to_have_value("1")
    page.get_by_label("Reason").fill("We move.")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("button", name="Move 1 case")).to_be_visible()
    expect(page.get_by_text("Pension")).to_be_visible()

    # Tom sees it in the calendar, is told immediately in the dialog, and takes the next day.
    page = sign_in(technician, viewport=viewport, dark=dark, at=f"/calendar/?date={monday}")
    expect(page.locator(f"[data-date='{monday}']")).to_contain_text("Office move")
    assert_accessible(page)
    page.goto(f"/cases/{case.pk}/")
    page.get_by_role("button", name="Mark as Completed").click()
    page.get_by_label("Schedule Release").check()
    date = page.get_by_role("dialog").get_by_label("Release date")
    expect(page.get_by_text("No releases: weekends")).to_be_visible()
    date.fill((monday - DAY).isoformat())
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("There are no releases on weekends.")
    date.fill(monday.isoformat())
    alert = page.get_by_role("dialog").get_by_role("alert")
    expect(alert).to_contain_text("There are no releases on this day: Office move. The next available date is Tuesday")
    assert_accessible(page)
    page.get_by_role("dialog").locator("[type=submit]").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    date.fill((monday + DAY).isoformat())
    expect(alert).to_have_count(0)
    page.get_by_role("dialog").locator("[type=submit]").click()
    expect(page.get_by_text("Case completed. Scheduled for release on")).to_be_visible()
    assert Case.objects.get(pk=case.pk).scheduled_release_date == monday + DAY


def test_ada_drops_a_case_on_a_closed_day_and_is_told_before_she_gives_a_reason(
    sign_in, administrator, technician, member, monday
):
    case = CaseFactory(
        scheduled=True, title="Pension", member=member, assigned_to=technician, scheduled_release_date=monday
    )
    blackout_days.add(date=monday + DAY, name="Office move", by=administrator, source="web")
    page = sign_in(administrator, at=f"/calendar/?view=week&date={monday}")
    page.locator(f"#entry-{case.pk}").drag_to(page.locator(f"[data-date='{monday + DAY}']"))
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("Office move")
    page.get_by_label("New release date").fill((monday + 2 * DAY).isoformat())
    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_count(0)
    page.get_by_label("Reason").fill("We move on Tuesday.")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Moved to")
    case.refresh_from_db()
    assert case.scheduled_release_date == monday + 2 * DAY
