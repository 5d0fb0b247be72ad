"""Printed pages: everything that a page says, and nothing to click. page_reader checks every page."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cases.models import Case
from tests.factories import CaseDocumentFactory, CaseFactory, CaseMessageFactory

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


def test_a_page_on_paper_says_when_and_not_how_long_ago(sign_in, member, technician):
    case = CaseFactory(member=member, assigned_to=technician, released=True)
    CaseMessageFactory(case=case, author=technician)
    page = sign_in(member, at=f"/cases/{case.pk}/")
    age = page.locator("#conversation time").first
    shown = "element => getComputedStyle(element.firstElementChild).display"
    written = "element => getComputedStyle(element, '::after').content"
    assert age.evaluate(shown) != "none"
    page.emulate_media(media="print")
    assert age.evaluate(shown) == "none"
    assert age.evaluate(written) == f'"{age.get_attribute("title")}"'


def test_why_a_case_is_not_released_yet_is_printed_with_the_names_of_its_conditions(sign_in, member, technician):
    case = CaseFactory(member=member, assigned_to=technician, scheduled=True)
    case.conditions.create(kind="manual", name="Payment received", created=timezone.now(), since=timezone.now())
    Case.objects.update(open_conditions=1)
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    page.emulate_media(media="print")
    expect(page.locator("#release-panel").get_by_text("Payment received")).to_be_visible()


def test_a_list_on_paper_has_the_numbers_of_its_cases(sign_in, member, technician):
    case = CaseFactory(member=member, assigned_to=technician)
    page = sign_in(technician, at="/cases/")
    page.set_viewport_size({"width": 718, "height": 1000})  # of A4
    page.emulate_media(media="print")
    expect(page.get_by_text(case.external_case_id, exact=True)).to_be_visible()


def test_no_heading_is_printed_over_a_form_that_is_not(sign_in, member, technician):
    case = CaseFactory(member=member, assigned_to=technician, released=True)
    page = sign_in(member, at=f"/cases/{case.pk}/")
    question = page.get_by_role("heading", name="Ask a question about your answer")
    expect(question).to_be_visible()
    page.emulate_media(media="print")
    expect(question).to_be_hidden()
    CaseMessageFactory(case=case, author=technician, text="Call us.")
    page.reload()
    expect(page.get_by_role("heading", name="Conversation")).to_be_visible()


def test_whether_the_member_has_opened_it_is_printed_without_a_dot_before_nothing(sign_in, member, technician):
    case = CaseFactory(member=member, assigned_to=technician, released=True)
    page = sign_in(technician, at=f"/cases/{case.pk}/")
    seen = page.locator("p", has=page.locator("#first-view"))
    expect(seen).to_have_text("Not opened yet · Release timeline · Record of this release", use_inner_text=True)
    page.emulate_media(media="print")
    expect(seen).to_have_text("Not opened yet", use_inner_text=True)
