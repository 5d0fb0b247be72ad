"""The completion dialog: it says what it will do, warns about what is missing, and suggests dates."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cases.models import Condition
from cases.releases import conditions
from tests.browser.conftest import assert_accessible, in_two_looks, wait_until
from tests.factories import CaseFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("a_week_at_least"),
]


REPORT = {"name": "granted.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%%EOF"}


def day(days):
    return timezone.localdate() + dt.timedelta(days=days)


@in_two_looks
def test_tom_schedules_a_case_by_a_suggested_date(dark, viewport, sign_in, member, technician):
    case = CaseFactory(member=member, assigned_to=technician, title="Pension")
    page = sign_in(technician, dark=dark, viewport=viewport, at=f"/cases/{case.pk}/")
    page.get_by_role("button", name="Mark as Completed").click()
    dialog = page.get_by_role("dialog")
    send = dialog.locator("[type=submit]")

    # It says what it will do, and that there is nothing for the member to read.
    expect(send).to_have_text("Release now")
    expect(dialog).to_contain_text("The member will see this case immediately")
    expect(dialog).to_contain_text("No report and no answer")
    assert_accessible(page)

    # He goes to attach the report, and comes back: the warning is gone.
    dialog.get_by_role("link", name="Attach a report").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_label("Attach a report")).to_be_focused()
    page.get_by_label("Attach a report").set_input_files([REPORT])
    expect(page.locator("#document-list")).to_contain_text("granted.pdf")
    page.get_by_role("button", name="Mark as Completed").click()
    expect(dialog).to_contain_text("1 report attached")
    expect(dialog).not_to_contain_text("No report and no answer")

    # A suggested date fills the field, also by keyboard.
    dialog.get_by_label("Schedule Release").check()
    expect(dialog.get_by_role("button", name="In 7 days")).to_have_attribute("aria-pressed", "true")
    dialog.get_by_role("button", name="In 14 days").press("Enter")
    expect(dialog.get_by_label("Release date")).to_have_value(day(14).isoformat())
    expect(dialog.get_by_role("button", name="In 14 days")).to_have_attribute("aria-pressed", "true")
    dialog.get_by_label("Time").fill("09:30")
    on = f"{day(14):%a, %b} {day(14).day}"
    expect(send).to_contain_text(f"Schedule for {on}")
    expect(dialog).to_contain_text("at 9:30 AM (UTC). You can change the date until then.")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    send.click()

    # The page says why the member does not see it yet, and links to the form for another date.
    expect(page.locator("#release-panel")).to_contain_text("The date is 14 days away")
    page.get_by_role("link", name="Change release date").click()
    expect(page.get_by_label("Release date")).to_be_focused()
    page.get_by_role("button", name="In 7 days").click()
    page.get_by_role("button", name="Update release date").click()
    expect(page.locator("#release-panel")).to_contain_text("The date is 7 days away")
    assert_accessible(page)


def test_an_empty_date_is_not_filled_in_again(sign_in, member, technician):
    case = CaseFactory(member=member, assigned_to=technician)
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    page.get_by_role("button", name="Mark as Completed").click()
    page.get_by_label("Schedule Release").check()
    expect(page.get_by_label("Release date")).to_have_value(day(7).isoformat())
    page.get_by_label("Release date").fill("")
    expect(page.get_by_label("Release date")).to_have_value("")
    expect(page.get_by_role("dialog").locator("[type=submit]")).to_have_text("Schedule release")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["in order", "overtaken"])
def test_the_dialog_says_what_was_found_last(order, sign_in, technician):
    case = CaseFactory(assigned_to=technician)
    address = f"/cases/{case.pk}/"
    page = sign_in(technician, at=address)
    before = page.content()
    held = []
    page.route(f"**{address}", lambda route: held.append(route))
    page.get_by_role("textbox", name="Answer", exact=True).press_sequentially("Yes.")
    page.get_by_role("button", name="Mark as Completed").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("No report and no answer")
    expect(page.locator("#answer-said")).to_have_text("Saved")
    wait_until(page, lambda: len(held) == 2)

    # The checks of the open dialog, from before and after the answer was saved.
    answers = [lambda: held[0].fulfill(content_type="text/html", body=before), lambda: held[1].continue_()]
    for each in order:
        with page.expect_response(f"**{address}"):
            answers[each]()
    page.wait_for_timeout(300)
    expect(dialog).to_contain_text("Answer written")
    expect(dialog).not_to_contain_text("No report and no answer")


def test_what_follows_is_in_sight_beside_the_button(sign_in, member, technician):
    case = CaseFactory(member=member, assigned_to=technician)
    page = sign_in(technician, at=f"/cases/{case.pk}/", viewport={"width": 1280, "height": 520})
    page.get_by_role("button", name="Mark as Completed").click()
    page.get_by_label("Schedule Release").check()
    expect(page.get_by_text("You can change the date until then.")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("dialog").locator("[type=submit]")).to_be_in_viewport(ratio=1)


def test_what_follows_changes_with_what_was_settled(sign_in, member, technician):
    case = CaseFactory(member=member, assigned_to=technician)
    conditions.add_condition(case=case, by=technician, source="web", kind=Condition.Kind.ANSWER)
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Mark as Completed").click()
    expect(dialog.get_by_text("You can't release this case now because conditions are open.")).to_be_visible()
    expect(dialog.get_by_label("Schedule Release")).to_be_checked()
    expect(dialog.get_by_text("If every condition is met by then, the member will see this case")).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    page.get_by_role("textbox", name="Answer", exact=True).press_sequentially("Yes.")
    expect(page.locator("#answer-said")).to_have_text("Saved")
    page.get_by_role("button", name="Mark as Completed").click()
    expect(dialog.get_by_text("The member will see this case and get an email on")).to_be_visible()
    expect(dialog.get_by_text("You can't release this case now")).to_have_count(0)
    dialog.get_by_label("Release Now").check()
    expect(dialog.get_by_text("The member will see this case immediately.")).to_be_visible()


def test_a_date_that_cannot_be_chosen_promises_nothing(sign_in, member, technician):
    page = sign_in(technician, at=f"/cases/{CaseFactory(member=member, assigned_to=technician).pk}/")
    page.get_by_role("button", name="Mark as Completed").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Schedule Release").check()
    send, follows = dialog.locator("[type=submit]"), dialog.locator("[data-consequence=schedule]")
    expect(send).to_contain_text("Schedule for ")
    for refused in (day(1), dt.date(2020, 1, 1)):
        dialog.get_by_label("Release date").fill(refused.isoformat())
        expect(send).to_have_text("Schedule release")
        expect(follows).to_be_hidden()
    dialog.get_by_label("Release date").fill(day(8).isoformat())
    expect(send).to_contain_text("Schedule for ")
    expect(follows).to_be_visible()
