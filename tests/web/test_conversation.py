"""The conversation on the page of a case: written, refused and read, with and without HTMX."""

import datetime as dt
import re

import pytest
from django.core.files.base import ContentFile

from cases.conversation import canned_texts
from cases.models import CaseMessage
from tests.factories import CaseFactory, CaseMessageFactory, UserFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("is about pages: tests/unit/conversation has the verbs on both"),
]


@pytest.fixture
def case(member, technician):
    return CaseFactory(member=member, assigned_to=technician)


def page_of(client, case, query=""):
    return client.get(f"/cases/{case.pk}/{query}").content.decode()


def test_a_question_is_asked_and_answered_with_files(case, client, member, technician):
    client.force_login(technician)
    sent = client.post(f"/cases/{case.pk}/messages/", {"message": "Please send **form DD-214**.", "asks": "on"})
    assert sent.url == f"/cases/{case.pk}/#conversation"
    assert "Waiting for member" in page_of(client, case)
    client.force_login(member)
    page = page_of(client, case)
    assert "Please send <strong>form DD-214</strong>." in page
    assert "Waiting for you" in page
    assert page.index("Please send") < page.index("What you asked"), "what the member is asked comes first"
    for url in ("/", "/cases/", "/cases/?waiting=member"):
        assert "Waiting for you" in client.get(url).content.decode()
    files = [ContentFile(b"%PDF-1.7\n", name="front.pdf"), ContentFile(b"%PDF-1.7\n", name="back.pdf")]
    assert client.post(f"/cases/{case.pk}/messages/", {"message": "", "file": files}).status_code == 302
    assert "Waiting for you" not in page_of(client, case)
    client.force_login(technician)
    assert "Messages to answer" in client.get("/").content.decode()
    page = page_of(client, case)
    assert "Message to answer" in page
    assert page.count("front.pdf") == page.count("back.pdf") == 3, "in the message, among the documents, in the history"
    client.post(f"/cases/{case.pk}/messages/no-reply/")
    assert "Message to answer" not in page_of(client, case)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"message": " "}, "Enter a message."),
        ({"message": "x" * 4001}, "Use up to 4,000 characters."),
        ({"message": "See this.", "file": ContentFile(b"MZ", name="run.exe")}, "See this."),
        ({"message": ["One.", "Two."]}, "Send it once."),
    ],
    ids=["nothing", "too long", "no document", "twice"],
)
def test_what_is_refused_is_still_there_with_the_reason(sent, said, case, client, member):
    client.force_login(member)
    answer = client.post(f"/cases/{case.pk}/messages/", sent)
    assert answer.status_code == 400
    page = answer.content.decode()
    assert said in page
    assert 'aria-invalid="true"' in page
    assert not CaseMessage.objects.exists()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "htmx"])
def test_a_canned_text_comes_after_what_was_typed_and_nothing_is_sent(headers, case, client, technician, administrator):
    kept = canned_texts.add(by=administrator, source="web", name="Form DD-214", text="Please send it.")
    client.force_login(technician)
    typed = {"message": "Dear Mia,", "canned": kept.pk, "insert": "1"}
    page = client.post(f"/cases/{case.pk}/messages/", typed, headers=headers).content.decode()
    assert "Dear Mia,\n\nPlease send it.</textarea>" in page
    assert ("<html" in page) == (not headers)
    assert 'name="asks" checked' not in page, "it was not ticked"
    assert not CaseMessage.objects.exists()
    sent = client.post(f"/cases/{case.pk}/messages/", {"message": "Dear Mia,"}, headers=headers)
    assert sent.status_code == (200 if headers else 302)
    if headers:  # the page itself shows what this has changed, and is not out of date
        assert all(f'id="{part}"' in sent.content.decode() for part in ("case-head", "conversation-token"))
    assert CaseMessage.objects.get().text == "Dear Mia,"


@pytest.mark.parametrize("opened_from", ["", "?list=sort%3Doldest&place=1"], ids=["link", "list"])
@pytest.mark.parametrize("who", ["member", "technician"])
def test_older_messages_are_a_page_away(who, opened_from, case, client, request):
    for number in range(51):
        CaseMessageFactory(case=case, text=f"word {number:02}")
    client.force_login(request.getfixturevalue(who))
    page = page_of(client, case, opened_from)
    assert "word 00" not in page
    assert page.index("word 01") < page.index("word 50")
    older, address = older_in(page), f"/cases/{case.pk}/"
    page = client.get(older, headers={"Referer": f"http://testserver{address}{opened_from}"}, follow=True)
    page = page.content.decode()
    assert "word 00" in page
    assert ("crumb-steps" in page) == bool(opened_from), "the way back to the list is kept"
    assert "word 01" not in page
    assert "Latest messages" in page


def older_in(page):
    (older,) = re.findall(r'href="([^"]*messages_before=\d+)#conversation"', page)
    return older.replace("&amp;", "&")


def test_older_messages_are_a_page_away_where_a_message_was_refused(case, client, member):
    for number in range(51):
        CaseMessageFactory(case=case, text=f"word {number:02}")
    client.force_login(member)
    refused = client.post(f"/cases/{case.pk}/messages/", {"message": ""})
    assert refused.status_code == 400
    assert "word 00" in client.get(older_in(refused.content.decode()), follow=True).content.decode()


@pytest.mark.parametrize("when", ["", "?when=after"], ids=["now", "after"])
def test_older_messages_are_a_page_away_in_the_preview(when, case, client, technician):
    for number in range(51):
        CaseMessageFactory(case=case, text=f"word {number:02}")
    client.force_login(technician)
    address = f"/cases/{case.pk}/as-member/"
    page = client.get(address + when).content.decode()
    older = client.get(address + older_in(page)).content.decode()
    assert "word 00" in older
    assert f'href="{address}{when}#conversation"' in older
    assert ("would see if the case were released now" in older) == bool(when)


# Whose text it is, what happened to the case while they wrote, and the response.
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
CLOSED = {
    "a colleague completed it": ("technician", {"held": True}, 409),
    "it is a colleague's now": ("technician", {}, 403),
    "it was released long ago": (
        "member",
        {"released": True, "actual_release_date": LONG_AGO},
        409,
    ),
}


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "htmx"])
@pytest.mark.parametrize(("who", "became", "status"), CLOSED.values(), ids=CLOSED)
def test_a_message_that_can_no_longer_be_sent_is_there_to_be_copied(
    who, became, status, headers, client, member, technician, request
):
    colleague = UserFactory(role="technician")
    case = CaseFactory(member=member, assigned_to=technician if became else colleague, **became)
    client.force_login(request.getfixturevalue(who))
    answer = client.post(f"/cases/{case.pk}/messages/", {"message": "Tom & I met."}, headers=headers)
    assert answer.status_code == status
    page = answer.content.decode()
    assert "Your text wasn&#x27;t saved" in page or "Your text wasn't saved" in page
    assert "readonly" in page
    assert "Tom &amp; I met.</textarea>" in page
    assert 'role="alert" tabindex="-1" autofocus' in page
    assert not CaseMessage.objects.exists()
