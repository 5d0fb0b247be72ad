"""A text about a case that the person may no longer know of: the page is the one of any unknown case, with the text."""

import html
import re

import pytest
from django.contrib.messages import get_messages

from cases.models import Case
from tests.factories import CaseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.one_database("is about pages, and asks for a case by its key alone")]

TEXT = 'Tom & I met.\n<b>"Soon"</b>'
FORMS = {
    "message": ("messages/", {"message": TEXT}, [TEXT]),
    "draft": ("edit/", {"title": "Pension", "description": TEXT, "urgency": "normal"}, ["Pension", TEXT]),
}
# What becomes of a case of the member while they write, or whose it is.
GONE = {
    "completed": {"scheduled": True},
    "held": {"held": True},
    "deleted": {"draft": True, "status": Case.Status.DELETED},
    "of somebody else": {"member": None},
}


@pytest.fixture(autouse=True)
def _signed_in(client, member):
    client.force_login(member)


def gone(how, member, other_member):
    options = GONE[how]
    return CaseFactory(**{"member": member} | options | ({"member": other_member} if "member" in options else {})).pk


def page_of(answer):
    """The page without the tokens of this request."""
    return re.sub(r'"(csrfmiddlewaretoken|form_token)" value="[^"]*"', "", answer.content.decode())


def shown(page):
    found = re.findall(r'<textarea[^>]*readonly>\n?([^<]*)<|<input[^>]*value="([^"]*)" readonly>', page)
    return [html.unescape(area or line) for area, line in found]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("how", GONE)
def test_the_text_is_there_and_nothing_about_the_case(how, form, client, member, other_member):
    path, fields, typed = FORMS[form]
    pk = gone(how, member, other_member)
    answer = client.post(f"/cases/{pk}/{path}", fields)
    assert answer.status_code == 404
    assert "Page not found" in page_of(answer)
    assert shown(page_of(answer)) == typed
    unknown = client.post(f"/cases/{pk + 1}/{path}", fields)
    assert page_of(unknown).replace(f"/cases/{pk + 1}/", "/cases/*/") == page_of(answer).replace(
        f"/cases/{pk}/", "/cases/*/"
    )


def goes_in(verb, monkeypatch):
    def gone_meanwhile(**facts):
        raise Case.DoesNotExist

    monkeypatch.setattr(verb, gone_meanwhile)


VERBS = {"message": "cases.conversation.messages.send", "draft": "cases.casework.drafts.edit"}


@pytest.mark.parametrize("form", FORMS)
def test_so_it_is_when_the_case_goes_while_it_is_sent(form, client, member, monkeypatch):
    goes_in(VERBS[form], monkeypatch)
    path, fields, typed = FORMS[form]
    case = CaseFactory(member=member, title="Quillfeather", **({"draft": True} if form == "draft" else {}))
    answer = client.post(f"/cases/{case.pk}/{path}", fields)
    assert (answer.status_code, shown(page_of(answer))) == (404, typed)
    assert "Quillfeather" not in page_of(answer)


@pytest.mark.parametrize("fields", [{}, {"message": ""}, {"message": " \n"}, {"version": "3"}])
def test_without_a_text_it_is_the_plain_page(fields, client, member):
    answer = client.post("/cases/999999/messages/", fields)
    assert answer.status_code == 404
    assert "Your text" not in page_of(answer)
    assert page_of(client.get("/cases/999999/")).count("Page not found") == page_of(answer).count("Page not found")


def test_a_button_whose_case_goes_leads_to_the_dashboard_as_before(client, member, monkeypatch):
    goes_in("cases.casework.drafts.delete_draft", monkeypatch)
    case = CaseFactory(member=member, draft=True)
    answer = client.post(f"/cases/{case.pk}/delete/")
    assert (answer.status_code, answer.url, list(get_messages(answer.wsgi_request))) == (302, "/", [])


def test_an_address_that_does_not_exist_answers_as_before(client):
    answer = client.post("/nowhere/", {"message": TEXT})
    assert (answer.status_code, shown(page_of(answer))) == (404, [])
    assert client.post("/api/cases/999999/release/", {"message": TEXT})["Content-Type"] == "application/json"
