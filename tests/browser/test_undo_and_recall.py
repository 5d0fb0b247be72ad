"""A release is undone, another recalled, and the evidence printed."""

import pytest
from playwright.sync_api import expect

from cases.models import Case
from tests.browser.conftest import assert_accessible, in_two_looks
from tests.factories import CaseFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def release_now(page, case):
    page.goto(f"/cases/{case.pk}/")
    page.get_by_role("button", name="Mark as Completed").click()
    page.get_by_label("Release Now").check()
    page.locator("#dialog-complete [type=submit]").click()
    expect(page.locator(".toasts")).to_contain_text("Case released. The member can see it now.")


@in_two_looks
def test_tom_undoes_his_release_and_ada_recalls_another(
    sign_in, member, technician, administrator, settings, viewport, dark
):
    settings.RELEASE_UNDO_SECONDS = 600
    case = CaseFactory(member=member, assigned_to=technician, title="Pension")
    page = sign_in(technician, viewport=viewport, dark=dark)
    release_now(page, case)
    assert_accessible(page)
    expect(page.locator("#release-panel").get_by_role("button", name="Undo release")).to_be_visible()
    page.locator(".toasts").get_by_role("button", name="Undo release").click()
    expect(page.locator(".toasts")).to_contain_text("Release undone. The case is on hold.")
    expect(page.locator("#release-panel")).to_contain_text("No release date is set")

    page = sign_in(administrator, viewport=viewport, dark=dark, at=f"/cases/{case.pk}/")
    page.get_by_role("button", name="Release Now").click()
    page.locator("#dialog-release_early").get_by_label("Reason").fill("Checked.")
    page.locator("#dialog-release_early [type=submit]").click()
    expect(page.locator(".toasts")).to_contain_text("Case released.")
    page.get_by_role("button", name="Recall release").click()
    dialog = page.locator("#dialog-recall")
    expect(dialog).to_contain_text("The member will immediately lose access to the case.")
    assert_accessible(page)
    dialog.get_by_label("Reason").fill("The figures of another member.")
    dialog.get_by_role("button", name="Recall release").click()
    expect(page.locator(".toasts")).to_contain_text("Release recalled.")
    assert Case.objects.get().is_held

    page.locator("#case-history").get_by_role("link", name="Record of release 2").first.click()
    expect(page.get_by_role("heading", name="Release 2 of")).to_be_visible()
    expect(page.get_by_text("“The figures of another member.”")).to_be_visible()
    assert_accessible(page)
    page.emulate_media(media="print")
    expect(page.get_by_text("Visible to the member")).to_be_visible()
    expect(page.get_by_text("This release wasn't undone or recalled.")).to_have_count(0)


def test_the_offer_goes_when_its_seconds_are_over(sign_in, member, technician, settings):
    settings.RELEASE_UNDO_SECONDS = 4
    case = CaseFactory(member=member, assigned_to=technician)
    page = sign_in(technician)
    release_now(page, case)
    expect(page.locator("[data-undo-for]")).to_have_count(0, timeout=15_000)
    expect(page.locator(".toasts")).not_to_contain_text("Undo")
    expect(page.locator("#release-panel")).to_contain_text("This case was released on:")


def test_the_offer_in_the_toast_counts_down_too(sign_in, member, technician, settings):
    """A toast is removed from the page for a moment while it is announced."""
    settings.RELEASE_UNDO_SECONDS = 600
    case = CaseFactory(member=member, assigned_to=technician)
    page = sign_in(technician)
    release_now(page, case)
    left = page.locator("[data-seconds-left]")
    expect(left).to_have_count(2)
    page.wait_for_timeout(2500)
    of_toast, of_panel = (int(text) for text in left.all_text_contents())
    assert of_toast == of_panel < 599
    expect(page.get_by_role("timer")).to_have_count(2)
