"""The answer as Tom writes it and Mia reads it: saved while he types, and nothing that he types is lost."""

import pytest
from playwright.sync_api import expect

from cases.models import CaseAnswer
from tests.browser.conftest import assert_accessible, in_two_looks, leave_for_a_slow_page, leaves, take_session
from tests.browser.test_case_page import REPORT
from tests.factories import CaseAnswerFactory, CaseDocumentFactory, CaseFactory
from tests.pages import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


SAVING = "**/answer/"
OTHER_PAGE = "<!doctype html><html><title>Set up two-factor authentication</title></html>"


def type_into(page, text):
    page.get_by_role("textbox", name="Answer", exact=True).press_sequentially(text)


def expect_saved(page, text):
    expect(page.locator("#answer-said")).to_have_text("Saved")
    assert CaseAnswer.objects.get().text == text


def test_tom_writes_an_answer_and_mia_reads_it(sign_in, member, technician):
    case = CaseFactory(member=member, assigned_to=technician, title="Pension")
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    answer = page.get_by_role("textbox", name="Answer", exact=True)

    # It is saved automatically while he keeps typing.
    type_into(page, "Dear Mia,")
    expect_saved(page, "Dear Mia,")
    type_into(page, " **yes**.")
    expect(page.locator("#answer-said")).to_have_text("Not saved yet")
    expect_saved(page, "Dear Mia, **yes**.")
    expect(answer).to_be_focused()

    # He previews it as she will see it, and attaches the report. There is no question, because everything is saved.
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#answer-preview strong")).to_have_text("yes")
    page.get_by_label("Attach a report").set_input_files([REPORT])
    expect(page.locator("#document-list").get_by_role("link", name="granted.pdf")).to_be_visible()

    # What she will get, now and after the release.
    page.get_by_role("link", name="View as").click()
    expect(page.get_by_text("granted.pdf")).to_have_count(0)
    page.get_by_role("link", name="After the release").click()
    expect(page.get_by_role("heading", name="Your answer")).to_be_visible()
    page.get_by_role("link", name="Back to case").click()

    # The button that completes the case also sends the last word he typed.
    type_into(page, " ")
    answer.press("ControlOrMeta+End")
    type_into(page, "Tom")
    page.get_by_role("button", name="Mark as Completed").click()
    expect(page.locator("#answer-said")).to_have_text("Saved")
    expect(page.get_by_role("dialog")).to_contain_text("Answer written")
    page.get_by_role("dialog").locator("[type=submit]").click()
    expect(page.locator("#answer")).to_contain_text("Locked since")
    expect(page.get_by_role("textbox", name="Answer", exact=True)).to_have_count(0)

    page = sign_in(member)
    page.get_by_role("link", name="Pension").click()
    first = page.locator("main h2").first
    expect(first).to_have_text("Your answer")
    with page.expect_download() as download:
        page.get_by_role("link", name="granted.pdf").click()
    assert download.value.suggested_filename == "granted.pdf"


def test_nothing_that_was_typed_is_lost(sign_in, technician, administrator):
    case = CaseFactory(assigned_to=technician)
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    answer = page.get_by_role("textbox", name="Answer", exact=True)
    type_into(page, "Mine")
    expect_saved(page, "Mine")

    # Ada has changed it. Tom sees her version, keeps typing, and replaces it.
    CaseAnswer.objects.update(text="Ada's", version=7, updated_by=administrator)
    type_into(page, " too")
    expect(page.locator("#answer-said")).to_contain_text("Someone changed this answer")
    page.get_by_text("Show the saved answer").click()
    expect(page.locator("#answer-said")).to_contain_text("Ada's")
    answer.focus()
    answer.press("ControlOrMeta+End")
    type_into(page, ", Ada")
    page.wait_for_timeout(1500)
    assert CaseAnswer.objects.get().text == "Ada's", "nothing is replaced by itself"
    page.get_by_role("button", name="Replace it with my text").click()
    expect_saved(page, "Mine too, Ada")

    # Signed out in another tab.
    page.context.clear_cookies()
    answer.focus()
    answer.press("ControlOrMeta+End")
    type_into(page, ".")
    expect(page.locator("#answer-said")).to_contain_text("Your session has ended")
    expect(answer).to_be_focused()
    expect(answer).to_have_value("Mine too, Ada.")


