"""The page of a case as two technicians use it, from acceptance to reopening a case that was completed too soon."""

import datetime as dt
from itertools import pairwise

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cases.models import Case, CaseEvent, CaseNote
from tests.browser.conftest import assert_accessible, in_two_looks
from tests.factories import CaseDocumentFactory, CaseFactory, CaseNoteFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("a_week_at_least"),
]

REPORT = {"name": "granted.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%%EOF"}


def day(days):
    """Return the date that many days from today on the portal's clock: for a date field, as a page shows it, and in
    short."""
    date = timezone.localdate() + dt.timedelta(days=days)
    year = f"{date.day}, {date.year}"
    return date.isoformat(), f"{date:%B} {year}", f"{date:%b} {year}"


def write_note(page, text):
    page.get_by_label("New note").fill(text)
    page.get_by_role("button", name="Add note").click()


def test_tom_begins_a_case_and_otto_ends_it(sign_in, member, technician, other_technician):
    case = CaseFactory(member=member, submitted=True, title="Pension")
    page = sign_in(technician)

    # Tom accepts it, notes what he knows, and uploads the report.
    page.goto(f"/cases/{case.pk}/")
    page.get_by_role("button", name="Accept case").click()
    expect(page.locator("#case-head .state")).to_have_text("In progress")
    write_note(page, "She prefers letters.")
    expect(page.locator(".note")).to_contain_text("She prefers letters.")
    expect(page.get_by_label("New note")).to_have_value("")
    page.get_by_label("Attach a report").set_input_files([REPORT])
    expect(page.locator("#document-list").get_by_role("link", name="granted.pdf")).to_be_visible()

    # He goes on vacation, and the case is Otto's.
    page.get_by_role("button", name="Hand over to a colleague").click()
    page.get_by_label("Technician").select_option("otto")
    page.get_by_label("Reason").fill("I am away.")
    page.get_by_role("button", name="Hand over", exact=True).click()
    expect(page.get_by_text("Handed over to otto.")).to_be_visible()
    expect(page.get_by_role("button", name="Mark as Completed")).to_have_count(0)

    # Otto finds it among his cases, reads the note, and completes it for next week.
    page = sign_in(other_technician)
    page.get_by_role("link", name="Pension").click()
    expect(page.locator(".note")).to_contain_text("She prefers letters.")
    page.get_by_role("button", name="Mark as Completed").click()
    page.get_by_label("Schedule Release").check()
    page.get_by_label("Release date").fill(day(8)[0])
    page.get_by_role("button", name="Schedule for").click()
    expect(page.locator("#release-panel")).to_contain_text(day(8)[1])
    expect(page.locator("#release-panel")).to_contain_text("The date is 8 days away")

    # In the preview as Mia, he sees nothing of it yet, and reads when he would.
    page.get_by_role("link", name="View as member").click()
    expect(page.get_by_role("heading", name="The member can't see this case right now")).to_be_visible()
    expect(page.get_by_text(f"The member will see it on {day(8)[1]}")).to_be_visible()
    page.get_by_role("link", name="Back to case").click()

    # He changes the date where it is shown. The note he has started stays.
    page.get_by_label("New note").fill("Half a sent")
    page.get_by_role("link", name="Change release date").click()
    date = page.get_by_label("Release date")
    date.fill(day(1)[0])
    page.get_by_role("button", name="Update release date").click()
    expect(page.locator("#reschedule_date_error")).to_contain_text("The earliest date is")
    expect(date).to_have_value(day(1)[0])
    date.fill(day(20)[0])
    page.get_by_role("button", name="Update release date").click()
    expect(page.locator("#release-panel")).to_contain_text(day(20)[1])
    expect(page.locator("#release-panel")).to_contain_text("The date is 20 days away")
    expect(page.locator("#case-history")).to_contain_text("Release moved from")
    expect(page.get_by_label("New note")).to_have_value("Half a sent")

    # Then he sees that something is missing, and reopens it.
    page.get_by_role("button", name="Reopen case").click()
    page.get_by_label("Reason").locator("visible=true").fill("One figure")
    page.get_by_role("dialog").get_by_role("button", name="Reopen case").click()
    expect(page.get_by_text("Case reopened.")).to_be_visible()

    case = Case.objects.get()
    assert (case.status, case.assigned_to, case.scheduled_release_date) == ("accepted", other_technician, None)
    told = list(CaseEvent.objects.order_by("pk").values_list("kind", "actor__username"))
    assert told == [
        ("accepted", "tom"),
        ("document_attached", "tom"),
        ("handed_over", "tom"),
        ("completed", "otto"),
        ("rescheduled", "otto"),
        ("returned", "otto"),
    ]


