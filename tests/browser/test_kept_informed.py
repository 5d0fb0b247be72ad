"""No one is left in the dark: people ask and reply, a deputy gets a colleague's notifications, an address is
corrected."""

import datetime as dt

import pytest
from django.core import mail
from playwright.sync_api import expect

from cases import releases
from cases.accounts.absences import set_absence
from cases.conversation import messages
from cases.delivery import outbox
from cases.delivery.account_email_queue import queue
from cases.delivery.bounces import receive_message
from cases.models import Case
from tests.browser.conftest import PHONE, assert_accessible, in_two_looks, leaves
from tests.clocks import portals_today
from tests.factories import CaseFactory
from tests.unit.delivery.bounce_servers import report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@in_two_looks
def test_tom_asks_mia_replies_with_a_file_and_both_are_told(sign_in, member, technician, viewport, dark):
    case = CaseFactory(member=member, assigned_to=technician, title="Pension")
    tom = sign_in(technician, viewport=viewport, dark=dark)
    tom.clock.install()
    tom.goto(f"/cases/{case.pk}/")
    tom.get_by_label("Message to the member").fill("Please send **form DD-214**.")
    tom.get_by_role("button", name="Send message").click()
    expect(tom.locator(".message")).to_contain_text("form DD-214.")
    expect(tom.locator("#case-head")).to_contain_text("Waiting for member")
    assert_accessible(tom)

    mia = sign_in(member, viewport=viewport, dark=dark)
    expect(mia.get_by_role("heading", name="Waiting for you")).to_be_visible()
    assert_accessible(mia)
    mia.locator("#bell").click()
    expect(mia.locator(".notice")).to_contain_text("We have a question for you.")
    mia.locator(".notice .row-link").click()
    mia.get_by_label("Your reply").fill("Here it is.")
    file = {"name": "dd-214.txt", "mimeType": "text/plain", "buffer": b"Form DD-214"}
    mia.get_by_label("Files (optional)").set_input_files(file)
    mia.get_by_role("button", name="Send reply").click()
    expect(mia.locator(".message").last).to_contain_text("dd-214.txt")
    expect(mia.get_by_text("Waiting for you")).to_have_count(0)
    assert_accessible(mia)

    tom.clock.run_for(61_000)
    expect(tom.locator("#bell-count")).to_contain_text("1")
    expect(tom.locator("#live")).to_contain_text("This page is out of date.")
    tom.locator("#live").get_by_role("link", name="Reload").click()
    tom.get_by_role("link", name="Message to answer").click()
    expect(tom.locator(".message").last).to_contain_text("Here it is.")
    tom.get_by_role("button", name="No reply needed").click()
    expect(tom.get_by_role("link", name="Message to answer")).to_have_count(0)
    tom.goto("/notifications/")
    expect(tom.locator("#bell-count")).to_be_hidden()


@pytest.mark.parametrize(
    ("waits", "button", "asks"),
    [("staff", "No reply needed", True), ("member", "Stop waiting", False)],
    ids=["for staff", "for the member"],
)
def test_a_message_that_is_being_written_stays_when_the_waiting_ends(waits, button, asks, sign_in, member, technician):
    case = CaseFactory(member=member, assigned_to=technician)
    messages.send(case=case, by=member if waits == "staff" else technician, source="web", text="Well?", asks=True)
    tom = sign_in(technician, at=f"/cases/{case.pk}/")
    text = "Half a sent\n<&\"'"
    tom.get_by_label("Message to the member").fill(text)
    tom.get_by_label("Wait for a reply").set_checked(asks)
    tom.get_by_role("button", name=button).click()
    expect(tom.get_by_role("button", name=button)).to_have_count(0)
    expect(tom.get_by_label("Message to the member")).to_have_value(text)
    expect(tom.get_by_label("Wait for a reply")).to_be_checked(checked=asks)
    assert not leaves(tom, lambda: tom.get_by_role("link", name="Dashboard").click(no_wait_after=True))

    tom.get_by_role("button", name="Send message").click()
    expect(tom.locator(".message").last).to_contain_text("Half a sent")
    expect(tom.get_by_label("Message to the member")).to_have_value("")
    assert leaves(tom, lambda: tom.get_by_role("link", name="Dashboard").click())


def test_a_message_that_is_being_written_stays_where_the_waiting_may_not_end(
    sign_in, member, technician, other_technician
):
    case = CaseFactory(member=member, assigned_to=technician)
    messages.send(case=case, by=member, source="web", text="Well?")
    tom = sign_in(technician, at=f"/cases/{case.pk}/")
    tom.get_by_label("Message to the member").fill("Half a sent")
    Case.objects.update(assigned_to=other_technician)
    tom.get_by_role("button", name="No reply needed").click()
    expect(tom.get_by_label("Your text wasn't saved")).to_have_value("Half a sent")


def test_news_is_taken_back_once_the_part_is_up_to_date(sign_in, member, technician):
    case = CaseFactory(member=member, assigned_to=technician)
    tom = sign_in(technician)
    tom.clock.install()
    tom.goto(f"/cases/{case.pk}/")
    live = tom.locator("#live")
    for text in ("Here it is.", "One more."):
        messages.send(case=case, by=member, source="web", text=text)
        tom.clock.run_for(61_000)
        expect(live).to_contain_text("This page is out of date.")
        tom.get_by_label("New note").fill("Nothing of it is in this part.")
        tom.get_by_role("button", name="Add note").click()
        expect(tom.locator(".note").last).to_be_focused()
        expect(live).to_be_visible()
        tom.get_by_label("Message to the member").fill(f"Thank you. {text}")
        tom.get_by_role("button", name="Send message").click()
        expect(tom.locator(".message").last).to_contain_text(f"Thank you. {text}")
        expect(live).to_be_hidden()
    tom.clock.run_for(61_000)
    expect(live).to_be_hidden()


