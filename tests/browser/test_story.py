"""The whole story, as three people live it: with a real browser, worker, Redis and SMTP server."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cases.models import Case, CaseEvent
from tests.browser.conftest import PHONE
from tests.factories import CaseFactory
from tests.integration.steps import until

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.django_db(transaction=True)]


def next_minute() -> dt.datetime:
    """Return the start of a minute that leaves time to click, on the portal's clock."""
    return timezone.localtime(timezone.now() + dt.timedelta(seconds=80)).replace(second=0, microsecond=0)


def test_a_case_is_written_accepted_scheduled_released_and_mailed(
    sign_in, member, technician, celery_setup, mail_server
):
    member_page, technician_page = sign_in(member, viewport=PHONE), sign_in(technician)

    # Mia writes a case on her phone and submits it.
    member_page.get_by_role("link", name="New case").last.click()
    member_page.get_by_label("Title").fill("How much will my pension be?")
    member_page.get_by_label("Description").fill("I want to retire next year.")
    member_page.get_by_role("button", name="Save draft").click()
    expect(member_page.get_by_text("Draft saved.")).to_be_visible()
    member_page.get_by_role("button", name="Submit case").click()
    expect(member_page.get_by_text("Your case has been submitted.")).to_be_visible()
    case = Case.objects.get()

    # Tom accepts it and completes it. The member is to see it at the next full minute.
    technician_page.reload()
    technician_page.get_by_role("link", name="How much will my pension be?").click()
    technician_page.get_by_role("button", name="Accept case").click()
    technician_page.get_by_role("button", name="Mark as Completed").click()
    technician_page.get_by_label("Schedule Release").check()
    instant = next_minute()
    technician_page.get_by_label("Release date").fill(instant.strftime("%Y-%m-%d"))
    technician_page.get_by_label("Time").fill(instant.strftime("%H:%M"))
    technician_page.get_by_role("button", name="Schedule for").click()
    expect(technician_page.get_by_text("not released yet")).to_be_visible()
    expect(technician_page.get_by_text("This case is scheduled to be released on:")).to_be_visible()

    # Mia does not see it before that, neither in her list nor at its address.
    assert member_page.goto("/cases/").status == 200
    expect(member_page.get_by_text("How much will my pension be?")).to_have_count(0)
    assert member_page.goto(f"/cases/{case.pk}/").status == 404

    # At the instant, the ETA task releases it without any visit, and the SMTP server has the mail.
    until("released", lambda: CaseEvent.objects.filter(kind="released").first(), seconds=100)
    event = CaseEvent.objects.get(kind="released")
    assert event.source == "eta"
    assert event.at >= instant
    message = until("the mail", lambda: mail_server.taken and mail_server.taken[0])
    assert case.external_case_id in message["Subject"]

    # Mia follows the link in the mail.
    link = re.search(r"http://\S+/cases/\d+/", str(message.get_body(("plain",)).get_content())).group()
    member_page.goto(link.split("8000")[1])
    expect(member_page.get_by_text("This case was released on:")).to_be_visible()
    technician_page.reload()
    expect(technician_page.locator(".state", has_text="Released")).to_be_visible()


def test_the_dialog_works_by_keyboard_and_keeps_what_was_typed(sign_in, member, technician):
    case = CaseFactory(member=member, assigned_to=technician)
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    page.get_by_role("button", name="Mark as Completed").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.evaluate("markCaseCompleted()")
    page.get_by_label("Schedule Release").check()
    page.locator("#complete_date").evaluate("input => { input.removeAttribute('min'); input.value = '2020-01-01' }")
    page.evaluate("confirmCaseCompletion()")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_text("This date is in the past.")).to_be_visible()
    expect(page.get_by_label("Release date")).to_have_value("2020-01-01")