@pytest.mark.parametrize(
    ("status", "body"),
    [(403, ""), (409, ""), (429, ""), (500, OTHER_PAGE), (503, ""), (200, OTHER_PAGE), (None, "")],
    ids=["forbidden", "conflict", "too many", "fault", "unavailable", "another page", "no connection"],
)
def test_what_was_not_saved_is_asked_about_and_sent_with_the_completion(status, body, tab_for, technician):
    case = CaseFactory(assigned_to=technician)
    CaseAnswerFactory(case=case, text="Dear Mia", updated_by=technician)
    tab = tab_for(technician)
    tab.goto(f"/cases/{case.pk}/")

    def refuse(route):
        if status is None:
            route.abort()
        else:
            route.fulfill(status=status, content_type="text/html", body=body)

    tab.route(SAVING, refuse)
    tab.locator("#answer-text").press("ControlOrMeta+End")
    type_into(tab, ", yes.")
    expect(tab.locator("#answer-said")).to_contain_text("Couldn't save.")
    assert not leaves(tab, lambda: tab.get_by_role("link", name="Dashboard").click(no_wait_after=True))
    assert CaseAnswer.objects.get().text == "Dear Mia"

    tab.unroute(SAVING)
    tab.get_by_role("button", name="Mark as Completed").click()
    expect_saved(tab, "Dear Mia, yes.")
    tab.get_by_role("dialog").locator("[type=submit]").click()
    expect(tab.locator("#answer")).to_contain_text("Locked since")
    assert CaseAnswer.objects.get().text == "Dear Mia, yes."


@pytest.mark.parametrize("is_saved", [True, False], ids=["saved", "not saved"])
def test_a_completion_waits_until_the_last_words_are_saved(is_saved, tab_for, technician):
    case = CaseFactory(assigned_to=technician)
    CaseAnswerFactory(case=case, text="Dear Mia", updated_by=technician)
    tab = tab_for(technician)
    tab.goto(f"/cases/{case.pk}/")
    held = []

    def answer(route):
        if is_saved:
            route.continue_()
        else:
            route.fulfill(status=503, body="")

    tab.route(SAVING, lambda route: answer(route) if held else held.append(route))
    tab.locator("#answer-text").press("ControlOrMeta+End")
    with tab.expect_request(SAVING):
        type_into(tab, ", yes.")
    tab.get_by_role("button", name="Mark as Completed").click()
    confirm = tab.get_by_role("dialog").locator("[type=submit]")
    assert leaves(tab, lambda: confirm.click(no_wait_after=True))
    expect(confirm).to_be_disabled()
    answer(held[0])
    if is_saved:
        expect(tab.locator("#answer")).to_contain_text("Locked since")
    else:
        expect(tab.get_by_role("dialog")).to_be_hidden()
        expect(tab.locator("#answer-text")).to_be_focused()
        expect(tab.locator("#answer-said")).to_contain_text("we'll try again")
    case.refresh_from_db()
    assert (case.status == "completed") == is_saved
    assert CaseAnswer.objects.get().text == ("Dear Mia, yes." if is_saved else "Dear Mia")


def release_during_a_save(tab, case):
    """Press the button that completes and releases the case while a save waits for its response. Return that save."""
    tab.goto(f"/cases/{case.pk}/")
    held = []
    tab.route(SAVING, lambda route: route.continue_() if held else held.append(route))
    with tab.expect_request(SAVING):
        type_into(tab, "Yes.")
    tab.get_by_role("button", name="Mark as Completed").click()
    tab.get_by_role("dialog").get_by_role("button", name="Release now").click()
    return held[0]


def test_who_leaves_while_the_last_words_are_saved_completes_nothing(tab_for, technician):
    case = CaseFactory(assigned_to=technician)
    tab = tab_for(technician)
    save = release_during_a_save(tab, case)
    leave_for_a_slow_page(tab)
    with tab.expect_response(SAVING):
        save.continue_()
    tab.wait_for_timeout(1000)
    case.refresh_from_db()
    assert (CaseAnswer.objects.get().text, case.status) == ("Yes.", "accepted")


@pytest.mark.parametrize("way", ["closed", "changed"])
def test_who_changes_their_mind_while_the_last_words_are_saved_completes_nothing(way, tab_for, technician):
    case = CaseFactory(assigned_to=technician)
    tab = tab_for(technician)
    save = release_during_a_save(tab, case)
    dialog = tab.get_by_role("dialog")
    if way == "closed":
        dialog.get_by_role("button", name="Cancel").click()
        tab.get_by_role("button", name="Mark as Completed").click()
        expect(dialog.get_by_role("button", name="Release now")).to_be_enabled()
    else:
        dialog.get_by_label("Schedule Release").check()
    save.continue_()
    expect_saved(tab, "Yes.")
    if way == "changed":
        expect(dialog.get_by_text("You changed something after pressing the button.")).to_be_focused()
    tab.wait_for_timeout(300)
    case.refresh_from_db()
    assert case.status != "completed"
    dialog.get_by_role("button", name="Schedule" if way == "changed" else "Release now").click()
    expect(tab.locator("#answer")).to_contain_text("Locked since")


