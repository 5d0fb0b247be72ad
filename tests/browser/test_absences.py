"""A technician plans an absence; the deputy finds the case, and moves its release with the link in a reminder."""

import datetime as dt
import re

import pytest
from playwright.sync_api import expect

from cases.delivery import outbox
from cases.models import Case, CaseEvent
from cases.releases.reminders import queue_reminders
from tests.browser.conftest import assert_accessible, in_two_looks
from tests.clocks import portals_today
from tests.factories import CaseFactory

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.django_db(transaction=True)]


@in_two_looks
def test_a_deputy_takes_over_and_follows_a_reminder(
    sign_in, technician, other_technician, member, viewport, dark, mailoutbox, settings
):
    other_technician.set_password("x")
    other_technician.save()
    soon = portals_today() + dt.timedelta(days=1)
    case = CaseFactory(member=member, assigned_to=technician, scheduled=True, scheduled_release_date=soon)
    page = sign_in(technician, viewport=viewport, dark=dark, at="/accounts/absences/")
    page.get_by_label("First day away").fill(portals_today().isoformat())
    page.get_by_label("Last day away").fill(soon.isoformat())
    page.get_by_label("Deputy").select_option(label="otto")
    page.get_by_role("button", name="Save absence").click()
    expect(page.get_by_text("Absence saved.")).to_be_visible()
    assert_accessible(page)
    page.goto("/")
    expect(page.get_by_text("otto covers for you.")).to_be_visible()

    of_deputy = sign_in(other_technician, viewport=viewport, dark=dark, at="/")
    of_deputy.get_by_role("link", name="View cases tom").click()
    expect(of_deputy.get_by_text(case.title).first).to_be_visible()
    queue_reminders()
    outbox.deliver()
    (mail,) = [mail for mail in mailoutbox if mail.to == [other_technician.email]]
    path = re.search(rf"{re.escape(settings.PORTAL_URL)}(/reminders/\S+)", mail.body).group(1)
    of_deputy.goto(path)
    assert_accessible(of_deputy)
    expect(of_deputy.get_by_role("heading", name="Change the release date?")).to_be_visible()
    of_deputy.get_by_role("textbox", name="Release date", exact=True).fill(
        (portals_today() + dt.timedelta(days=21)).isoformat()
    )
    of_deputy.get_by_role("button", name="Update release date").click()
    expect(of_deputy.get_by_text("Release date updated.")).to_be_visible()
    assert Case.objects.get().scheduled_release_date == portals_today() + dt.timedelta(days=21)
    assert CaseEvent.objects.get().source == "link"
    of_deputy.goto(path)
    expect(of_deputy.get_by_role("heading", name="This link no longer works")).to_be_visible()
    assert_accessible(of_deputy)
