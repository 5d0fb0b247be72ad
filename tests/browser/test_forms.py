"""Forms in a browser: sent once, kept when the session ends, and not left by accident. With and without scripts."""

import pytest
from playwright.sync_api import expect

from cases.conversation import canned_texts
from cases.models import Case, CaseNote, UnsentForm
from tests.browser.conftest import assert_accessible, leaves, wait_until
from tests.factories import CaseFactory
from tests.pages import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SLOW = "**/cases/new/"
# Resolves to whether the button is disabled after it is first pressed.
PRESS_THREE_TIMES = """button => new Promise((resolve) => {
    button.click();
    button.form.requestSubmit();
    setTimeout(() => {
        const isDisabled = button.disabled;
        button.click();
        button.form.requestSubmit();
        setTimeout(resolve, 200, isDisabled);
    }, 200);
})"""


def end_session(tab):
    """The person signed out elsewhere. The browser keeps the CSRF cookie, as it does when a session expires."""
    tab.context.clear_cookies(name="sessionid")


def sign_in(tab, user):
    tab.get_by_label("Username or email").fill(user.username)
    tab.get_by_label("Password", exact=True).fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()


scripts = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])


def test_three_clicks_make_one_draft_and_the_button_says_that_it_works(tab_for, member):
    tab = tab_for(member)
    tab.goto("/cases/new/")
    tab.get_by_label("Title").fill("Pension")
    held = []
    tab.route(SLOW, lambda route: held.append(route) if route.request.method == "POST" else route.continue_())
    assert tab.get_by_role("button", name="Save draft").evaluate(PRESS_THREE_TIMES)
    wait_until(tab, lambda: held)
    assert len(held) == 1
    held[0].continue_()
    expect(tab.get_by_text("Draft saved.")).to_be_visible()
    assert Case.objects.count() == 1


def test_a_message_on_its_way_takes_no_other_button(tab_for, technician, administrator, member):
    canned_texts.add(by=administrator, source="web", name="Form SF-180", text="Please send form SF-180.")
    tab = tab_for(technician)
    tab.goto(f"/cases/{CaseFactory(member=member, assigned_to=technician).pk}/")
    tab.get_by_label("Message to the member").fill("Good morning")
    held = []
    tab.route("**/messages/", lambda route: held.append(route))
    with tab.expect_request("**/messages/"):
        tab.get_by_role("button", name="Send message").click()
    expect(tab.get_by_role("button", name="Send message")).to_be_disabled()
    expect(tab.get_by_role("button", name="Insert")).to_be_disabled()
    held[0].continue_()
    expect(tab.locator(".message-text", has_text="Good morning")).to_be_visible()


@scripts
def test_the_same_form_sent_from_two_tabs_makes_one_draft(scripts, tab_for, member):
    """A page that is restored or resubmitted by a reload has the same form."""
    tab = tab_for(member, scripts=scripts)
    tab.goto("/cases/new/")
    tab.get_by_label("Title").fill("Pension")
    sent = []
    tab.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    tab.get_by_role("button", name="Save draft").click()
    expect(tab.get_by_role("heading", name="Pension")).to_be_visible()
    address = tab.url
    again = tab.request.post(
        sent[0].url,
        data=sent[0].post_data_buffer,
        headers={"Content-Type": sent[0].headers["content-type"]},
        max_redirects=0,
    )
    assert again.status == 302
    assert address.endswith(again.headers["location"])
    assert Case.objects.count() == 1


@scripts
def test_a_draft_that_was_written_when_the_session_ended(scripts, tab_for, member):
    tab = tab_for(member, scripts=scripts)
    tab.goto("/cases/new/")
    tab.get_by_label("Title").fill("Pension")
    tab.get_by_label("Description").fill("One line.\nAnother.")
    tab.get_by_label("Urgency").select_option("urgent")
    end_session(tab)
    tab.get_by_role("button", name="Save draft").click()

    expect(tab.get_by_role("heading", name="Your session has ended")).to_be_visible()
    expect(tab.get_by_label("Description")).to_have_value("One line.\nAnother.")
    if scripts:
        assert_accessible(tab)
    tab.get_by_role("main").get_by_role("link", name="Sign in").last.click()
    sign_in(tab, member)
    expect(tab.get_by_label("Title")).to_have_value("Pension")
    if scripts:
        assert_accessible(tab)
    tab.get_by_role("button", name="Send").click()

    expect(tab.get_by_role("heading", name="Pension")).to_be_visible()
    draft = Case.objects.get()
    assert (draft.title, draft.urgency) == ("Pension", "urgent")
    assert draft.description.replace("\r\n", "\n") == "One line.\nAnother."
    assert tab.url.endswith(f"/cases/{draft.pk}/")
    assert not UnsentForm.objects.exists()


