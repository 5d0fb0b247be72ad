"""Documents as Mia and Tom attach them: chosen, dropped, by keyboard, on a phone, and without JavaScript."""

import base64
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from cases.models import CaseDocument
from tests.browser.conftest import assert_accessible, in_two_looks, leave_for_a_slow_page, wait_until
from tests.factories import CaseDocumentFactory, CaseFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LETTER = {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%%EOF"}
NOTES = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"What I know"}
# One white pixel.
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mP4DwABAQEAHLCMmQAAAABJRU5ErkJggg==")
PAGE = {"name": "page.pdf", "mimeType": "application/pdf", "buffer": b"<html>"}


@pytest.fixture
def draft(member):
    return CaseFactory(member=member, draft=True, title="Pension")


def names():
    return set(CaseDocument.objects.values_list("name", flat=True))


def test_files_are_chosen_and_one_is_refused_and_one_removed(sign_in, member, draft):
    page = sign_in(member, at=f"/cases/{draft.pk}/")
    expect(page.get_by_text("No documents yet.")).to_be_visible()
    expect(page.get_by_text("You can also drop files here.")).to_be_visible()

    page.get_by_label("Attach a document").set_input_files([LETTER, PAGE, NOTES])
    expect(page.locator("#document-list").get_by_role("link")).to_have_text(["letter.pdf", "Download", "notes.txt"])
    refusal = "page.pdf: The content of this file doesn't match its file type “.pdf”."
    expect(page.locator(".upload")).to_have_text(refusal)
    expect(page.locator("[data-attach]").get_by_role("status")).to_have_text("Attached: notes.txt")
    assert names() == {"letter.pdf", "notes.txt"}
    assert_accessible(page)

    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "letter.pdf"
    page.get_by_role("button", name="Remove letter.pdf").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Remove this document?")
    expect(dialog).to_contain_text("letter.pdf")
    assert names() == {"letter.pdf", "notes.txt"}
    dialog.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("“letter.pdf” removed.")).to_be_visible()
    assert page.url.endswith("#documents")
    assert names() == {"notes.txt"}


def test_a_file_is_dropped_and_its_progress_is_shown(sign_in, technician):
    case = CaseFactory(assigned_to=technician)
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    page.evaluate(
        """() => {
            window.seen = [];
            new MutationObserver(() => {
                const bar = document.querySelector(".upload progress");
                if (bar) window.seen.push(bar.value);
            }).observe(document.querySelector("[data-attach]"), { subtree: true, childList: true, attributes: true });
            const transfer = new DataTransfer();
            transfer.items.add(new File(["%PDF-1.7 ", "x".repeat(3000000)], "result.pdf"));
            const drop = document.querySelector("[data-attach]");
            drop.dispatchEvent(new DragEvent("dragover", { dataTransfer: transfer, bubbles: true, cancelable: true }));
            drop.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
        }"""
    )
    expect(page.locator("#document-list").get_by_role("link", name="result.pdf", exact=True)).to_be_visible()
    assert page.evaluate("Math.max(...window.seen)") == 1
    assert CaseDocument.objects.get().kind == "report"


def test_what_is_too_large_is_not_even_sent(sign_in, member, draft, settings):
    settings.DOCUMENT_MAX_MB = 1
    page = sign_in(member, at=f"/cases/{draft.pk}/")
    asked = []
    page.on("request", lambda request: asked.append(request.method))
    page.get_by_label("Attach a document").set_input_files([LETTER | {"buffer": b"%PDF".ljust(2**20 + 1)}])
    expect(page.locator(".upload")).to_contain_text("This file is too large.")
    assert "POST" not in asked


def test_a_case_that_was_submitted_meanwhile_says_so(sign_in, member, draft):
    page = sign_in(member, at=f"/cases/{draft.pk}/")
    draft.status = "submitted"
    draft.save()
    page.get_by_label("Attach a document").set_input_files([LETTER])
    expect(page.locator(".upload")).to_contain_text("You already submitted this case.")


def test_what_was_typed_survives_a_file_that_came_after_the_session_had_ended(sign_in, technician):
    case = CaseFactory(assigned_to=technician)
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    page.get_by_label("New note").fill("Half a thought")
    page.context.clear_cookies()
    page.get_by_label("Attach a report").set_input_files([LETTER])
    expect(page.locator(".upload-refused")).to_contain_text("Upload failed because your session has ended.")
    expect(page.locator("[data-said]").first).not_to_contain_text("Attached")
    expect(page.get_by_label("New note")).to_have_value("Half a thought")
    assert not case.documents.exists()


