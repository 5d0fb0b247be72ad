"""The page of a case for those who work on it: notes, handover, the date next to its form, and what HTMX swaps."""

import datetime as dt
import html
import re

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.models import Case, CaseEvent, CaseNote, NotificationChoice
from tests.conftest import FROZEN
from tests.factories import CaseAnswerFactory, CaseDocumentFactory, CaseFactory, CaseMessageFactory, CaseNoteFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock"),
    pytest.mark.one_database("is about pages: tests/unit has the verbs on both"),
]

HOUR = dt.timedelta(hours=1)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def case(member, technician):
    return CaseFactory(member=member, assigned_to=technician, scheduled=True, title="Pension")


def page_of(client, case, query=""):
    return client.get(f"/cases/{case.pk}/{query}").content.decode()


# --- Notes ----------------------------------------------------------------------------------------------------------


def note(client, case, text, **options):
    return client.post(f"/cases/{case.pk}/notes/", {"text": text}, **options)


@pytest.mark.parametrize("who", ["technician", "other_technician", "administrator"])
def test_all_staff_write_notes_and_read_each_others(who, case, client, request):
    CaseNoteFactory(case=case, text="She is <b>away</b>.")
    client.force_login(request.getfixturevalue(who))
    answer = note(client, case, "Called back.\r\nNobody there.")
    assert (answer.status_code, answer.url) == (302, f"/cases/{case.pk}/#notes")
    page = page_of(client, case)
    assert page.index("She is &lt;b&gt;away&lt;/b&gt;.") < page.index("Called back.<br>Nobody there.")
    assert CaseNote.objects.get(text__startswith="Called").author == request.getfixturevalue(who)


@pytest.mark.parametrize("text", ["", "  \r\n", "x" * 4001, "a\0b"], ids=["nothing", "blank", "too long", "zero"])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_a_refused_note_is_still_there(headers, text, case, client, technician):
    client.force_login(technician)
    answer = note(client, case, text, headers=headers)
    assert answer.status_code == 400
    page = answer.content.decode()
    assert 'id="note-text-error"' in page
    assert text.strip() in page
    assert ("<html" in page) == (not headers)
    assert not CaseNote.objects.exists()


def test_htmx_gets_the_panel_alone(case, client, technician):
    client.force_login(technician)
    answer = note(client, case, "Called back.", headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in page
    assert "Called back." in page
    assert "Note saved." in answer.headers["HX-Trigger"]
    assert "HX-Request" in answer.headers["Vary"]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_the_author_reads_which_mentions_reached_no_one(headers, case, client, technician, other_technician):
    client.force_login(technician)
    answer = note(client, case, "@otto and @nobody, page 3.", headers=headers)
    said = answer.headers["HX-Trigger"] if headers else page_of(client, case)
    said = re.sub("[\u2068\u2069]|\\\\u206[89]", "", html.unescape(said))
    assert f"Notified: {other_technician.display_name}." in said
    assert "We couldn't tell which colleague @nobody is." in said
    assert CaseNote.objects.get().text == "@otto and @nobody, page 3."
    note(client, case, "@otto, again.", headers=headers)
    assert "couldn't tell" not in html.unescape(page_of(client, case))


# What Otto and Ada have chosen for mentions, and whom the author's page says was notified.
NOTIFIED = {
    ("nothing", "nothing"): "Note saved.",
    ("nothing", "portal"): "Note saved. Notified: ada.",
    ("mail", "nothing"): "Note saved. Notified: otto.",
    ("digest", "portal"): "Note saved. Notified: otto, ada.",
    (None, None): "Note saved. Notified: otto, ada.",
}


@pytest.mark.parametrize("chosen", NOTIFIED, ids=str)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_the_author_reads_of_those_alone_who_were_notified(
    headers, chosen, case, client, technician, other_technician, administrator
):
    for person, channel in zip((other_technician, administrator), chosen, strict=True):
        if channel:
            NotificationChoice.objects.create(user=person, kind="mention", channel=channel)
    client.force_login(technician)
    answer = note(client, case, "@otto, @ada and @tom, page 3.", headers=headers)
    said = answer.headers["HX-Trigger"] if headers else page_of(client, case)
    said = re.sub("[\u2068\u2069]|\\\\u206[89]", "", html.unescape(said))
    assert re.search(r"Note saved\.( Notified: [\w, ]+\.)?", said)[0] == NOTIFIED[chosen]


def test_there_are_no_notes_on_a_draft(client, administrator):
    case = CaseFactory(draft=True)
    client.force_login(administrator)
    assert "Internal notes" not in page_of(client, case)
    assert note(client, case, "Wait.").status_code == 409


def test_older_notes_are_a_page_away(case, client, technician):
    notes = [CaseNoteFactory(case=case, text=f"Note {n:03}.") for n in range(101)]
    client.force_login(technician)
    latest = page_of(client, case)
    assert [text for text in ("Note 050.", "Note 051.", "Note 100.") if text in latest] == ["Note 051.", "Note 100."]
    older = page_of(client, case, f"?notes_before={notes[51].pk}")
    assert [text for text in ("Note 000.", "Note 001.", "Note 050.", "Note 051.") if text in older] == [
        "Note 001.",
        "Note 050.",
    ]
    oldest = page_of(client, case, f"?notes_before={notes[1].pk}")
    assert "Note 000." in oldest
    assert "Older notes" not in oldest
    assert "Latest notes" in oldest


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "²"])
def test_an_unreadable_page_of_notes_is_the_latest(before, case, client, technician):
    CaseNoteFactory(case=case)
    client.force_login(technician)
    assert "Mia called." in page_of(client, case, f"?notes_before={before}")