@scripts
def test_a_draft_that_is_edited_when_the_session_ended(scripts, tab_for, member):
    draft = CaseFactory(member=member, draft=True, title="Pension")
    tab = tab_for(member, scripts=scripts)
    tab.goto(f"/cases/{draft.pk}/edit/")
    tab.get_by_label("Title").fill("Pension of 2026")
    end_session(tab)
    tab.get_by_role("button", name="Save draft").click()
    tab.get_by_role("main").get_by_role("link", name="Sign in").last.click()
    sign_in(tab, member)
    tab.get_by_role("button", name="Send").click()
    expect(tab.get_by_role("heading", name="Pension of 2026")).to_be_visible()
    draft.refresh_from_db()
    assert draft.title == "Pension of 2026"


@scripts
def test_a_dialog_that_was_open_when_the_session_ended(scripts, tab_for, technician, other_technician, member):
    other_technician.set_password(PASSWORD)
    other_technician.save()
    case = CaseFactory(member=member, assigned_to=technician, title="Pension")
    tab = tab_for(technician, scripts=scripts)
    tab.goto(f"/cases/{case.pk}/")
    if scripts:
        tab.get_by_role("button", name="Hand over to a colleague").click()
    tab.locator("#dialog-hand_over select").select_option("otto")
    tab.locator("#hand_over_reason").fill("I am away.")
    end_session(tab)
    tab.get_by_role("button", name="Hand over", exact=True).click()
    expect(tab.get_by_role("heading", name="Your session has ended")).to_be_visible()
    tab.get_by_role("main").get_by_role("link", name="Sign in").last.click()
    sign_in(tab, technician)
    expect(tab.get_by_label("Reason")).to_have_value("I am away.")
    tab.get_by_role("button", name="Send").click()
    expect(tab.get_by_role("heading", name="Pension")).to_be_visible()
    assert tab.url.endswith(f"/cases/{case.pk}/")
    case.refresh_from_db()
    assert case.assigned_to == other_technician


@scripts
def test_a_button_without_words_leads_back_to_the_case(scripts, tab_for, technician, member):
    case = CaseFactory(member=member, submitted=True, title="Pension")
    tab = tab_for(technician, scripts=scripts)
    tab.goto(f"/cases/{case.pk}/")
    end_session(tab)
    tab.get_by_role("button", name="Accept case").click()
    expect(tab.get_by_text("Your session has ended. Nothing was changed.")).to_be_visible()
    sign_in(tab, technician)
    expect(tab.get_by_role("heading", name="Pension")).to_be_visible()
    assert tab.url.endswith(f"/cases/{case.pk}/")


@pytest.mark.parametrize("is_cleared", [True, False], ids=["all-cookies", "session-only"])
def test_a_note_stays_in_the_page_and_is_saved_after_signing_in_in_another_tab(is_cleared, tab_for, technician, member):
    case = CaseFactory(member=member, assigned_to=technician)
    tab = tab_for(technician)
    tab.goto(f"/cases/{case.pk}/")
    tab.get_by_label("New note").fill("A long thought")
    if is_cleared:
        tab.context.clear_cookies()
    else:
        end_session(tab)
    tab.get_by_role("button", name="Add note").click()

    trouble = tab.locator("#case-trouble")
    expect(trouble).to_contain_text("Your session has ended")
    expect(trouble).to_be_focused()
    expect(tab.get_by_label("New note")).to_have_value("A long thought")
    assert_accessible(tab)
    with tab.context.expect_page() as opened:
        trouble.get_by_role("link", name="Sign in").click()
    sign_in(opened.value, technician)
    expect(opened.value.locator("#notes")).to_be_visible()
    assert opened.value.url.endswith(f"/cases/{case.pk}/")
    opened.value.close()

    tab.get_by_role("button", name="Add note").click()
    expect(tab.locator(".note")).to_contain_text("A long thought")
    expect(trouble).to_be_hidden()
    assert CaseNote.objects.get().author == technician


