"""A draft on one page: saved, submitted, saved automatically, with documents, and deleted."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from cases.casework import drafts
from cases.lifecycle import form_tokens
from cases.models import Case, CaseDocument
from tests.factories import CaseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.one_database("is about pages: tests/unit has the verbs on both")]

TEXT = {"title": "Pension", "description": "When?", "urgency": "normal"}
BY_ITSELF = {"HX-Request": "true"}


def letter(content=b"%PDF-1.7\n%%EOF"):
    return {"file": SimpleUploadedFile("letter.pdf", content)}


@pytest.fixture(autouse=True)
def _signed_in(client, member, stored):
    client.force_login(member)


@pytest.mark.parametrize(
    ("then", "status", "said", "leads_to"),
    [
        ({}, "draft", "Draft saved. It isn", ""),
        ({"then": "attach"}, "draft", "letter.pdf", "edit/"),
        ({"then": "submit"}, "submitted", "What happens next", ""),
    ],
    ids=["save", "attach", "submit"],
)
@pytest.mark.parametrize("is_new", [True, False])
def test_every_button_keeps_text_and_document(is_new, then, status, said, leads_to, client, member):
    address = "/cases/new/" if is_new else f"/cases/{drafts.create(by=member, title='Old', description='').pk}/edit/"
    answer = client.post(address, {**TEXT, **then, **letter()}, follow=True)
    case = Case.objects.get()
    assert (case.status, case.title) == (status, "Pension")
    assert answer.redirect_chain[-1][0].split("#")[0] == f"/cases/{case.pk}/{leads_to}"
    assert said in answer.content.decode()
    assert CaseDocument.objects.get().name == "letter.pdf"


def test_to_press_submit_twice_submits_and_attaches_once(client, member):
    sent = {**TEXT, "then": "submit", "form_token": form_tokens.new(member)}
    pages = {client.post("/cases/new/", {**sent, **letter()}).url for _ in range(2)}
    assert pages == {f"/cases/{Case.objects.get().pk}/"}
    assert CaseDocument.objects.count() == 1


def test_a_file_that_is_refused_loses_no_text_and_submits_nothing(client):
    answer = client.post("/cases/new/", {**TEXT, "then": "submit", **letter(b"<html>")})
    page, case = answer.content.decode(), Case.objects.get()
    assert answer.status_code == 400
    assert case.status == "draft"
    assert f'action="/cases/{case.pk}/edit/"' in page
    assert 'id="document-problem"' in page
    assert "When?" in page


class Tab:
    """An open page that saves itself."""

    def __init__(self, client, member):
        self.client, self.token = client, form_tokens.new(member)
        self.address, self.version = "/cases/new/", ""

    def save(self, is_answered=True, **text):
        sent = {"urgency": "normal", "form_token": self.token, "version": self.version, **text}
        answer = self.client.post(self.address, sent, headers=BY_ITSELF)
        if is_answered and answer.status_code == 200:
            told = dict(re.findall(r'data-(\w+)="([^"]*)"', answer.content.decode()))
            self.address, self.version = told["edit"], told["version"]
        return answer


@pytest.mark.parametrize("is_answered", [True, False])
def test_a_page_that_saves_itself_makes_one_draft_even_if_an_answer_is_lost(is_answered, client, member):
    tab = Tab(client, member)
    tab.save(is_answered, description="Wh")
    tab.save(description="Whe")
    tab.save(title="Pension", description="When?")
    case = Case.objects.with_description().get()
    assert (case.title, case.description, case.status) == ("Pension", "When?", "draft")


def test_of_two_tabs_the_second_overwrites_nothing_by_itself(client, member):
    one, other = Tab(client, member), Tab(client, member)
    one.save(title="Mine")
    other.address, other.version = one.address, one.version
    one.save(title="Mine, better")
    refused = other.save(title="Theirs")
    assert refused.status_code == 409
    assert "A newer version of this draft was saved, for example in another tab." in refused.content.decode()
    assert Case.objects.get().title == "Mine, better"


def test_a_draft_is_deleted_by_its_member_alone(client, member, other_member):
    case = CaseFactory(member=member, draft=True)
    client.force_login(other_member)
    assert client.post(f"/cases/{case.pk}/delete/").status_code == 404
    client.force_login(member)
    page = client.post(f"/cases/{case.pk}/delete/", follow=True).content.decode()
    assert "Draft deleted." in page
    assert case.external_case_id not in page
    assert client.get(f"/cases/{case.pk}/").status_code == 404


def test_a_page_that_saves_itself_is_told_that_its_draft_is_gone(client, member):
    """Deleted in another tab. Trying again would not help, and nothing is wrong with the connection."""
    draft = CaseFactory(member=member, draft=True)
    Case.objects.update(status="deleted")
    answer = client.post(f"/cases/{draft.pk}/edit/", TEXT, headers=BY_ITSELF)
    assert answer.status_code == 404
    assert "data-trouble>Couldn't save. This case doesn't exist anymore" in answer.content.decode()


def test_a_page_that_saves_itself_is_told_that_its_person_may_not(client, member):
    member.role = "technician"
    member.save()
    answer = client.post("/cases/new/", TEXT, headers=BY_ITSELF)
    assert answer.status_code == 403
    assert "<html" not in answer.content.decode()
    assert "You don't have permission to do this anymore." in answer.content.decode()


@pytest.mark.parametrize("way", ["get", "head"])
def test_back_to_a_draft_that_was_submitted_meanwhile_leads_to_the_case(way, client, member):
    case = CaseFactory(member=member, submitted=True)
    answer = getattr(client, way)(f"/cases/{case.pk}/edit/", follow=True)
    assert answer.redirect_chain == [(f"/cases/{case.pk}/", 302)]
    assert way == "head" or "You already submitted this case." in answer.content.decode()


def test_what_is_sent_to_a_draft_that_was_submitted_meanwhile_is_refused(client, member):
    case = CaseFactory(member=member, submitted=True)
    answer = client.post(f"/cases/{case.pk}/edit/", {"title": "Other", "description": "Mine", "version": 0})
    assert answer.status_code == 409
