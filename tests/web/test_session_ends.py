"""A form that arrives after the session has ended: the text is kept for the person, who continues to the case."""

import datetime as dt
import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.accounts import unsent_forms
from cases.core import limits
from cases.lifecycle import form_tokens
from cases.models import Case, CaseEvent, CaseNote, UnsentForm
from tests.factories import CaseFactory
from tests.pages import PASSWORD
from tests.web.test_sent_once import token_on

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("is about sessions and forms, by Django's statements and none of ours"),
]


@pytest.fixture
def case(member, technician):
    return CaseFactory(member=member, assigned_to=technician)


@pytest.fixture
def scheduled(member, technician):
    return CaseFactory(member=member, assigned_to=technician, scheduled=True)


def sign_in(client, user, address) -> str:
    """Sign in with the link, and return where that led."""
    user.set_password(PASSWORD)
    user.save()
    answer = client.post(address, {"login": user.username, "password": PASSWORD})
    assert answer.status_code == 302
    return answer.url


def sign_in_link(page) -> str:
    return html.unescape(re.search('href="(/accounts/login/[^"]+)"', page.content.decode())[1])


def fields_of(page) -> dict[str, str]:
    """Return what the form on the page would send."""
    form = page.content.decode().split("<main")[1]
    inputs = re.findall(r'<input [^>]*?name="(\w+)" value="([^"]*)"', form)
    inputs += re.findall(r'<input [^>]*?id="typed-\w+" name="(\w+)" value="([^"]*)"', form)
    areas = re.findall(r'<textarea [^>]*name="(\w+)"[^>]*>([^<]*)</textarea>', form)
    return {name: html.unescape(value) for name, value in [*inputs, *areas]}


# Each form as it is sent from the page, and by whom: a draft, a note, a reason, the words for a colleague, a date.
SENT = {
    "draft": (
        "member",
        "/cases/new/",
        {"title": "Pension <b>", "description": "Line 1\r\nLine 2", "urgency": "urgent"},
    ),
    "note": ("technician", "/cases/{case}/notes/", {"text": "She called & wept."}),
    "hand over": ("technician", "/cases/{case}/hand-over/", {"to": "{other_technician}", "reason": "I am away."}),
    "hold": ("administrator", "/cases/{scheduled}/hold/", {"reason": "A figure is missing", "version": "1"}),
    "return": ("technician", "/cases/{scheduled}/return/", {"reason": "Once more", "version": "1"}),
    "reschedule": (
        "administrator",
        "/cases/{scheduled}/reschedule/",
        {"release_date": "2025-07-30", "release_time": "", "reason": "She asked", "version": "1"},
    ),
}


@pytest.mark.parametrize("what", SENT)
def test_what_was_typed_is_there_after_signing_in_and_the_person_returns_to_the_case(
    what, request, client, case, scheduled, other_technician, administrator, clock
):
    other_technician.last_login = dt.datetime.now(dt.UTC)
    other_technician.set_password("x")
    other_technician.save()
    person, address, fields = SENT[what]
    user = request.getfixturevalue(person)
    names = {"case": case.pk, "scheduled": scheduled.pk, "other_technician": other_technician.pk}
    address = address.format(**names)
    fields = {name: value.format(**names) for name, value in fields.items()} | {"form_token": form_tokens.new(user)}

    ended = client.post(address, fields)
    assert ended.status_code == 403
    page = html.unescape(ended.content.decode())
    assert "Your session has ended" in page
    typed = max((value for name, value in fields.items() if name != "form_token"), key=len)
    assert typed.replace("\r\n", "\n") in page.replace("\r\n", "\n")

    back = sign_in(client, user, sign_in_link(ended))
    again = client.get(back)
    kept = fields_of(again)
    assert {name: kept.get(name, "") for name in fields if name != "form_token"} == {
        name: value for name, value in fields.items() if name != "form_token"
    }
    sent = client.post(address, kept)
    assert sent.status_code == 302
    assert re.fullmatch(r"/cases/\d+/(#notes)?", sent.url)
    assert not UnsentForm.objects.exists(), "what has arrived is not kept"


def test_it_is_the_verb_that_decides_when_it_is_sent_again(client, case, technician):
    """Someone else handed over the case in the meantime: the page says so, with the words that were typed."""
    token = form_tokens.new(technician)
    ended = client.post(f"/cases/{case.pk}/hand-over/", {"to": "0", "reason": "I am away.", "form_token": token})
    again = client.get(sign_in(client, technician, sign_in_link(ended)))
    answer = client.post(f"/cases/{case.pk}/hand-over/", fields_of(again))
    assert answer.status_code == 400
    assert "I am away." in answer.content.decode()
    assert UnsentForm.objects.exists()


def test_nobody_else_gets_it(client, case, technician, other_technician, member):
    fields = {"text": "A secret of Mia's", "form_token": form_tokens.new(technician)}
    ended = client.post(f"/cases/{case.pk}/notes/", fields)
    for other in (other_technician, member):
        browser = Client()
        back = sign_in(browser, other, sign_in_link(ended))
        answer = browser.get(back)
        assert answer.status_code == 302
        assert "secret" not in browser.get(answer.url).content.decode()
    assert "secret" in client.get(sign_in(client, technician, sign_in_link(ended))).content.decode()


def test_a_page_of_one_person_does_nothing_for_another(client, case, technician, other_technician):
    """Tom's page is open in a browser in which Otto has since signed in."""
    client.force_login(other_technician)
    for htmx in ({}, {"HX-Request": "true"}):
        fields = {"text": "Of Tom's", "form_token": form_tokens.new(technician)}
        answer = client.post(f"/cases/{case.pk}/notes/", fields, headers=htmx)
        assert answer.status_code == 403
        assert "Of Tom's" not in html.unescape(answer.content.decode())
    assert not CaseNote.objects.exists()