# --- Hand-over ------------------------------------------------------------------------------------------------------


def test_a_technician_hands_the_case_over_and_the_colleague_finds_it(case, client, technician, other_technician):
    client.force_login(technician)
    assert "Hand over to a colleague" in page_of(client, case)
    answer = client.post(
        f"/cases/{case.pk}/hand-over/", {"to": other_technician.pk, "reason": "I am away."}, follow=True
    )
    page = answer.content.decode()
    assert "Handed over to otto." in page
    assert '<div class="small">tom → otto</div>' in page
    assert "“I am away.”" in page
    assert "Hand over to a colleague" not in page
    client.force_login(other_technician)
    assert case.external_case_id in client.get("/").content.decode()
    assert "Hand over to a colleague" in page_of(client, case)


def test_a_refused_hand_over_keeps_the_word_and_offers_the_others(case, client, technician, other_technician):
    other_technician.is_active = False
    other_technician.save()
    client.force_login(technician)
    answer = client.post(f"/cases/{case.pk}/hand-over/", {"to": other_technician.pk, "reason": "I am away."})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "I am away.</textarea>" in page
    assert 'id="id_to_error"' in page
    assert ">otto</option>" not in page
    assert ">tom</option>" not in page
    assert not CaseEvent.objects.exists()


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_a_hand_over_of_a_case_that_somebody_changed_is_asked_for_again(
    headers, case, client, technician, other_technician
):
    Case.objects.filter(pk=case.pk).update(version=5)
    client.force_login(technician)
    data = {"to": other_technician.pk, "reason": "I am away.", "version": 1}
    answer = client.post(f"/cases/{case.pk}/hand-over/", data, headers=headers)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Someone changed this case after you opened it." in page
    assert "I am away.</textarea>" in page
    assert not CaseEvent.objects.exists()
    assert client.post(f"/cases/{case.pk}/hand-over/", data | {"version": 5}, headers=headers).status_code in (200, 302)


# --- The date, beside its form --------------------------------------------------------------------------------------


def reschedule(client, case, headers=None, **data):
    return client.post(f"/cases/{case.pk}/reschedule/", data, headers=headers or {})