def test_a_file_that_came_after_the_session_had_ended_leads_to_the_sign_in_page(sign_in, technician):
    case = CaseFactory(assigned_to=technician)
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    page.context.clear_cookies()
    page.get_by_label("Attach a report").set_input_files([LETTER])
    page.wait_for_url("**/accounts/login/**")


@contextmanager
def held_back(page):
    """Hold back requests that attach a document until the block ends."""
    held = []
    page.route("**/documents/", lambda route: held.append(route))
    yield
    wait_until(page, lambda: held)
    page.wait_for_timeout(200)
    for route in held:
        route.continue_()


def release_while_uploading(page):
    """Attach a report, and press the button of the dialog that releases the case. Return the dialog."""
    dialog = page.get_by_role("dialog")
    page.get_by_label("Attach a report").set_input_files([LETTER])
    page.get_by_role("button", name="Mark as Completed").click()
    dialog.get_by_role("button", name="Release now").click()
    return dialog


@pytest.mark.parametrize("at", ["", "edit/"], ids=["case", "form"])
def test_a_case_is_submitted_with_the_file_that_is_on_its_way(at, sign_in, member, draft):
    page = sign_in(member, at=f"/cases/{draft.pk}/{at}")
    with held_back(page):
        page.get_by_label("Attach a document").set_input_files([LETTER])
        page.get_by_role("button", name="Submit case").click()
        expect(page.get_by_role("button", name="Uploading")).to_be_visible()
    expect(page.get_by_role("heading", name="What happens next")).to_be_visible()
    assert names() == {"letter.pdf"}


def test_a_case_is_completed_with_the_report_that_is_on_its_way(sign_in, technician):
    case = CaseFactory(assigned_to=technician)
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    with held_back(page):
        dialog = release_while_uploading(page)
        expect(dialog.get_by_role("button", name="Uploading")).to_be_visible()
    expect(page.get_by_text("Case released.")).to_be_visible()
    assert names() == {"letter.pdf"}


@pytest.mark.parametrize("is_pressed_again", [False, True], ids=["closed", "pressed again"])
def test_nothing_is_released_after_its_dialog_was_closed(is_pressed_again, sign_in, technician):
    case = CaseFactory(assigned_to=technician)
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    with held_back(page):
        dialog = release_while_uploading(page)
        dialog.get_by_role("button", name="Cancel").click()
        page.get_by_role("button", name="Mark as Completed").click()
        expect(dialog.get_by_role("button", name="Release now")).to_be_visible()
        if is_pressed_again:
            dialog.get_by_role("button", name="Release now").click()
    expect(page.locator("#document-list").get_by_role("link", name="letter.pdf", exact=True)).to_be_visible()
    if is_pressed_again:
        expect(page.get_by_text("Case released.")).to_be_visible()
    page.wait_for_timeout(300)
    case.refresh_from_db()
    assert (case.status == "completed") == is_pressed_again


def test_nothing_is_released_after_its_page_was_left(sign_in, technician):
    case = CaseFactory(assigned_to=technician)
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    with page.expect_response("**/documents/"), held_back(page):
        release_while_uploading(page)
        leave_for_a_slow_page(page)
    page.wait_for_timeout(1000)
    case.refresh_from_db()
    assert (names(), case.status) == ({"letter.pdf"}, "accepted")


def test_a_choice_made_while_its_report_is_on_its_way_waits_for_the_button(sign_in, technician):
    case = CaseFactory(assigned_to=technician)
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    with held_back(page):
        dialog = release_while_uploading(page)
        dialog.get_by_label("Schedule Release").check()
    expect(dialog.get_by_text("You changed something after pressing the button.")).to_be_focused()
    expect(dialog.get_by_role("button", name="Schedule")).to_be_visible()
    case.refresh_from_db()
    assert case.status != "completed"


def test_who_types_on_while_a_file_is_on_its_way_loses_no_letter(sign_in, member, draft):
    page = sign_in(member, at=f"/cases/{draft.pk}/edit/")
    title = page.get_by_label("Title")
    with held_back(page):
        page.get_by_label("Attach a document").set_input_files([LETTER])
        page.get_by_role("button", name="Submit case").click()
        title.fill("Pens")
    expect(page.get_by_text("You changed something after pressing the button.")).to_be_visible()
    page.keyboard.type("ion")
    expect(title).to_have_value("Pension")
    assert names() == {"letter.pdf"}


