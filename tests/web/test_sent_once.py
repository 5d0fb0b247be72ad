"""A form that creates something creates it once, however often its button is pressed."""

import datetime as dt
import re

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cases.delivery import outbox
from cases.lifecycle import form_tokens
from cases.models import (
    Absence,
    AccountEvent,
    BlackoutDay,
    CalendarFeed,
    Case,
    CaseDocument,
    CaseNote,
    Condition,
    PortalEvent,
    UsedFormToken,
    User,
)
from tests.factories import CaseFactory, UserFactory
from tests.unit.releases.test_races import Thread, held_open, somebody_waits_for_a_lock

PDF = b"%PDF-1.7\n%%EOF"


def token_on(page) -> str:
    """Return the token of the first form on the page that has one and is not in a dialog."""
    text = re.sub(r"<dialog.*?</dialog>", "", page.content.decode(), flags=re.S)
    return re.search('name="form_token" value="([^"]+)"', text)[1]


class Form:
    """A form that creates something: who sends it, the page it is on, where it posts to, and what it creates."""

    def __init__(self, person, page, address, fields, made, other):
        self.person, self.page, self.address, self.fields = person, page, address, fields
        self.made, self.other = made, other

    def __repr__(self):
        return self.address


def a_day():
    return dt.datetime.now(dt.UTC).date() + dt.timedelta(days=5)


def a_file(name="report.pdf"):
    return SimpleUploadedFile(name, PDF, content_type="application/pdf")


PERSON = {"first_name": "Ida", "last_name": "Novak", "email": "ida@example.com", "role": "technician"}
FORMS = [
    Form(
        "member",
        "/cases/new/",
        "/cases/new/",
        lambda: {"title": "Pension", "description": "When?\r\nHow?", "urgency": "normal"},
        lambda: list(Case.objects.filter(status="draft")),
        {"title": "Another"},
    ),
    Form(
        "technician",
        "/cases/{case}/",
        "/cases/{case}/notes/",
        lambda: {"text": "She called."},
        lambda: list(CaseNote.objects.all()),
        {"text": "He called."},
    ),
    Form(
        "technician",
        "/cases/{case}/",
        "/cases/{case}/documents/",
        lambda: {"file": a_file()},
        lambda: list(CaseDocument.objects.all()),
        {"file": None},
    ),
    Form(
        "administrator",
        "/people/invite/",
        "/people/invite/",
        lambda: dict(PERSON),
        lambda: list(User.objects.filter(email="ida@example.com")),
        {"first_name": "Ada"},
    ),
    Form(
        "technician",
        "/cases/{case}/conditions/",
        "/cases/{case}/conditions/",
        lambda: {"kind": "manual", "name": "Payment received", "version": Case.objects.get().version},
        lambda: list(Condition.objects.all()),
        {"name": "Contract signed"},
    ),
]
forms = pytest.mark.parametrize("form", FORMS, ids=repr)


def send(client, form, case, token, **changes):
    fields = form.fields() | {name: value or a_file("other.pdf") for name, value in changes.items()}
    return client.post(form.address.format(case=case.pk), fields | {"form_token": token})


@pytest.fixture
def case(member, technician):
    return CaseFactory(member=member, assigned_to=technician)


@pytest.mark.django_db
@forms
def test_a_form_that_is_sent_three_times_makes_one_and_leads_there(form, request, client, case, administrator):
    client.force_login(request.getfixturevalue(form.person))
    token = token_on(client.get(form.page.format(case=case.pk)))
    answers = [send(client, form, case, token) for _ in range(3)]
    assert len(form.made()) == 1
    assert {answer.status_code for answer in answers} == {302}
    assert len({answer.url for answer in answers}) == 1
    outbox.deliver()
    assert len(mail.outbox) <= 1


