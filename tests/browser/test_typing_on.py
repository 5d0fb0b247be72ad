"""What Tom types while another form on the page is being sent: the response doesn't remove any of it."""

import pytest
from playwright.sync_api import expect

from cases.conversation import canned_texts
from cases.models import Case
from tests.browser.conftest import wait_until
from tests.factories import CaseFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_database("is about the page: the verbs and views have their tests"),
]


@pytest.fixture
def page(sign_in, member, technician, administrator):
    canned_texts.add(by=administrator, source="web", name="Thanks", text="Thank you.")
    case = CaseFactory(member=member, assigned_to=technician, title="Pension")
    return sign_in(technician, at=f"/cases/{case.pk}/")


def hold(page, path):
    """Have the next request to `path` wait. Return a function that lets it continue."""
    held = []
    page.route(f"**/{path}/", lambda route: held.append(route), times=1)

    def go_on():
        wait_until(page, lambda: held)
        held[0].continue_()

    return go_on


def press_and_type_on(page, button, field, text, path="messages"):
    """Press the button, keep typing at the end of the field while it is sent, and let the response arrive."""
    go_on = hold(page, path)
    with page.expect_request(f"**/{path}/"):
        page.get_by_role("button", name=button).click()
    page.get_by_label(field).press("ControlOrMeta+End")
    page.keyboard.type(text)
    go_on()


def test_what_is_typed_after_a_message_was_sent_is_the_next_one(page):
    message = page.get_by_label("Message to the member")
    message.fill("Hello.")
    press_and_type_on(page, "Send message", "Message to the member", " And one more")
    expect(page.locator(".message")).to_have_count(1)
    expect(message).to_have_value("And one more")
    page.wait_for_timeout(100)
    expect(message).to_be_focused()
    page.keyboard.type(" thing.")
    page.get_by_role("button", name="Send message").click()
    expect(page.locator(".message").last).to_contain_text("And one more thing.")
    expect(message).to_have_value("")
    expect(page.locator(".message").last).to_be_focused()


def test_what_is_typed_after_a_text_was_inserted_follows_it(page):
    page.get_by_label("Canned text").select_option(label="Thanks")
    page.get_by_label("Message to the member").fill("Hello.")
    press_and_type_on(page, "Insert", "Message to the member", " You")
    expect(page.get_by_label("Message to the member")).to_have_value("Hello.\n\nThank you. You")


def test_what_is_typed_after_a_message_that_is_refused_stays(page, other_technician):
    page.get_by_label("Message to the member").fill("Hello.")
    Case.objects.update(assigned_to=other_technician)
    press_and_type_on(page, "Send message", "Message to the member", " And more")
    expect(page.get_by_label("Your text wasn't saved")).to_have_value("Hello. And more")


def test_what_is_typed_into_another_form_meanwhile_stays_and_keeps_the_focus(page):
    page.get_by_label("Message to the member").fill("Hello.")
    press_and_type_on(page, "Send message", "New note", "She call")
    expect(page.locator(".message")).to_have_count(1)
    page.wait_for_timeout(100)
    expect(page.get_by_label("New note")).to_be_focused()
    page.keyboard.type("ed.")
    expect(page.get_by_label("New note")).to_have_value("She called.")


def test_a_reason_in_a_dialog_stays_while_the_date_is_saved(sign_in, member, technician):
    case = CaseFactory(scheduled=True, member=member, assigned_to=technician)
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    page.get_by_role("link", name="Change release date").click()
    go_on = hold(page, "reschedule")
    with page.expect_request("**/reschedule/"):
        page.get_by_role("button", name="Update release date").click()
    page.get_by_role("button", name="Reopen case").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").press_sequentially("She")
    with page.expect_response("**/reschedule/"):
        go_on()
    page.wait_for_timeout(100)
    expect(dialog.get_by_label("Reason")).to_be_focused()
    page.keyboard.type(" asked.")
    expect(dialog.get_by_label("Reason")).to_have_value("She asked.")


IS_HELD = """(button) => new Promise((resolve) => {
    button.click();
    setTimeout(() => resolve(document.getElementById("message-text").readOnly), 200);
})"""


def test_nothing_is_typed_into_a_page_that_is_about_to_go(sign_in, member, technician):
    """Members send their messages with the whole page."""
    case = CaseFactory(member=member, assigned_to=technician)
    page = sign_in(member, at=f"/cases/{case.pk}/")
    message = page.get_by_label("Your message")
    message.fill("Hello.")
    go_on = hold(page, "messages")
    assert page.get_by_role("button", name="Send message").evaluate(IS_HELD)
    go_on()
    expect(page.locator(".message")).to_contain_text("Hello.")
    expect(message).to_be_editable()