def test_the_answer_is_saved_while_preview_has_the_focus(sign_in, technician):
    page = sign_in(technician, at=f"/cases/{CaseFactory(assigned_to=technician).pk}/")
    type_into(page, "Dear Mia")
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Preview")).to_be_focused()
    expect_saved(page, "Dear Mia")


def test_who_types_on_before_a_preview_is_settled_keeps_the_focus(sign_in, technician):
    page = sign_in(technician, at=f"/cases/{CaseFactory(assigned_to=technician).pk}/")
    page.evaluate("""() => {
        const once = { once: true };
        document.addEventListener("htmx:afterSwap", () => document.getElementById("answer-text").focus(), once);
        window.settled = new Promise((done) => {
            document.addEventListener("htmx:afterSettle", () => setTimeout(done), once);
        });
    }""")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#answer-preview section")).to_be_visible()
    page.evaluate("() => window.settled")
    expect(page.locator("#answer-text")).to_be_focused()


def test_the_answer_is_saved_after_a_preview_that_took_no_focus(sign_in, technician):
    """Safari doesn't focus a button that is clicked."""
    page = sign_in(technician, at=f"/cases/{CaseFactory(assigned_to=technician).pk}/")
    preview = page.locator("#answer-preview section")
    page.get_by_role("button", name="Preview").dispatch_event("click")
    expect(preview).to_be_focused()
    type_into(page, "Dear Mia")
    expect_saved(page, "Dear Mia")

    # The completion doesn't preview the last words either.
    page.get_by_role("button", name="Preview").dispatch_event("click")
    expect(preview).to_contain_text("Dear Mia")
    expect(preview).to_be_focused()
    page.locator("#answer-text").press("ControlOrMeta+End")
    type_into(page, ", yes.")
    page.get_by_role("button", name="Mark as Completed").dispatch_event("click")
    expect(page.get_by_role("dialog")).to_contain_text("Answer written")
    expect_saved(page, "Dear Mia, yes.")


def test_a_conflict_stays_until_it_is_settled(sign_in, technician, administrator):
    case = CaseFactory(assigned_to=technician)
    CaseAnswerFactory(case=case, text="Ada's", version=7, updated_by=administrator)
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    CaseAnswer.objects.update(text="Ada's own", version=8)
    held = []
    page.route(SAVING, lambda route: route.continue_() if held else held.append(route))
    page.locator("#answer-text").press("ControlOrMeta+End")
    with page.expect_request(SAVING):
        type_into(page, " and mine")

    # He keeps typing while his text is being sent.
    type_into(page, ", too")
    held[0].continue_()
    expect(page.locator("#answer-said")).to_contain_text("Someone changed this answer")
    page.wait_for_timeout(1500)
    expect(page.locator("#answer-said")).to_contain_text("Someone changed this answer")
    assert CaseAnswer.objects.get().text == "Ada's own"
    assert not leaves(page, lambda: page.get_by_role("link", name="Dashboard").click(no_wait_after=True))
    page.get_by_role("button", name="Replace it with my text").click()
    expect_saved(page, "Ada's and mine, too")


def test_without_scripts_the_same_form_saves_and_previews(chromium, live_server, technician):
    case = CaseFactory(assigned_to=technician)
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    take_session(context, signed_in(technician), live_server.url)
    page = context.new_page()
    page.goto(f"/cases/{case.pk}/")
    page.locator("#answer-text").fill("**Yes**")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#answer-preview strong")).to_have_text("Yes")
    expect(page.locator("#answer-text")).to_have_value("**Yes**")
    page.get_by_role("button", name="Save answer").click()
    expect(page.get_by_text("Answer saved.")).to_be_visible()
    assert CaseAnswer.objects.get().text == "**Yes**"
    context.close()


@in_two_looks
def test_the_pages_of_an_answer_are_accessible(viewport, dark, sign_in, member, technician):
    case = CaseFactory(member=member, assigned_to=technician, released=True)
    CaseAnswerFactory(case=case, text="# Yes\n\n- one\n\n> quoted\n\n[link](https://example.org)\n\n`x`\n\n    code")
    CaseDocumentFactory(case=case)
    page = sign_in(member, viewport=viewport, dark=dark, at=f"/cases/{case.pk}/")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