SAME_TWICE = {
    "/accounts/absences/": (
        "technician",
        lambda: {"deputy": User.objects.get(username="otto").pk, "first_day": a_day(), "last_day": a_day()},
        lambda: (Absence.objects.count(), AccountEvent.objects.filter(kind="absence_set").count()),
    ),
    "/blackout-days/new/": (
        "administrator",
        lambda: {"date": a_day(), "name": "Audit"},
        lambda: (BlackoutDay.objects.count(), PortalEvent.objects.count()),
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("address", SAME_TWICE)
def test_the_same_once_more_is_no_error(address, request, client, other_technician):
    person, fields, made = SAME_TWICE[address]
    client.force_login(request.getfixturevalue(person))
    answers = [client.post(address, fields()) for _ in range(2)]
    assert [(answer.status_code, answer.url) for answer in answers] == [(302, answers[0].url)] * 2
    assert made() == (1, 1)


@pytest.mark.django_db
@forms
def test_what_was_typed_into_a_form_that_was_sent_before_is_not_lost(form, request, client, case, administrator):
    client.force_login(request.getfixturevalue(form.person))
    token = token_on(client.get(form.page.format(case=case.pk)))
    send(client, form, case, token)
    answer = send(client, form, case, token, **form.other)
    page = answer.content.decode()
    assert answer.status_code in (400, 409)
    assert "You already sent this form with different content." in page
    assert len(form.made()) == 1
    for value in filter(None, form.other.values()):
        assert value in page
    # The form that is shown then is a new one.
    if form.person != "administrator":  # whose address is taken
        assert send(client, form, case, token_on(answer), **form.other).status_code == 302
        assert len(form.made()) == 2


@pytest.mark.django_db
@forms
def test_a_refused_form_can_be_sent_again(form, request, client, case, administrator):
    """A refused form created nothing, so its token is still valid."""
    client.force_login(request.getfixturevalue(form.person))
    token = token_on(client.get(form.page.format(case=case.pk)))
    assert client.post(form.address.format(case=case.pk), {"form_token": token}).status_code == 400
    assert send(client, form, case, token).status_code == 302
    assert len(form.made()) == 1


@pytest.mark.django_db
def test_a_second_press_ends_no_feed(client, technician):
    client.force_login(technician)
    token = token_on(client.get("/calendar/"))
    for _ in range(2):
        assert client.post("/calendar/feed/", {"action": "new", "form_token": token}).url == "/calendar/feed/"
    address = re.search(r"/calendar/[\w-]+\.ics", client.get("/calendar/feed/").content.decode())[0]
    assert Client().get(address).status_code == 200
    assert CalendarFeed.objects.count() == 1


@pytest.mark.django_db
def test_a_second_press_mails_no_second_invitation(client, administrator):
    ida = UserFactory(username="ida", role=User.Role.TECHNICIAN)
    ida.set_unusable_password()
    ida.save()
    client.force_login(administrator)
    token = token_on(client.get(f"/people/{ida.pk}/"))
    answers = [client.post(f"/people/{ida.pk}/invite/", {"form_token": token}, follow=True) for _ in range(3)]
    assert all("Invitation sent" in answer.content.decode() for answer in answers)
    assert ida.account_events.filter(kind=AccountEvent.Kind.INVITED_AGAIN).count() == 1


@pytest.fixture
def send_draft(client, member):
    """Send the form of an existing draft with a file, as a browser without scripts does."""
    client.force_login(member)
    draft = CaseFactory(member=member, draft=True)
    address = f"/cases/{draft.pk}/edit/"
    fields = {"title": "Pension", "description": "When?", "urgency": "normal", "version": draft.version}

    def send_(token=None, **more):
        token = token or token_on(client.get(address))
        return client.post(address, {**fields, "form_token": token, "file": a_file(), **more}), token

    return send_


@pytest.mark.django_db
@pytest.mark.parametrize("then", ["", "attach"], ids=["save", "attach"])
def test_a_draft_that_is_saved_twice_gets_its_file_once(then, send_draft):
    first, token = send_draft(then=then)
    again, _token = send_draft(token, then=then)
    assert (first.status_code, again.status_code) == (302, 302)
    assert first.url == again.url
    assert CaseDocument.objects.count() == 1


@pytest.mark.django_db
def test_a_draft_that_is_sent_again_with_another_file_says_so(send_draft):
    _first, token = send_draft()
    again, _token = send_draft(token, file=a_file("other.pdf"))
    assert again.status_code == 409
    assert "You already sent this form with different content." in again.content.decode()
    assert send_draft(file=a_file("other.pdf"), version=1)[0].status_code == 302
    assert CaseDocument.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["x", "x" * 5000, "1:2:3:4", "\0"])
def test_a_token_of_nobodys_makes_nothing(token, client, member):
    client.force_login(member)
    answer = client.post("/cases/new/", {"title": "Pension", "urgency": "normal", "form_token": token})
    assert answer.status_code == 409
    assert "This page is out of date." in answer.content.decode()
    assert "Pension" in answer.content.decode()
    assert not Case.objects.exists()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_presses_at_once_the_second_waits_for_what_the_first_makes(member):
    client = Client()
    client.force_login(member)
    fields = {"title": "Pension", "description": "", "urgency": "normal"}
    fields["form_token"] = form_tokens.new(member)
    with held_open(lambda: client.post("/cases/new/", fields)):
        second = Thread(lambda: client.post("/cases/new/", fields))
        somebody_waits_for_a_lock()
    draft = Case.objects.get()
    assert second.result().url == f"/cases/{draft.pk}/"
    assert UsedFormToken.objects.get().made == draft.pk
