"""After a response, the focus is on the error or on what has changed, and the title says if there is an error."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_case_page import day, write_note
from tests.factories import CaseDocumentFactory, CaseFactory, CaseNoteFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("a_week_at_least"),
]
ERROR = re.compile(r"^Error: ")


@pytest.fixture
def scheduled(member, technician):
    return CaseFactory(member=member, assigned_to=technician, scheduled=True, title="Pension")


@pytest.mark.parametrize("by_keyboard", [True, False], ids=["keyboard", "mouse"])
def test_a_refused_date_has_the_focus_and_an_accepted_one_its_panel(by_keyboard, sign_in, technician, scheduled):
    page = sign_in(technician, at=f"/cases/{scheduled.pk}/")

    def save(days):
        page.get_by_label("Release date").fill(day(days)[0])
        if by_keyboard:
            page.keyboard.press("Enter")
        else:
            page.get_by_role("button", name="Update release date").click()

    page.get_by_role("link", name="Change release date").click()
    save(1)
    expect(page.get_by_label("Release date")).to_be_focused()
    expect(page.locator("#reschedule_date_error")).to_be_visible()
    expect(page).to_have_title(ERROR)
    save(20)
    expect(page.locator("#release-panel")).to_be_focused()
    expect(page).to_have_title("Pension · Advisor Portal")


def test_a_missing_reason_has_the_focus_whatever_had_it_before(sign_in, administrator, scheduled):
    page = sign_in(administrator, at=f"/cases/{scheduled.pk}/")
    page.get_by_role("link", name="Change release date").click()
    page.get_by_label("Release date").fill(day(9)[0])
    page.keyboard.press("Enter")
    expect(page.locator("#reschedule_reason")).to_be_focused()
    expect(page).to_have_title(ERROR)


def test_a_saved_note_has_the_focus_and_a_refused_one_its_field(sign_in, technician, scheduled):
    page = sign_in(technician, at=f"/cases/{scheduled.pk}/")
    write_note(page, " ")
    expect(page.get_by_label("New note")).to_be_focused()
    expect(page).to_have_title(ERROR)
    write_note(page, "She called.")
    expect(page.locator(".note").last).to_be_focused()
    expect(page).to_have_title("Pension · Advisor Portal")


def test_older_notes_have_the_focus(sign_in, technician, scheduled):
    CaseNoteFactory.create_batch(60, case=scheduled)
    page = sign_in(technician, at=f"/cases/{scheduled.pk}/")
    page.get_by_role("link", name="Older notes").click()
    expect(page.locator(".note")).to_have_count(10)
    expect(page.locator("#note-list")).to_be_focused()


def test_a_refused_completion_has_its_focus_in_the_field(sign_in, technician, member):
    case = CaseFactory(member=member, assigned_to=technician)
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    page.get_by_role("button", name="Mark as Completed").click()
    page.get_by_label("Schedule Release").check()
    page.locator("#complete_date").evaluate("field => { field.removeAttribute('min'); field.value = '2020-01-01'; }")
    page.get_by_role("button", name="Schedule for").click()
    expect(page.locator("#complete_date_error")).to_be_visible()
    expect(page.locator("#complete_date")).to_be_focused()
    expect(page).to_have_title(ERROR)


def test_a_hand_over_without_a_colleague_is_asked_for_one(sign_in, technician, other_technician, scheduled):
    page = sign_in(technician, at=f"/cases/{scheduled.pk}/")
    page.get_by_role("button", name="Hand over to a colleague").click()
    page.get_by_role("button", name="Hand over", exact=True).click()
    expect(page.locator("#dialog-hand_over select")).to_be_focused()
    expect(page).to_have_title(ERROR)


def test_a_whole_page_with_an_error_has_its_focus_there(sign_in, member):
    page = sign_in(member, at="/cases/new/")
    expect(page).to_have_title("New case · Advisor Portal")
    page.get_by_label("Description").fill("A long story")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_label("Title")).to_be_focused()
    expect(page).to_have_title("Error: New case · Advisor Portal")


def test_what_was_refused_as_a_whole_has_the_focus_on_the_sentence(sign_in, member):
    """The draft was submitted in another tab."""
    draft = CaseFactory(member=member, draft=True)
    page = sign_in(member, at=f"/cases/{draft.pk}/edit/")
    type(draft).objects.update(status="submitted")
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator("main > .alert-danger").first).to_be_focused()
    expect(page).to_have_title(ERROR)


def test_a_refused_move_in_the_calendar(sign_in, technician, scheduled):
    page = sign_in(technician, at="/calendar/?view=day&date=" + scheduled.scheduled_release_date.isoformat())
    title = page.title()
    page.get_by_role("link", name="Move Pension").click()
    page.get_by_label("Release date").fill("2020-01-01")
    page.locator("#move-dialog button").click()
    expect(page.get_by_label("Release date")).to_be_focused()
    expect(page).to_have_title(ERROR)
    page.get_by_role("link", name="Cancel").click()
    expect(page).to_have_title(title)


def test_a_removed_document_leaves_the_focus_at_the_documents(sign_in, technician, member):
    document = CaseDocumentFactory(case=CaseFactory(member=member, assigned_to=technician))
    page = sign_in(technician, at=f"/cases/{document.case_id}/")
    page.get_by_role("button", name=f"Remove {document.name}").click()
    expect(page.get_by_role("dialog")).to_contain_text(document.name)
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No documents yet.")).to_be_visible()
    expect(page.locator("#documents")).to_be_focused()


def test_a_refused_sign_in_says_so_in_its_title(open_page, db):
    page = open_page()
    page.goto("/accounts/login/")
    page.get_by_label("Username or email").fill("nobody")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").first).to_be_focused()
    expect(page).to_have_title("Error: Sign in · Advisor Portal")