def test_a_note_is_not_saved_for_somebody_else_who_signs_in(tab_for, technician, other_technician, member):
    case = CaseFactory(member=member, assigned_to=technician)
    tab = tab_for(technician)
    tab.goto(f"/cases/{case.pk}/")
    tab.get_by_label("New note").fill("Tom's thought")
    tab.context.clear_cookies()
    other_technician.set_password(PASSWORD)
    other_technician.save()
    other = tab.context.new_page()
    other.goto("/")
    sign_in(other, other_technician)
    expect(other.get_by_role("heading", name="Your work")).to_be_visible()
    tab.get_by_role("button", name="Add note").click()
    expect(tab.locator("#case-trouble")).to_contain_text("Someone else signed in")
    assert not CaseNote.objects.exists()


def test_a_page_of_a_former_session_is_sent_again_without_scripts(tab_for, technician, member):
    case = CaseFactory(member=member, assigned_to=technician)
    tab = tab_for(technician, scripts=False)
    tab.goto(f"/cases/{case.pk}/")
    tab.get_by_label("New note").fill("A long thought")
    tab.context.clear_cookies()
    other = tab.context.new_page()
    other.goto("/")
    sign_in(other, technician)
    expect(other.get_by_role("heading", name="Your work")).to_be_visible()
    tab.get_by_role("button", name="Add note").click()
    expect(tab.get_by_role("heading", name="This page was out of date")).to_be_visible()
    expect(tab.get_by_label("Note")).to_have_value("A long thought")
    tab.get_by_role("button", name="Send").click()
    expect(tab.locator(".note")).to_contain_text("A long thought")


def test_one_is_asked_before_one_leaves_what_is_not_saved(tab_for, technician, member):
    case = CaseFactory(member=member, assigned_to=technician)
    tab = tab_for(technician)
    tab.goto(f"/cases/{case.pk}/")
    tab.get_by_label("New note").fill("Half a sent")
    assert not leaves(tab, lambda: tab.get_by_role("link", name="Dashboard").click(no_wait_after=True))
    expect(tab.get_by_label("New note")).to_have_value("Half a sent")
    # Text in a closed dialog causes no question, and neither does text that has been saved.
    tab.get_by_role("button", name="Hand over to a colleague").click()
    tab.locator("#hand_over_reason").fill("No")
    tab.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    tab.get_by_role("button", name="Add note").click()
    expect(tab.locator(".note")).to_contain_text("Half a sent")
    assert leaves(tab, lambda: tab.get_by_role("link", name="Dashboard").click())
    expect(tab.get_by_role("heading", name="Your work")).to_be_visible()


def test_one_is_asked_after_a_refusal_too_and_not_for_a_search(tab_for, member):
    tab = tab_for(member)
    tab.goto("/cases/new/")
    assert leaves(tab, lambda: tab.get_by_role("link", name="My cases").first.click())
    expect(tab.get_by_role("heading", name="My cases", level=1)).to_be_visible()
    tab.get_by_label("Search", exact=True).fill("pension")
    assert leaves(tab, lambda: tab.goto("/cases/new/"))
    tab.get_by_label("Description").fill("A long story")
    tab.get_by_role("button", name="Save draft").click()
    expect(tab.get_by_text("Enter a title.")).to_be_visible()
    assert not leaves(tab, lambda: tab.get_by_role("link", name="Dashboard").click(no_wait_after=True))
    tab.get_by_label("Title").fill("Pension")
    assert leaves(tab, lambda: tab.get_by_role("button", name="Save draft").click())
    expect(tab.get_by_role("heading", name="Pension")).to_be_visible()


def test_one_is_asked_before_one_leaves_a_number_that_is_not_saved(tab_for, administrator):
    tab = tab_for(administrator)
    tab.goto("/case-types/new/")
    tab.get_by_label("Default days").fill("21")
    assert not leaves(tab, lambda: tab.get_by_role("link", name="Dashboard").click(no_wait_after=True))
    expect(tab.get_by_label("Default days")).to_have_value("21")


