"""The answer on the page of a case: written, saved automatically, previewed, locked, and read by the member."""

import re

import pytest

from cases import releases
from cases.models import CaseAnswer
from tests.factories import CaseAnswerFactory, CaseDocumentFactory, CaseFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock"),
    pytest.mark.one_database("is about pages: tests/unit/casework has the verbs on both"),
]

HTMX = {"HX-Request": "true"}
BOTH = pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])


@pytest.fixture
def case(member, technician):
    return CaseFactory(member=member, assigned_to=technician, title="Pension")


def write(client, case, text, headers=None, **fields):
    return client.post(f"/cases/{case.pk}/answer/", {"answer": text, **fields}, headers=headers or {})


def page_of(client, case):
    return client.get(f"/cases/{case.pk}/").content.decode()


def text_area(page):
    return re.search(r'<textarea[^>]*id="answer-text"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)[1]


@pytest.mark.parametrize("who", ["technician", "administrator"])
def test_it_is_saved_by_a_button(who, case, client, request):
    client.force_login(request.getfixturevalue(who))
    assert 'name="version" id="answer-version" value="0"' in page_of(client, case)
    answer = write(client, case, "Dear Mia,\r\n**yes**.", version=0)
    assert (answer.status_code, answer.url) == (302, f"/cases/{case.pk}/#answer")
    page = page_of(client, case)
    assert "Answer saved." in page
    assert text_area(page) == "Dear Mia,\n**yes**."
    assert 'name="version" id="answer-version" value="1"' in page
    assert f"by {request.getfixturevalue(who).display_name}" in page


def test_it_is_saved_while_it_is_typed_and_the_text_is_left_alone(case, client, technician):
    client.force_login(technician)
    answer = write(client, case, "Dear M", HTMX, version=0)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert '<span role="status">Saved</span>' in page
    assert 'id="answer-version" value="1" hx-swap-oob="true"' in page
    assert "<textarea" not in page
    assert "HX-Trigger" not in answer.headers, "no toast"
    write(client, case, "Dear Mia", HTMX, version=1)
    assert CaseAnswer.objects.get().text == "Dear Mia"


@BOTH
def test_what_somebody_else_saved_meanwhile_is_shown_and_can_be_replaced(
    headers, case, client, technician, administrator
):
    CaseAnswerFactory(case=case, text="Ada's *words*", version=3, updated_by=administrator)
    client.force_login(technician)
    answer = write(client, case, "Tom's words", headers, version=2)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Someone changed this answer after you opened it." in page
    assert "Ada's <em>words</em>" in page
    assert 'name="over" value="3"' in page
    assert 'id="answer-version" value="3"' not in page, "who only goes on typing replaces nothing"
    if not headers:
        assert text_area(page) == "Tom&#x27;s words"
    assert write(client, case, "Tom's words", headers, version=2, over=3).status_code in (200, 302)
    assert CaseAnswer.objects.get().text == "Tom's words"


@BOTH
@pytest.mark.parametrize("text", ["x" * 20_001, "a\0b", "x" * 40_001], ids=["too long", "zero", "much too long"])
def test_a_refused_text_is_still_there(text, headers, case, client, technician):
    client.force_login(technician)
    answer = write(client, case, text, headers, version=0)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert 'class="field-error" role="alert"' in page
    if headers:
        assert answer.headers["HX-Retarget"] == "#answer-said"
    else:
        assert text_area(page) == text
        assert "<title>Error:" in page
    assert not CaseAnswer.objects.exists()


@pytest.mark.parametrize("fields", [{"version": "x"}, {"version": ["0", "1"]}, {"over": "-1"}])
def test_what_cannot_be_read_saves_nothing(fields, case, client, technician):
    client.force_login(technician)
    assert write(client, case, "Yes.", **fields).status_code == 400
    assert not CaseAnswer.objects.exists()


@BOTH
def test_a_preview_shows_it_as_the_member_reads_it_and_saves_nothing(headers, case, client, technician):
    client.force_login(technician)
    answer = write(client, case, "**Yes** <script>", headers, preview="1", version=0)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<strong>Yes</strong> &lt;script&gt;" in page
    assert ("<html" in page) == (not headers)
    if not headers:
        assert text_area(page) == "**Yes** &lt;script&gt;"
    assert not CaseAnswer.objects.exists()


@BOTH
def test_an_empty_preview_says_so(headers, case, client, technician):
    client.force_login(technician)
    assert "Nothing to preview yet." in write(client, case, "", headers, preview="1").content.decode()


@BOTH
@pytest.mark.parametrize("state", ["held", "scheduled", "released"])
def test_completion_locks_it_and_loses_nothing_that_was_being_typed(state, headers, member, technician, client):
    case = CaseFactory(member=member, assigned_to=technician, **{state: True})
    CaseAnswerFactory(case=case, text="*Yes*.")
    client.force_login(technician)
    page = page_of(client, case)
    assert "Locked since" in page
    assert "<em>Yes</em>." in page
    assert "answer-form" not in page
    answer = write(client, case, "Yes, and one more thing", headers, version=1)
    assert answer.status_code == 409
    assert "This case" in answer.content.decode()
    if not headers:
        assert "Yes, and one more thing</textarea>" in answer.content.decode()
    assert CaseAnswer.objects.get().text == "*Yes*."


def test_colleagues_read_it_and_cannot_write_it(case, client, other_technician):
    CaseAnswerFactory(case=case, text="*Yes*.")
    client.force_login(other_technician)
    page = page_of(client, case)
    assert "<em>Yes</em>." in page
    assert "answer-form" not in page
    assert write(client, case, "No.").status_code == 403


@pytest.mark.parametrize("state", ["draft", "submitted"])
def test_before_the_case_is_accepted_there_is_none(state, client, administrator):
    case = CaseFactory(**{state: True})
    client.force_login(administrator)
    assert 'id="answer"' not in page_of(client, case)


def test_a_completion_without_one_is_refused_where_one_is_required(case, client, technician, settings):
    settings.RELEASE_REQUIRES_ANSWER = True
    client.force_login(technician)
    assert "This case needs an answer before you can complete it." in page_of(client, case)
    answer = client.post(f"/cases/{case.pk}/complete/", {"release_option": "now"})
    assert answer.status_code == 400
    assert "Write an answer before you complete this case." in answer.content.decode()
    api = client.post(f"/api/cases/{case.pk}/release/", {"release_option": "now"}, content_type="application/json")
    assert api.status_code == 400
    assert "Write an answer before you complete this case." in api.content.decode()
    write(client, case, "Yes.")
    assert client.post(f"/cases/{case.pk}/complete/", {"release_option": "now"}).status_code == 302


# --- The member -------------------------------------------------------------------------------------------------------


def test_the_members_page_leads_with_it_then_the_report_then_the_rest(case, client, member, technician):
    CaseAnswerFactory(case=case, text="Dear Mia,\n\n**yes**.", updated_by=technician)
    CaseDocumentFactory(case=case, name="granted.pdf")
    CaseDocumentFactory(case=case, name="letter.pdf", submission=True)
    releases.complete(case=case, by=technician, source="web", release_on=None)
    client.force_login(member)
    page = page_of(client, case)
    parts = [
        "Your answer</h2>",
        "<strong>yes</strong>.",
        "granted.pdf",
        "Download</span>",
        "What you asked</h2>",
        "letter.pdf",
        "Release Status</h2>",
        "Progress</h2>",
    ]
    assert sorted(parts, key=page.index) == parts
    assert page.count("granted.pdf") == 1


def test_a_report_without_an_answer_leads_too(case, client, member, technician):
    CaseDocumentFactory(case=case, name="granted.pdf")
    releases.complete(case=case, by=technician, source="web", release_on=None)
    client.force_login(member)
    page = page_of(client, case)
    assert "Your answer" not in page
    assert page.index("Your report</h2>") < page.index("granted.pdf") < page.index("What you asked</h2>")


def test_a_released_case_with_neither_shows_the_question(case, client, member, technician):
    CaseAnswerFactory(case=case, text="")
    releases.complete(case=case, by=technician, source="web", release_on=None)
    client.force_login(member)
    page = page_of(client, case)
    assert "Your answer" not in page
    assert "Your report" not in page
    assert "What you asked</h2>" in page


# --- The API ----------------------------------------------------------------------------------------------------------


def test_the_api_tells_it_in_the_detail_and_never_in_lists(case, client, member, technician):
    CaseAnswerFactory(case=case, text="**Yes**.")
    client.force_login(technician)
    assert client.get(f"/api/cases/{case.pk}/").json()["answer"] == "**Yes**."
    assert "Yes" not in client.get("/api/cases/").content.decode()
    client.force_login(member)
    assert client.get(f"/api/cases/{case.pk}/").json()["answer"] == ""
    releases.complete(case=case, by=technician, source="web", release_on=None)
    assert client.get(f"/api/cases/{case.pk}/").json()["answer"] == "**Yes**."
    assert "Yes" not in client.get("/api/cases/").content.decode()


def test_a_case_without_one_says_so_in_the_api(case, client, technician):
    client.force_login(technician)
    assert client.get(f"/api/cases/{case.pk}/").json()["answer"] == ""


def test_what_one_saved_in_another_tab_is_called_so(case, client, technician):
    CaseAnswerFactory(case=case, text="Dear *Mia*", version=3, updated_by=technician)
    client.force_login(technician)
    page = write(client, case, "Dear Ms. Lee", HTMX, version=2).content.decode()
    assert "You changed this answer in another tab or window." in page
    assert "Dear <em>Mia</em>" in page
    assert 'name="over" value="3"' in page