def test_what_was_typed_stays_when_it_cannot_be_saved(sign_in, client, technician):
    case = CaseFactory(assigned_to=technician)
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    write_note(page, "   ")
    expect(page.locator("#note-text-error")).to_have_text("Enter a note.")

    # Signed out in another tab.
    page.context.clear_cookies()
    write_note(page, "A long thought")
    expect(page.locator("#case-trouble")).to_be_visible()
    expect(page.get_by_label("New note")).to_have_value("A long thought")
    assert not CaseNote.objects.exists()


def test_older_notes_come_without_the_loss_of_a_new_one(sign_in, technician):
    case = CaseFactory(assigned_to=technician)
    for number in range(60):
        CaseNoteFactory(case=case, text=f"Note {number}.")
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    page.get_by_label("New note").fill("Half a sent")
    page.get_by_role("link", name="Older notes").click()
    expect(page.locator(".note")).to_have_count(10)
    expect(page.locator(".note").first).to_contain_text("Note 0.")
    page.get_by_role("link", name="Latest notes").click()
    expect(page.locator(".note").last).to_contain_text("Note 59.")
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("link", name="Older notes").click()
    expect(page.locator("#case-trouble")).to_contain_text("Couldn't load this.")
    expect(page.get_by_label("New note")).to_have_value("Half a sent")


def test_it_works_without_javascript(chromium, live_server, client, technician):
    case = CaseFactory(assigned_to=technician, scheduled=True)
    client.force_login(technician)
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"/cases/{case.pk}/")
    write_note(page, "She called.")
    expect(page.locator(".note")).to_contain_text("She called.")
    page.locator("summary", has_text="Change release date").click()
    page.get_by_label("Release date").fill(day(1)[0])
    page.get_by_role("button", name="Update release date").click()
    expect(page.locator("#reschedule_date_error")).to_be_visible()
    page.get_by_label("Release date").fill(day(30)[0])
    page.get_by_role("button", name="Update release date").click()
    expect(page.locator("#release-panel")).to_contain_text(day(30)[1])
    context.close()


@in_two_looks
def test_axe_finds_nothing(dark, viewport, sign_in, member, technician, administrator, settings):
    settings.RELEASE_MEMBER_VIEW = "announced"
    cases = [
        CaseFactory(member=member, assigned_to=technician, **{trait: True})
        for trait in ("scheduled", "held", "released")
    ]
    for case in cases:
        CaseNoteFactory(case=case, text="a-rather-long-word-" * 12)
        CaseDocumentFactory(case=case)
    options = {"dark": dark, "viewport": viewport}
    page = sign_in(administrator, **options)
    for case in cases:
        page.goto(f"/cases/{case.pk}/")
        if not case.is_released:
            page.get_by_role("link", name="release date").click()
            page.get_by_role("button", name="Update release date").click()
            expect(page.locator("#reschedule_reason_error")).to_be_visible()
        write_note(page, " ")
        expect(page.locator("#note-text-error")).to_be_visible()
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        if not case.is_released:
            page.get_by_role("button", name="Hand over to a colleague").click()
            expect(page.get_by_role("dialog")).to_be_visible()
            assert_accessible(page)
        page.goto(f"/cases/{case.pk}/as-member/")
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    settings.RELEASE_MEMBER_VIEW = "hidden"
    page.goto(f"/cases/{cases[0].pk}/as-member/")
    assert_accessible(page)
    page = sign_in(member, **options, at=f"/cases/{cases[2].pk}/")
    assert_accessible(page)


def test_of_a_date_that_is_changed_twice_only_the_last_change_can_be_undone(sign_in, member, technician):
    """The other offers are for a case as it was: the portal refuses them."""
    case = CaseFactory(member=member, assigned_to=technician, scheduled=True)
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    for days in (20, 21, 22):
        page.get_by_text("Change release date").locator("visible=true").first.click()
        page.locator("#reschedule input[type=date]").fill(day(days)[0])
        page.get_by_role("button", name="Update release date").click()
        expect(page.locator("#release-panel .release-date")).to_contain_text(day(days)[1])
    undo = page.locator(".toasts").get_by_role("button", name="Undo")
    expect(undo).to_have_count(1)
    expect(page.locator(".toasts > .alert")).to_have_count(1)
    undo.click()
    expect(page.locator("#release-panel .release-date")).to_contain_text(day(21)[1])