def test_htmx_gets_whatever_says_when_the_case_is_released(case, client, technician):
    client.force_login(technician)
    answer = reschedule(client, case, HTMX, release_date="2025-07-01", version=1)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in page
    assert "July 1, 2025 at 12:00 AM" in page
    assert "Release moved from " in page
    assert page.count('hx-swap-oob="true"') == 6
    # The forms of the other actions, too, are for the case as it is now.
    assert page.count('name="version" value="2"') == 3
    assert "Release date updated." in answer.headers["HX-Trigger"]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_a_refused_date_is_still_there(headers, case, client, administrator):
    client.force_login(administrator)
    answer = reschedule(client, case, headers, release_date="2025-06-01", release_time="09:30", reason="Court date")
    page = answer.content.decode()
    assert answer.status_code == 400
    assert ("<html" in page) == (not headers)
    assert '<details class="inline-form mt-3" id="reschedule" open>' in page
    assert 'id="reschedule_date_error"' in page
    for typed in ('value="2025-06-01"', 'value="09:30"', "Court date</textarea>"):
        assert typed in page
    assert not CaseEvent.objects.exists()


def test_an_administrator_gives_a_reason_beside_the_date(case, client, administrator):
    client.force_login(administrator)
    page = reschedule(client, case, HTMX, release_date="2025-06-12").content.decode()
    assert 'id="reschedule_reason_error"' in page
    assert reschedule(client, case, HTMX, release_date="2025-06-12", reason="Court date").status_code == 200


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_what_somebody_else_changed_meanwhile_is_shown_and_can_be_saved_over(headers, case, client, technician):
    Case.objects.filter(pk=case.pk).update(version=5)
    client.force_login(technician)
    answer = reschedule(client, case, headers, release_date="2025-07-01", version=1)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Someone changed this case" in page
    assert 'value="2025-07-01"' in page
    assert 'name="version" value="5"' in page
    assert reschedule(client, case, headers, release_date="2025-07-01", version=5).status_code in (200, 302)


def test_a_case_that_was_released_meanwhile_has_no_date_to_change(case, client, technician):
    Case.objects.filter(pk=case.pk).update(actual_release_date="2025-06-11T12:00Z", release_number=1)
    client.force_login(technician)
    answer = reschedule(client, case, HTMX, release_date="2025-07-01", version=1)
    assert (answer.status_code, answer.headers["HX-Refresh"]) == (409, "true")
    page = page_of(client, case)
    assert "has already been released" in page
    assert "reschedule_date" not in page


def test_a_case_that_went_back_to_work_meanwhile_is_loaded_anew_and_says_so(case, client, technician):
    Case.objects.filter(pk=case.pk).update(
        status="accepted", scheduled_release_date=None, date_completed=None, version=2
    )
    client.force_login(technician)
    answer = reschedule(client, case, HTMX, release_date="2025-07-01", version=1)
    assert (answer.status_code, answer.headers["HX-Refresh"]) == (409, "true")
    page = page_of(client, case)
    assert "Nothing was saved because the case has changed." in page
    assert "This case is in progress. It isn&#x27;t completed yet." in page


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_a_reason_for_what_can_no_longer_be_done_can_still_be_copied(headers, case, client, technician):
    Case.objects.filter(pk=case.pk).update(
        status="accepted", scheduled_release_date=None, date_completed=None, version=2
    )
    client.force_login(technician)
    answer = reschedule(client, case, headers, release_date="2025-07-01", version=1, reason="She asked for it.")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "It isn&#x27;t completed yet." in page
    if headers:  # the form with the reason stays where it is
        assert "HX-Refresh" not in answer.headers
        assert "data-trouble" in page
    else:
        assert "Your text wasn't saved" in page
        assert "She asked for it." in page


# --- For all of it --------------------------------------------------------------------------------------------------


def test_the_history_names_documents(client, technician):
    case = CaseFactory(assigned_to=technician)
    client.force_login(technician)
    client.post(f"/cases/{case.pk}/documents/", {"file": ContentFile(b"%PDF-1.7\n", name="report.pdf")})
    page = page_of(client, case)
    assert "Document attached" in page
    assert "“report.pdf”" in page


