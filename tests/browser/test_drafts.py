"""A case that Mia starts, leaves and submits on one page, and the answer, which she reads on the page."""

import pytest
from playwright.sync_api import expect

from cases.models import Case, CaseDocument, FirstView
from tests.browser.conftest import PHONE, assert_accessible
from tests.factories import CaseDocumentFactory, CaseFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_database("is about the page: the verbs and views have their tests"),
]

LETTER = {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%%EOF"}


def test_a_draft_saves_itself_and_nothing_typed_is_lost(sign_in, member):
    page = sign_in(member, viewport=PHONE, dark=True, at="/cases/new/")
    page.get_by_label("Attach a document").set_input_files([LETTER])
    expect(page.get_by_role("link", name="letter.pdf", exact=True)).to_be_visible()
    draft = Case.objects.get()
    assert page.url.endswith(f"/cases/{draft.pk}/edit/")

    said = page.locator("#draft-said")
    page.route("**/edit/", lambda route: route.fulfill(status=408, body=""))
    page.get_by_label("Description").fill("When may I")
    expect(said).to_contain_text("Your text is still here")
    page.unroute("**/edit/")
    page.get_by_label("Description").press_sequentially(" retire?")
    expect(said).to_have_text("Draft saved")
    assert_accessible(page)
    page.reload()
    expect(page.get_by_label("Description")).to_have_value("When may I retire?")

    page.get_by_label("Title").fill("Pension")
    page.get_by_role("button", name="Submit case").click()
    expect(page.get_by_role("heading", name="What happens next")).to_be_visible()
    assert_accessible(page)
    draft.refresh_from_db()
    assert (draft.status, draft.title) == ("submitted", "Pension")
    assert CaseDocument.objects.get().case == draft


def test_a_new_draft_is_thrown_away_where_it_is_written(sign_in, member):
    page = sign_in(member, at="/cases/new/")
    expect(page.get_by_role("button", name="Delete draft")).to_be_hidden()
    page.get_by_label("Title").fill("Pension")
    expect(page.locator("#draft-said")).to_have_text("Draft saved")
    page.get_by_role("button", name="Delete draft").click()
    page.get_by_role("dialog", name="Delete this draft?").get_by_role("button", name="Delete draft").click()
    expect(page.get_by_text("Draft deleted.")).to_be_visible()
    assert Case.objects.get().status == "deleted"


def test_a_report_is_read_in_the_page_and_taken_along(sign_in, member):
    case = CaseFactory(member=member, released=True)
    CaseDocumentFactory(case=case, name="granted.pdf")
    page = sign_in(member, at=f"/cases/{case.pk}/")
    page.get_by_role("link", name="View file").click()
    expect(page.get_by_role("heading", name="granted.pdf")).to_be_visible()
    expect(page.locator("iframe")).to_have_attribute("title", "granted.pdf")
    assert_accessible(page)
    with page.expect_download():
        page.get_by_role("link", name="Download").click()
    assert set(FirstView.objects.values_list("kind", flat=True)) == {"page", "viewed", "document"}


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_enter_in_the_title_saves_the_draft(scripts, tab_for, member):
    draft = CaseFactory(member=member, draft=True, title="Pension")
    tab = tab_for(member, scripts=scripts)
    tab.goto(f"/cases/{draft.pk}/edit/")
    tab.get_by_label("Title").fill("My pension")
    tab.get_by_label("Title").press("Enter")
    expect(tab.get_by_role("status").filter(has_text="Draft saved.")).to_be_visible()
    assert "#" not in tab.url
    draft.refresh_from_db()
    assert (draft.title, draft.status) == ("My pension", "draft")
