"""What is on paper: all that a page says, and nothing that one clicks. Of every page: page_reader."""

import pytest
from playwright.sync_api import expect

from tests.factories import CaseDocumentFactory, CaseFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_ready_case_is_printed_with_all_that_it_says(sign_in, member, technician):
    case = CaseFactory(
        member=member, assigned_to=technician, released=True, title="Pension", description="When may I retire?"
    )
    CaseDocumentFactory(case=case, name="granted.pdf")
    CaseDocumentFactory(case=case, submission=True, name="letter.pdf")
    for person in (member, technician):
        page = sign_in(person, at=f"/cases/{case.pk}/")
        page.emulate_media(media="print")
        of_files = ("granted.pdf", "letter.pdf")
        for words in (case.external_case_id, "Pension", "When may I retire?", "released on:", *of_files):
            expect(page.get_by_text(words).locator("visible=true").first).to_be_visible()
        expect(page.get_by_role("button").locator("visible=true")).to_have_count(0)
        expect(page.locator(".site-header")).to_be_hidden()
