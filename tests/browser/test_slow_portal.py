"""A form is sent to a slow portal: what someone does while the page asks whether the portal answers."""

import datetime as dt

import pytest
from playwright.sync_api import expect

from cases.models import Case, User
from tests.browser.conftest import PHONE, assert_accessible, leave_for_a_slow_page, wait_until
from tests.browser.test_documents import LETTER
from tests.clocks import portals_today
from tests.factories import CaseFactory, UserFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_database("is about the page: the verbs and views have their tests"),
]
CHANGED = "You changed something after pressing the button. Nothing was sent. Check it and try again."
OLD_BROWSERS = {
    "no AbortSignal.timeout": "delete AbortSignal.timeout",
    "no requestSubmit": "delete HTMLFormElement.prototype.requestSubmit",
}


class Slow:
    """A portal that holds the page's questions until it answers, and counts what is sent to it."""

    def __init__(self, tab):
        self.tab, self.held, self.posts, self.is_slow = tab, [], [], True
        tab.route("**/forms*.js", self.hold)
        tab.on("request", lambda request: self.posts.append(request) if request.method == "POST" else None)

    def hold(self, route):
        if self.is_slow and route.request.method == "HEAD":
            self.held.append(route)
        else:
            route.continue_()

    def press_until_asked(self, button):
        """Press the button, and return once the page has asked."""
        number = len(self.held)
        button.click()
        wait_until(self.tab, lambda: len(self.held) > number)

    def answer(self):
        self.is_slow = False
        for route in self.held:
            route.continue_()
        self.tab.wait_for_timeout(300)


@pytest.fixture
def case(member, technician):
    return CaseFactory(member=member, assigned_to=technician, title="Pension")


@pytest.fixture
def tab(tab_for, technician, other_technician, case):
    UserFactory(username="tina", role=User.Role.TECHNICIAN)
    tab = tab_for(technician)
    tab.goto(f"/cases/{case.pk}/")
    return tab


def hand_over(tab):
    """Fill in the dialog that hands the case over, and return it."""
    tab.get_by_role("button", name="Hand over to a colleague").click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_label("Technician").select_option("otto")
    dialog.get_by_label("Reason").fill("I am away.")
    return dialog


CHANGES_MIND = {
    "Cancel": lambda tab: tab.get_by_role("dialog").get_by_role("button", name="Cancel").click(),
    "Escape": lambda tab: tab.keyboard.press("Escape"),
    "a link": leave_for_a_slow_page,
    "another page": lambda tab: tab.evaluate("dispatchEvent(new Event('pagehide'))"),
    "another part": lambda tab: tab.locator("#case-dialogs").evaluate("part => part.replaceWith(part.cloneNode(true))"),
}


@pytest.mark.parametrize("way", CHANGES_MIND)
def test_nothing_is_sent_after_someone_changed_their_mind(way, tab, case, technician):
    dialog = hand_over(tab)
    slow = Slow(tab)
    slow.press_until_asked(dialog.get_by_role("button", name="Hand over"))
    CHANGES_MIND[way](tab)
    slow.answer()
    assert slow.posts == []
    case.refresh_from_db()
    assert case.assigned_to == technician


@pytest.mark.parametrize("is_pressed", [False, True], ids=["read", "pressed"])
def test_a_dialog_that_is_opened_again_is_sent_by_its_button_only(is_pressed, tab):
    dialog = hand_over(tab)
    slow = Slow(tab)
    slow.press_until_asked(dialog.get_by_role("button", name="Hand over"))
    dialog.get_by_role("button", name="Cancel").click()
    tab.get_by_role("button", name="Hand over to a colleague").click()
    if is_pressed:
        dialog.get_by_label("Reason").fill("I am ill.")
        slow.press_until_asked(dialog.get_by_role("button", name="Hand over"))
    slow.answer()
    if not is_pressed:
        assert slow.posts == []
        dialog.get_by_role("button", name="Hand over").click()
    expect(tab.get_by_text("Handed over to otto.")).to_be_visible()
    assert len(slow.posts) == 1