def test_news_of_another_part_stays_when_one_is_brought_up_to_date(sign_in, member, technician):
    case = CaseFactory(member=member, assigned_to=technician)
    tom = sign_in(technician)
    tom.clock.install()
    tom.goto(f"/cases/{case.pk}/")
    live = tom.locator("#live")
    Case.objects.update(urgency="urgent")
    for text in ("Hello.", "One more."):
        tom.get_by_label("Message to the member").fill(text)
        tom.get_by_role("button", name="Send message").click()
        expect(tom.locator(".message").last).to_contain_text(text)
        tom.clock.run_for(61_000)
        expect(live).to_contain_text("This page is out of date.")


def test_a_page_that_answers_a_refused_button_hears_news(sign_in, member, technician, administrator):
    case = CaseFactory(member=member, assigned_to=technician, scheduled=True)
    tom = sign_in(technician, at=f"/cases/{case.pk}/")
    tom.clock.install()
    Case.objects.update(version=case.version + 1)
    tom.get_by_role("button", name="Reopen case").click()
    tom.get_by_role("dialog").get_by_role("button", name="Reopen case").click()
    expect(tom.get_by_role("dialog")).to_contain_text("Someone changed this case")
    assert tom.url.endswith("/return/")
    case.refresh_from_db()
    releases.cancel_schedule(case=case, by=administrator, source="web", reason="Not yet")
    tom.clock.run_for(61_000)
    expect(tom.locator("#live")).to_contain_text("This page is out of date.")
    tom.get_by_role("button", name="Cancel").click()
    tom.locator("#live").get_by_role("link", name="Reload").click()
    expect(tom.locator("#case-head")).to_contain_text("On hold")


def test_later_news_takes_the_place_of_earlier_news(sign_in, member, technician):
    case = CaseFactory(member=member, assigned_to=technician)
    mia = sign_in(member)
    mia.clock.install()
    mia.goto(f"/cases/{case.pk}/")
    messages.send(case=case, by=technician, source="web", text="Which form?", asks=True)
    mia.clock.run_for(61_000)
    expect(mia.locator("#live")).to_contain_text("This page is out of date.")
    releases.complete(case=case, by=technician, source="web", release_on=None)
    mia.clock.run_for(61_000)
    expect(mia.locator("#live")).to_contain_text("Your case is ready.")


def test_otto_stands_in_for_tom_and_hears_what_tom_would(sign_in, member, technician, other_technician, administrator):
    case = CaseFactory(member=member, assigned_to=technician, title="Pension")
    today = portals_today()
    week = {"first_day": today, "last_day": today + dt.timedelta(days=6)}
    set_absence(technician=technician, deputy=other_technician, by=administrator, **week)
    messages.send(case=case, by=member, source="web", text="Did you get my letter?")
    otto = sign_in(other_technician, viewport=PHONE)
    otto.locator("#bell").click()
    otto.locator(".notice .row-link", has_text="The member asked a question.").click()
    otto.get_by_label("Message to the member").fill("Yes, last Monday.")
    otto.get_by_label("Wait for a reply").uncheck()
    otto.get_by_role("button", name="Send message").click()
    expect(otto.locator(".message").last).to_contain_text("Yes, last Monday.")
    expect(otto.locator("#case-head")).not_to_contain_text("Message to answer")
    assert_accessible(otto)

    tom = sign_in(technician)
    expect(tom.get_by_text("otto covers for you.")).to_be_visible()
    tom.goto("/notifications/")
    expect(tom.locator(".notice")).to_contain_text("The member asked a question.")


def test_ada_keeps_texts_and_corrects_an_address_that_bounces(sign_in, member, administrator, settings):
    settings.BOUNCE_DOMAIN = "bounces.example"
    queue(kind="password_reset", person=member)
    outbox.deliver()
    receive_message(report(mail.outbox[-1].from_email, words="550 no such mailbox"), by="a test")
    ada = sign_in(administrator, at="/portal-settings/")
    ada.get_by_role("link", name="Canned texts").click()
    ada.get_by_role("link", name="New canned text").click()
    ada.get_by_label("Name").fill("Thank you")
    ada.get_by_label("Text").fill("Thank you, that is all.")
    ada.get_by_role("button", name="Add canned text").click()
    expect(ada.get_by_text("Canned text added.")).to_be_visible()
    case = CaseFactory(member=member, assigned_to=administrator)

    ada.goto(f"/cases/{case.pk}/")
    ada.get_by_label("Canned text").select_option(label="Thank you")
    ada.get_by_role("button", name="Insert").click()
    expect(ada.get_by_label("Message to the member")).to_have_value("Thank you, that is all.")
    expect(ada.get_by_text("550 no such mailbox")).to_be_visible()
    ada.get_by_role("button", name="Send message").click()
    expect(ada.locator(".message")).to_contain_text("Thank you, that is all.")
    ada.get_by_role("link", name="Correct the address").click()
    ada.get_by_label("Email address").fill("mia@example.org")
    ada.get_by_role("button", name="Save").click()
    expect(ada.get_by_text("Changes saved.")).to_be_visible()
    assert_accessible(ada)
    ada.get_by_role("button", name="Resend to mia@example.org").click()
    expect(ada.get_by_text("Bounced", exact=True)).to_have_count(0)
    outbox.deliver()
    assert mail.outbox[-1].to == ["mia@example.org"]