@pytest.mark.parametrize(
    ("who", "url"),
    [
        ("member", ""),
        ("technician", ""),
        ("administrator", ""),
        ("technician", "as-member/"),
        ("administrator", "as-member/"),
    ],
)
def test_the_cost_of_the_page_is_that_of_an_empty_one(who, url, case, client, member, technician, request, settings):
    settings.RELEASE_MEMBER_VIEW = "in_progress"

    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/cases/{case.pk}/{url}").status_code == 200
        return len(queries)

    def fill(count):
        for _ in range(count):
            CaseNoteFactory(case=case, author=technician)
            CaseDocumentFactory(case=case, submission=True, message=CaseMessageFactory(case=case))
            event = {"kind": "accepted", "at": "2025-06-11T12:00Z", "source": "web", "schedule_revision": 0}
            CaseEvent.objects.create(case=case, actor=technician, **event)

    client.force_login(request.getfixturevalue(who))
    fill(1)
    one = cost()
    fill(59)
    assert cost() == one <= 17


# --- First views ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["technician", "other_technician", "administrator"])
def test_staff_read_whether_the_member_has_opened_it(who, client, member, technician, clock, request):
    released = CaseFactory(member=member, assigned_to=technician, released=True)
    staff = Client()
    staff.force_login(request.getfixturevalue(who))
    assert "Not opened yet" in page_of(staff, released)
    client.force_login(member)
    clock.shift(2 * HOUR)
    assert client.get(f"/cases/{released.pk}/").status_code == 200
    page = page_of(staff, released)
    assert "Seen Jun 11, 2:00 PM" in page
    assert "Not opened yet" not in page


def test_a_view_of_another_year_and_in_another_zone_says_so(client, member, technician, clock):
    at = FROZEN.replace(year=2024)
    case = CaseFactory(member=member, assigned_to=technician, released=True, first_viewed_at=at)
    technician.time_zone = "America/New_York"
    technician.save()
    client.force_login(technician)
    assert "Seen Jun 11, 2024, 8:00 AM EDT" in page_of(client, case)


def test_of_an_old_release_nobody_knows(client, member, technician, clock):
    old = FROZEN - 100 * 24 * HOUR
    case = CaseFactory(member=member, assigned_to=technician, released=True, actual_release_date=old)
    client.force_login(technician)
    page = page_of(client, case)
    assert "No view recorded" in page
    assert "Not opened yet" not in page


def test_of_what_is_not_released_the_page_says_nothing(case, client, technician):
    client.force_login(technician)
    page = page_of(client, case)
    assert "Not opened yet" not in page
    assert "Release timeline" in page


def test_the_question_is_above_the_answer_that_is_written_and_below_the_one_that_is_read(client, technician, member):
    own = {"member": member, "assigned_to": technician, "description": "When?"}
    client.force_login(technician)
    for traits, order in (({}, ["description", "answer-heading"]), ({"held": True}, ["answer-heading", "description"])):
        case = CaseFactory(**own, **traits)
        CaseAnswerFactory(case=case)
        page = client.get(f"/cases/{case.pk}/").content.decode()
        assert re.findall(r'<h2 id="(description|answer-heading)"', page) == order


def test_a_case_without_conditions_has_no_panel_for_them_but_an_action(client, technician, member):
    case = CaseFactory(member=member, assigned_to=technician)
    client.force_login(technician)
    page = client.get(f"/cases/{case.pk}/").content.decode()
    assert 'id="conditions"' not in page
    assert f'href="/cases/{case.pk}/conditions/"' in page.partition('id="case-actions"')[2]


def test_a_member_reads_dates_of_the_progress_once(client, member, technician):
    case = CaseFactory(member=member, assigned_to=technician, released=True, date_accepted=FROZEN)
    client.force_login(member)
    page = client.get(f"/cases/{case.pk}/").content.decode()
    on_paper = page.partition('id="progress"')[2].partition('<div class="d-none d-print-block">')[2]
    assert 'id="facts"' in on_paper