def test_the_dialog_no_longer_warns_once_the_report_has_arrived(sign_in, technician):
    page = sign_in(technician, at=f"/cases/{CaseFactory(assigned_to=technician).pk}/")
    warning = page.get_by_role("dialog").locator(".preflight-warning", has_text="report")
    with held_back(page):
        page.get_by_label("Attach a report").set_input_files([LETTER])
        page.get_by_role("button", name="Mark as Completed").click()
        expect(warning).to_be_visible()
    expect(warning).to_have_count(0)


def test_nothing_is_submitted_when_its_file_is_refused(sign_in, member, draft):
    page = sign_in(member, at=f"/cases/{draft.pk}/edit/")
    with held_back(page):
        page.get_by_label("Attach a document").set_input_files([PAGE])
        page.get_by_role("button", name="Submit case").click()
    expect(page.locator(".upload")).to_contain_text("doesn't match")
    expect(page.locator(".upload")).to_be_focused()
    expect(page.get_by_role("button", name="Submit case")).to_be_visible()
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_a_case_whose_report_was_refused_can_be_scheduled_instead(sign_in, technician):
    page = sign_in(technician, at=f"/cases/{CaseFactory(assigned_to=technician).pk}/")
    dialog = page.get_by_role("dialog")
    with held_back(page):
        page.get_by_label("Attach a report").set_input_files([PAGE])
        page.get_by_role("button", name="Mark as Completed").click()
        dialog.get_by_role("button", name="Release now").click()
    expect(page.locator(".upload")).to_be_focused()
    page.get_by_role("button", name="Mark as Completed").click()
    dialog.get_by_label("Schedule Release").check()
    expect(dialog.get_by_label("Release date")).to_be_enabled()


def test_to_leave_while_a_file_is_on_its_way_is_asked_about(sign_in, member, draft):
    page = sign_in(member, at=f"/cases/{draft.pk}/")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    with held_back(page):
        page.get_by_label("Attach a document").set_input_files([LETTER])
        page.get_by_role("link", name="My cases").first.click()
        wait_until(page, lambda: asked)
    expect(page.locator("#document-list").get_by_role("link", name="letter.pdf", exact=True)).to_be_visible()
    assert asked == ["beforeunload"]


def test_a_document_of_the_form_is_removed_without_leaving_the_form(sign_in, member, draft):
    page = sign_in(member, at=f"/cases/{draft.pk}/edit/")
    page.get_by_label("Attach a document").set_input_files([LETTER])
    page.get_by_role("button", name="Remove letter.pdf").click()
    page.get_by_role("dialog", name="Remove this document?").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("“letter.pdf” removed.")).to_be_visible()
    assert page.url.endswith(f"/cases/{draft.pk}/edit/#documents")


def test_it_works_without_javascript(chromium, live_server, client, member, draft):
    client.force_login(member)
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"/cases/{draft.pk}/")
    page.get_by_label("Attach a document").set_input_files(PAGE)
    page.get_by_role("button", name="Attach", exact=True).click()
    expect(page.get_by_text("The content of this file doesn't match its file type")).to_be_visible()
    page.get_by_label("Attach a document").set_input_files(LETTER)
    page.get_by_role("button", name="Attach", exact=True).click()
    expect(page.get_by_text("“letter.pdf” attached.")).to_be_visible()
    context.close()


@in_two_looks
def test_axe_finds_nothing(sign_in, technician, dark, viewport):
    case = CaseFactory(assigned_to=technician, title="Pension")
    CaseDocumentFactory(case=case, submission=True, name="a-rather-long-name-without-a-space-" * 3 + ".pdf")
    CaseDocumentFactory(case=case, name="result.pdf")
    page = sign_in(technician, dark=dark, viewport=viewport, at=f"/cases/{case.pk}/")
    page.get_by_label("Attach a report").set_input_files(PAGE)
    expect(page.locator(".upload .field-error")).to_be_visible()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_small_picture_keeps_its_size(sign_in, member):
    case = CaseFactory(member=member, released=True)
    pixel = CaseDocumentFactory(case=case, name="pixel.png", content_type="image/png", file__data=PIXEL)
    page = sign_in(member, at=f"/cases/{case.pk}/documents/{pixel.pk}/view/")
    picture = page.get_by_role("img", name="pixel.png")
    assert picture.evaluate("image => [image.naturalWidth, image.width, image.height]") == [1, 1, 1]
