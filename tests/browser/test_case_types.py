"""An administrator adds a type, a member reads its guidance and chooses it, and a technician corrects it."""

import pytest
from playwright.sync_api import expect

from cases.models import Case, CaseType
from tests.browser.conftest import PHONE, assert_accessible
from tests.factories import CaseFactory, CaseTypeFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_type_from_its_page_to_a_case(sign_in, administrator, member, technician):
    # Ada finds the types on the settings page and adds one.
    page = sign_in(administrator, at="/portal-settings/")
    page.get_by_role("link", name="Case types").click()
    expect(page.get_by_role("heading", name="Case types", level=1)).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="New case type").click()
    page.get_by_label("Name", exact=True).first.fill("Divorce order")
    page.get_by_label("Guidance").fill("Attach the court order.")
    page.get_by_label("Minimum days").fill("10")
    line = page.get_by_role("group", name="Condition 1")
    line.get_by_label("Condition").select_option("Something to confirm")
    line.get_by_label("Name").fill("Order received")
    assert_accessible(page)
    page.get_by_role("button", name="Add case type").click()
    expect(page.get_by_text("Case type added.")).to_be_visible()
    assert_accessible(page)
    CaseTypeFactory(name="Estimate", guidance="Tell us the date.", position=9)

    # Mia reads the guidance for the type that she chooses, on her phone.
    page = sign_in(member, viewport=PHONE, at="/cases/new/")
    expect(page.get_by_text("Attach the court order.")).to_be_hidden()
    page.get_by_label("Type").select_option("Estimate")
    expect(page.get_by_text("Tell us the date.")).to_be_visible()
    page.get_by_label("Type").select_option("Divorce order")
    expect(page.get_by_text("Attach the court order.")).to_be_visible()
    expect(page.get_by_text("Tell us the date.")).to_be_hidden()
    assert_accessible(page)
    page.get_by_label("Title").fill("The order of May")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Draft saved.")).to_be_visible()
    page.get_by_role("button", name="Submit case").click()
    expect(page.get_by_text("Your case has been submitted.")).to_be_visible()

    # Tom accepts it and sees that it is really about an estimate.
    case = Case.objects.get()
    assert (case.case_type, case.open_conditions) == (CaseType.objects.get(name="Divorce order"), 1)
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    page.get_by_role("button", name="Accept case").click()
    expect(page.locator("#case-head .state")).to_have_text("In progress")
    page.get_by_role("button", name="Change type or urgency").click()
    dialog = page.locator("#dialog-correct")
    dialog.get_by_label("Type").select_option("Estimate")
    dialog.get_by_label("Urgency").select_option("Urgent")
    assert_accessible(page)
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Divorce order → Estimate")).to_be_visible()
    page.goto("/cases/")
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Type").select_option("Estimate")
    page.wait_for_url("**type=**")
    expect(page.get_by_role("link", name="The order of May")).to_be_visible()
    assert_accessible(page)


def test_without_scripts_all_guidance_is_there(chromium, live_server, sign_in, member):
    CaseTypeFactory(name="Divorce order", guidance="Attach the court order.")
    CaseTypeFactory(name="Estimate", guidance="Tell us the date.")
    draft = CaseFactory(draft=True, member=member)
    state = sign_in(member).context.storage_state()
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False, storage_state=state)
    page = context.new_page()
    page.goto(f"/cases/{draft.pk}/edit/")
    for words in ("Attach the court order.", "Tell us the date."):
        expect(page.get_by_text(words)).to_be_visible()
    context.close()