def test_what_is_sent_without_a_connection_stays_in_its_form(tab_for, technician, other_technician, member):
    """The browser's page of an error takes the place of a form, and the way back does not lead to it."""
    case = CaseFactory(member=member, assigned_to=technician)
    tab = tab_for(technician)
    tab.goto(f"/cases/{case.pk}/")
    tab.get_by_role("button", name="Hand over to a colleague").click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_label("Technician").select_option("otto")
    dialog.get_by_label("Reason").fill("I am away.")
    tab.context.set_offline(True)
    for _press in range(2):
        dialog.get_by_role("button", name="Hand over").click()
        expect(dialog.get_by_text("You're offline. Nothing was sent.")).to_have_count(1)
    expect(dialog.get_by_label("Reason")).to_have_value("I am away.")
    tab.context.set_offline(False)
    dialog.get_by_role("button", name="Hand over").click()
    expect(tab.get_by_text("Handed over to otto.")).to_be_visible()


@pytest.mark.parametrize("status", [None, 502], ids=["no answer", "a proxy's"])
@pytest.mark.parametrize("where", ["page", "dialog"])
def test_what_is_sent_to_a_portal_that_is_down_stays_in_its_form(where, status, tab_for, administrator, member):
    """The browser is online, and only the portal does not answer, or a proxy in its place."""
    case = CaseFactory(member=member, scheduled=True)
    tab = tab_for(administrator)
    page, opener, label, button, said = {
        "page": ("/canned-texts/new/", "", "Text", "Add canned text", "Canned text added."),
        "dialog": (f"/cases/{case.pk}/", "Put on hold", "Reason", "Put on hold", "Case put on hold."),
    }[where]
    tab.goto(page)
    if opener:
        tab.get_by_role("button", name=opener).click()
    form = tab.get_by_role("dialog") if opener else tab.get_by_role("main")
    if where == "page":
        form.get_by_label("Name").fill("Form SF-180")
    form.get_by_label(label).fill("Typed with care.")
    tab.route("**/*", lambda route: route.fulfill(status=status, body="") if status else route.abort())
    for _press in range(2):
        form.get_by_role("button", name=button).click()
        expect(form.get_by_text("We couldn't reach the portal. Nothing was sent.")).to_have_count(1)
    expect(form.get_by_label(label)).to_have_value("Typed with care.")
    assert_accessible(tab)
    tab.unroute_all()
    form.get_by_role("button", name=button).click()
    expect(tab.get_by_text(said)).to_be_visible()


def test_a_browser_without_a_network_reaches_a_portal_on_its_own_machine(tab_for, technician, other_technician, member):
    """It says that it is offline, as it does on a plane: that is no reason to send nothing."""
    case = CaseFactory(member=member, assigned_to=technician)
    tab = tab_for(technician)
    tab.add_init_script("Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false })")
    tab.goto(f"/cases/{case.pk}/")
    tab.get_by_role("button", name="Hand over to a colleague").click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_label("Technician").select_option("otto")
    dialog.get_by_role("button", name="Hand over").click()
    expect(tab.get_by_text("Handed over to otto.")).to_be_visible()


def test_a_draft_is_sent_by_a_browser_without_a_network(tab_for, member):
    tab = tab_for(member)
    tab.add_init_script("Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false })")
    tab.goto("/cases/new/")
    tab.get_by_label("Title").fill("Pension")
    tab.get_by_label("Description").fill("All of it.")
    tab.get_by_role("button", name="Submit").click()
    expect(tab.get_by_text("Your case has been submitted.")).to_be_visible()


def test_a_draft_saves_itself_after_a_button_was_pressed_without_a_connection(tab_for, member):
    tab = tab_for(member)
    tab.goto("/cases/new/")
    tab.context.set_offline(True)
    tab.get_by_label("Title").fill("Pension")
    tab.get_by_role("button", name="Save draft").click()
    expect(tab.get_by_text("You're offline. Nothing was sent.")).to_be_visible()
    tab.context.set_offline(False)
    tab.wait_for_url("**/edit/")
    assert Case.objects.get().title == "Pension"