def test_a_form_that_was_changed_in_the_meantime_waits_for_its_button(tab):
    dialog = hand_over(tab)
    slow = Slow(tab)
    slow.press_until_asked(dialog.get_by_role("button", name="Hand over"))
    dialog.get_by_label("Technician").select_option("tina")
    slow.answer()
    expect(dialog.get_by_text(CHANGED)).to_be_focused()
    assert slow.posts == []
    assert_accessible(tab)
    dialog.get_by_role("button", name="Hand over").click()
    expect(tab.get_by_text("Handed over to tina.")).to_be_visible()


def test_a_new_token_is_no_change(tab):
    """Someone signs in again in another tab, and sends something there."""
    dialog = hand_over(tab)
    slow = Slow(tab)
    slow.press_until_asked(dialog.get_by_role("button", name="Hand over"))
    tab.evaluate("for (const field of document.getElementsByName('csrfmiddlewaretoken')) field.value = 'new'")
    slow.answer()
    expect(tab.get_by_text("Handed over to otto.")).to_be_visible()


def test_a_script_that_comes_after_the_button_was_pressed_is_no_change(tab_for, member):
    """It takes the field for a file out of the form."""
    tab = tab_for(member)
    slow = Slow(tab)
    late = []
    tab.route("**/documents*.js", lambda route: late.append(route))
    tab.goto("/cases/new/", wait_until="commit")
    wait_until(tab, lambda: late)
    tab.get_by_label("Title").fill("Pension")
    slow.press_until_asked(tab.get_by_role("button", name="Save draft"))
    late[0].continue_()
    tab.wait_for_load_state("domcontentloaded")
    slow.answer()
    expect(tab.get_by_text("Draft saved.")).to_be_visible()


def test_only_the_first_button_counts(tab_for, member):
    tab = tab_for(member)
    tab.goto("/cases/new/")
    slow = Slow(tab)
    tab.get_by_label("Title").fill("Pension")
    tab.get_by_label("Description").fill("When may I retire?")
    submit, save = (tab.get_by_role("button", name=name) for name in ("Submit case", "Save draft"))
    slow.press_until_asked(submit)
    for button in (submit, save):
        button.evaluate("button => { button.click(); button.form.requestSubmit(button); }")
    slow.answer()
    expect(tab.get_by_text("Your case has been submitted.")).to_be_visible()
    assert (len(slow.held), len(slow.posts)) == (1, 1)
    assert Case.objects.get().status == "submitted"


def submit_during_a_save(tab):
    """Press the button of a draft while a save waits for its response. Return that save."""
    tab.goto("/cases/new/")
    tab.get_by_label("Title").fill("Pension")
    expect(tab.locator("#draft-said")).to_have_text("Draft saved")
    saves = []
    tab.route("**/edit/", lambda route: saves.append(route), times=1)
    with tab.expect_request("**/edit/"):
        tab.get_by_label("Description").fill("When may I retire?")
    tab.get_by_role("button", name="Submit case").click()
    return saves[0]


@pytest.fixture
def submitted_during_a_save(tab_for, member):
    """A draft whose button was pressed while a save waits for its response, and that save."""
    tab = tab_for(member)
    return tab, submit_during_a_save(tab)


def test_no_draft_is_submitted_after_its_page_was_left_during_a_save(submitted_during_a_save):
    tab, save = submitted_during_a_save
    leave_for_a_slow_page(tab)
    with tab.expect_response("**/edit/"):
        save.continue_()
    tab.wait_for_timeout(600)
    case = Case.objects.get()
    assert (case.status, case.description) == ("draft", "When may I retire?")


def test_no_draft_is_submitted_half_written(submitted_during_a_save):
    tab, save = submitted_during_a_save
    expect(tab.get_by_label("Description")).not_to_be_editable()
    tab.get_by_label("Urgency").select_option("urgent")
    save.continue_()
    expect(tab.get_by_text(CHANGED)).to_be_focused()
    expect(tab.get_by_label("Description")).to_be_editable()
    expect(tab.locator("#draft-said")).to_have_text("Draft saved")
    case = Case.objects.get()
    assert (case.status, case.urgency) == ("draft", "urgent")
    tab.get_by_role("button", name="Submit case").click()
    expect(tab.get_by_text("Your case has been submitted.")).to_be_visible()