def test_a_page_from_before_a_new_sign_in_is_sent_again(case, technician):
    """Signing in gives the browser another CSRF token. The form on the old page has the former one."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(technician)
    page = client.get(f"/cases/{case.pk}/")
    old = re.search('csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())[1]
    del client.cookies["csrftoken"]
    client.get(f"/cases/{case.pk}/")
    fields = {"text": "She called.", "form_token": token_on(page), "csrfmiddlewaretoken": old}
    answer = client.post(f"/cases/{case.pk}/notes/", fields)
    assert answer.status_code == 403
    assert "This page was out of date" in answer.content.decode()
    sent = client.post(f"/cases/{case.pk}/notes/", fields_of(answer))
    assert sent.url == f"/cases/{case.pk}/#notes"
    assert CaseNote.objects.get().text == "She called."


def test_without_a_token_of_ours_nothing_of_a_forged_form_is_shown(case, technician):
    client = Client(enforce_csrf_checks=True)
    client.force_login(technician)
    for token in ("", "x", form_tokens.new(technician)[:-1]):
        answer = client.post(f"/cases/{case.pk}/notes/", {"text": "A forgery", "form_token": token})
        assert answer.status_code == 403
        assert "A forgery" not in answer.content.decode()


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/cases/{}/hold/", "/cases/{}/"),
        ("/cases/{}/submit/", "/cases/{}/"),
        ("/cases/{}/accept/", "/cases/{}/"),
        ("/cases/{}/documents/7/remove/", "/cases/{}/"),
        ("/people/{}/role/", "/people/{}/"),
        ("/calendar/{}/move/", "/calendar/"),
        ("/notifications/read/", "/notifications/"),
        ("/notifications/settings/", "/notifications/settings/"),
        ("/cases/new/", "/cases/new/"),
        ("/accounts/profile/", "/accounts/profile/"),
    ],
)
def test_a_button_without_words_leads_back_to_its_page(address, page, client, case):
    answer = client.post(address.format(case.pk), {})
    where = urlsplit(answer.url)
    assert where.path == "/accounts/login/"
    assert parse_qs(where.query)["next"] == [page.format(case.pk)]
    assert "Your session has ended. Nothing was changed." in client.get(answer.url).content.decode()


def test_htmx_is_told_in_one_sentence_with_a_link(client, case, technician):
    fields = {"text": "She called.", "form_token": form_tokens.new(technician)}
    answer = client.post(f"/cases/{case.pk}/notes/", fields, headers={"HX-Request": "true"})
    assert answer.status_code == 403
    assert "Your session has ended" in answer.content.decode()
    assert f"next=%2Fcases%2F{case.pk}%2F" in answer.content.decode()
    assert "<html" not in answer.content.decode()
    assert not UnsentForm.objects.exists(), "it is still in the page"


@pytest.mark.parametrize(
    "fields",
    [
        {"description": "x" * (limits.UNSENT_FORM + 1)},
        {f"field-{number}": "x" for number in range(unsent_forms.MAX_FIELDS + 1)} | {"text": "A note"},
    ],
    ids=["long", "many"],
)
def test_what_is_kept_has_a_bound(fields, client, member):
    answer = client.post("/cases/new/", fields | {"form_token": form_tokens.new(member)})
    assert answer.status_code == 403
    assert "Copy your text" in answer.content.decode()
    assert not UnsentForm.objects.exists()


def test_only_the_latest_is_kept_and_for_a_day(client, member, clock, settings):
    for title in ("First", "Second\0"):
        client.post("/cases/new/", {"title": title, "form_token": form_tokens.new(member)})
    assert UnsentForm.objects.get().fields == {"title": "Second"}
    assert unsent_forms.kept_for(member)
    clock.shift(settings.CLEANUP_UNSENT_FORMS + dt.timedelta(seconds=1))
    assert unsent_forms.kept_for(member) is None


def test_it_can_be_dropped(client, member):
    client.post("/cases/new/", {"title": "Pension", "form_token": form_tokens.new(member)})
    client.force_login(member)
    assert client.post("/unsent/").url == "/"
    assert not UnsentForm.objects.exists()
    assert client.get("/unsent/").url == "/"


def test_passwords_are_never_kept(client, member):
    fields = {"oldpassword": PASSWORD, "password1": "another one", "password2": "another one"}
    client.post("/accounts/password/change/", fields)
    client.post("/accounts/login/", {"login": "member", "password": PASSWORD})
    assert not UnsentForm.objects.exists()


def test_a_deactivated_person_leaves_nothing(client, member):
    token = form_tokens.new(member)
    type(member).objects.update(is_active=False)
    client.post("/cases/new/", {"title": "Pension", "form_token": token})
    assert not UnsentForm.objects.exists()


def test_nothing_typed_reaches_a_log(client, member, technician, case, caplog, capfd):
    fields = {"title": "MARKER", "description": "MARKER", "form_token": form_tokens.new(member)}
    client.post("/cases/new/", fields)
    client.force_login(technician)
    client.post("/cases/new/", fields)
    assert "MARKER" not in caplog.text + "".join(capfd.readouterr())


def test_a_form_costs_a_person_who_is_signed_in_no_statement(client, technician, case):
    client.force_login(technician)
    address = f"/cases/{case.pk}/accept/"
    client.post(address)
    with CaptureQueriesContext(connection) as without:
        client.post(address)
    with CaptureQueriesContext(connection) as with_token:
        client.post(address, {"form_token": form_tokens.new(technician)})
    assert len(with_token) == len(without)
    assert (Case.objects.count(), CaseEvent.objects.count()) == (1, 0)