@pytest.mark.parametrize("scripts", [True, False])
def test_a_reason_stays_where_the_case_went_back_to_work_meanwhile(scripts, tab_for, member, technician):
    case = CaseFactory(member=member, assigned_to=technician, scheduled=True)
    tab = tab_for(technician, scripts=scripts)
    tab.goto(f"/cases/{case.pk}/")
    tab.get_by_text("Change release date").locator("visible=true").first.click()
    tab.locator("#reschedule input[type=date]").fill(day(20)[0])
    tab.locator("#reschedule textarea").fill("She asked for more time.")
    Case.objects.update(status="accepted", scheduled_release_date=None, date_completed=None, version=7)
    questions = []
    tab.on("dialog", lambda dialog: (questions.append(dialog.type), dialog.accept()))
    tab.get_by_role("button", name="Update release date").click()
    expect(tab.get_by_text("It isn't completed yet.").locator("visible=true").first).to_be_visible()
    kept = tab.locator("textarea").filter(visible=True)
    assert "She asked for more time." in [field.input_value() for field in kept.all()]
    assert not questions


def test_parts_that_have_nothing_to_show_leave_no_gaps(sign_in, member, technician):
    case = CaseFactory(member=member, submitted=True)
    page = sign_in(technician, at=f"/cases/{case.pk}/")

    def gaps(column):
        boxes = [card.bounding_box() for card in page.locator(f"{column} .card").all() if card.is_visible()]
        return boxes[0]["y"], {round(lower["y"] - upper["y"] - upper["height"]) for upper, lower in pairwise(boxes)}

    (top, main), (side_top, side) = gaps(".case-main"), gaps(".side")
    assert top == side_top
    assert main == side == {24}


def test_a_text_field_grows_with_its_text(sign_in, member, technician):
    case = CaseFactory(member=member, assigned_to=technician)
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    note = page.get_by_label("New note")
    height = note.bounding_box()["height"]
    assert round(height) == 3 * 24 + 12, "as its rows say"
    note.fill("A line.\n" * 10)
    assert note.bounding_box()["height"] > 2 * height
    note.fill("A line.\n" * 200)
    assert note.bounding_box()["height"] < 900


def test_the_number_is_copied(sign_in, member, technician):
    case = CaseFactory(member=member, assigned_to=technician)
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy case number").click()
    expect(page.locator("#toasts")).to_contain_text(f"{case.external_case_id} copied")
    assert page.evaluate("navigator.clipboard.readText()") == case.external_case_id
    # Where that isn't allowed, the number is ready to be copied by hand.
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
    page.get_by_role("button", name="Copy case number").click()
    expect(page.locator("#toasts .alert")).to_have_count(1)
    assert page.evaluate("String(getSelection())") == case.external_case_id


def test_the_head_with_the_main_action_stays_in_sight(sign_in, member, technician):
    case = CaseFactory(member=member, assigned_to=technician)
    CaseNoteFactory.create_batch(20, case=case)
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    complete = page.get_by_role("button", name="Mark as Completed")
    page.get_by_role("button", name="Add note").scroll_into_view_if_needed()
    expect(page.get_by_role("heading", name="Answer")).not_to_be_in_viewport()
    expect(complete).to_be_in_viewport(ratio=1)
    # What an address or a key leads to isn't behind it.
    page.goto(f"/cases/{case.pk}/#answer")
    expect(page.get_by_role("heading", name="Answer")).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Add note").scroll_into_view_if_needed()
    expect(complete).not_to_be_in_viewport()


@pytest.mark.parametrize("title", ["W" * 50, f"{'W' * 25} {'W' * 24}", "A question of several lines " * 7])
def test_the_head_covers_nothing_that_an_address_leads_to(title, sign_in, member, technician):
    case = CaseFactory(member=member, assigned_to=technician, title=title.strip())
    CaseNoteFactory.create_batch(20, case=case)
    page = sign_in(technician, at=f"/cases/{case.pk}/#answer", viewport={"width": 1024, "height": 768})
    expect(page.get_by_role("heading", name="Answer")).to_be_in_viewport(ratio=1)
    answer, head = page.locator("#answer"), page.locator("#case-head")

    def covered() -> bool:
        bottom = head.evaluate("part => part.getBoundingClientRect().bottom")
        return answer.evaluate("(part, bottom) => part.getBoundingClientRect().top < bottom", bottom)

    # Chromium scrolls some frames after the page has loaded.
    assert any(page.wait_for_timeout(50) or not covered() for _attempt in range(40))