@pytest.mark.parametrize("where", ["page", "dialog"])
def test_the_focus_moves_to_why_nothing_was_sent(where, tab, tab_for, member):
    """The button had it, and is disabled while the page asks. What it says may be far from the button."""
    if where == "page":
        tab = tab_for(member)
        tab.goto("/cases/new/")
        tab.set_viewport_size({**PHONE, "height": 400})
        tab.get_by_label("Title").fill("Pension")
        button = tab.get_by_role("button", name="Submit case")
    else:
        button = hand_over(tab).get_by_role("button", name="Hand over")
    tab.route("**/*", lambda route: route.abort())
    button.focus()
    tab.keyboard.press("Enter")
    words = tab.get_by_text("We couldn't reach the portal. Nothing was sent.")
    expect(words).to_be_focused()
    expect(words).to_be_in_viewport()


@pytest.mark.parametrize("lacks", OLD_BROWSERS)
def test_a_browser_that_cannot_ask_sends_right_away(lacks, tab):
    tab.add_init_script(OLD_BROWSERS[lacks])
    tab.reload()
    hand_over(tab).get_by_role("button", name="Hand over").click()
    expect(tab.get_by_text("Handed over to otto.")).to_be_visible()


@pytest.mark.parametrize("lacks", OLD_BROWSERS)
def test_an_old_browser_saves_and_sends_a_draft(lacks, tab_for, member):
    tab = tab_for(member)
    tab.add_init_script(OLD_BROWSERS[lacks])
    save = submit_during_a_save(tab)
    tab.wait_for_timeout(100)
    save.continue_()
    expect(tab.get_by_text("Your case has been submitted.")).to_be_visible()


@pytest.mark.parametrize("lacks", OLD_BROWSERS)
def test_an_old_browser_completes_a_case_with_the_report_that_is_on_its_way(lacks, tab, case):
    tab.add_init_script(OLD_BROWSERS[lacks])
    tab.reload()
    files = []
    tab.route("**/documents/", lambda route: files.append(route))
    with tab.expect_request("**/documents/"):
        tab.get_by_label("Attach a report").set_input_files([LETTER])
    tab.get_by_role("button", name="Mark as Completed").click()
    tab.get_by_role("dialog").get_by_role("button", name="Release now").click()
    expect(tab.get_by_role("dialog").get_by_role("button", name="Uploading")).to_be_visible()
    files[0].continue_()
    expect(tab.get_by_text("Case released.")).to_be_visible()
    assert case.documents.count() == 1


@pytest.mark.parametrize("lacks", OLD_BROWSERS)
def test_an_old_browser_completes_a_case_with_the_last_words(lacks, tab):
    tab.add_init_script(OLD_BROWSERS[lacks])
    tab.reload()
    tab.locator("#answer-text").fill("Yes.")
    tab.get_by_role("button", name="Mark as Completed").click()
    tab.get_by_role("dialog").get_by_role("button", name="Release now").click()
    expect(tab.get_by_text("Case released.")).to_be_visible()


@pytest.mark.parametrize("lacks", OLD_BROWSERS)
def test_an_old_browser_moves_a_case_in_the_calendar(lacks, tab, technician):
    date = portals_today() + dt.timedelta(days=35)
    CaseFactory(scheduled=True, assigned_to=technician, title="Will", scheduled_release_date=date)
    tab.add_init_script(OLD_BROWSERS[lacks])
    tab.goto(f"/calendar/?view=week&date={date}")
    tab.get_by_role("link", name="Move Will").click()
    tab.get_by_label("New release date").fill((date + dt.timedelta(days=1)).isoformat())
    tab.get_by_role("dialog").get_by_role("button", name="Move").click()
    expect(tab.get_by_role("status")).to_contain_text("Moved to")
