"""A text about a case that the person may no longer know about: the page is that of any unknown case, plus the text.
The same holds for every other error page that answers a form."""

import html
import re

import pytest
from django.contrib.messages import get_messages
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig
from django.db import OperationalError
from django.http import UnreadablePostError

from cases.models import Case
from portal.errors import bad_request, server_error
from tests.factories import CaseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.one_database("is about pages, and asks for a case by its key alone")]

TEXT = 'Tom & I met.\n<b>"Soon"</b>'
FORMS = {
    "message": ("messages/", {"message": TEXT}, [TEXT]),
    "draft": ("edit/", {"title": "Pension", "description": TEXT, "urgency": "normal"}, ["Pension", TEXT]),
}
# What happens to the member's case while they write, or whose case it is.
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
    """Return the page without the tokens of this request."""
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


# Errors


def fails_with(error, monkeypatch):
    def fail(**facts):
        raise error

    monkeypatch.setattr(VERBS["message"], fail)


ERRORS = {
    500: (ZeroDivisionError(TEXT), "on our side"),
    503: (OperationalError(TEXT), "reach its database"),
    403: (PermissionDenied(TEXT), "don't have permission"),
    400: (BadRequest(TEXT), "couldn't read this request"),
}


@pytest.mark.parametrize("status", ERRORS)
def test_an_error_shows_what_was_typed(status, client, member, monkeypatch):
    error, said = ERRORS[status]
    fails_with(error, monkeypatch)
    client.raise_request_exception = False
    answer = client.post(f"/cases/{CaseFactory(member=member).pk}/messages/", {"message": TEXT})
    assert (answer.status_code, shown(page_of(answer))) == (status, [TEXT])
    page = html.unescape(page_of(answer))
    assert said in page
    assert "Copy it if you still need it." in page


@pytest.mark.parametrize("fields", [{}, {"message": TEXT}])
@pytest.mark.parametrize("status", [500, 503])
def test_an_error_of_ours_does_not_say_that_nothing_was_changed(status, fields, client, member, monkeypatch):
    """It may be the response to a commit that was lost."""
    fails_with(ERRORS[status][0], monkeypatch)
    monkeypatch.setattr("cases.conversation.messages._checked", lambda text, files: text)
    client.raise_request_exception = False
    answer = client.post(f"/cases/{CaseFactory(member=member).pk}/messages/", fields)
    page = html.unescape(page_of(answer))
    assert answer.status_code == status
    assert "Nothing was" not in page
    assert "wasn't saved" not in page
    assert "We don't know if what you sent was saved. Check before you send it again." in page


@pytest.mark.parametrize("error", [OSError(TEXT), UnreadablePostError(TEXT), RequestDataTooBig(TEXT)])
def test_a_form_that_cannot_be_read_is_answered_without_it(error, rf, monkeypatch):
    request = rf.post("/cases/1/messages/", {"message": TEXT})

    def unreadable(self):
        raise error

    monkeypatch.setattr(type(request), "POST", property(unreadable))
    assert shown(server_error(request).content.decode()) == []
    assert shown(bad_request(request, BadRequest()).content.decode()) == []


def test_texts_are_there_where_the_database_fails_before_the_view_is_found(rf):
    """The reader's language is looked up first."""
    request = rf.post("/cases/1/messages/", {"message": TEXT})
    assert request.resolver_match is None
    assert shown(server_error(request).content.decode()) == [TEXT]
    assert shown(server_error(rf.post("/nowhere/", {"message": TEXT})).content.decode()) == []


def test_texts_of_an_error_are_asked_of_no_database(rf, django_assert_num_queries):
    with django_assert_num_queries(0):
        server_error(rf.post("/cases/1/messages/", {"message": TEXT}))


def test_no_password_is_among_them(rf):
    answer = server_error(rf.post("/accounts/login/", {"login": "mia", "password": "secret", "reason": "x"}))
    assert shown(answer.content.decode()) == ["x"]
    assert "secret" not in answer.content.decode()


def test_a_missing_second_factor_keeps_what_was_typed(client, administrator, member, settings):
    settings.REQUIRE_STAFF_MFA = True
    client.force_login(administrator)
    case = CaseFactory(member=member)
    answer = client.post(f"/cases/{case.pk}/notes/", {"text": TEXT})
    assert (answer.status_code, shown(page_of(answer))) == (403, [TEXT])
    assert 'href="/accounts/security/app/activate/"' in page_of(answer)
    assert "Set up two-factor authentication first" in page_of(answer)
    answer = client.post(f"/cases/{case.pk}/accept/", {"version": "1"})
    assert (answer.status_code, answer.url) == (302, "/accounts/security/app/activate/")
