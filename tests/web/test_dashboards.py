"""What the dashboards say: what is new to a member, what a technician does next, what an administrator monitors."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from cases.conversation import messages
from cases.models import Case, User
from tests.factories import CaseAnswerFactory, CaseDocumentFactory, CaseFactory, CaseMessageFactory
from tests.pages import QUERIES

pytestmark = pytest.mark.django_db

MONDAY, TUESDAY = dt.datetime(2025, 6, 9, 9, tzinfo=dt.UTC), dt.datetime(2025, 6, 10, 9, tzinfo=dt.UTC)


def sections(answer) -> dict[str, str]:
    """Return the texts of the sections by their headings, in the order of the page."""
    found = re.findall(r"<section.*?<h2[^>]*>(.*?)</h2>(.*?)</section>", answer.content.decode(), flags=re.S)
    return {heading: " ".join(re.sub(r"<[^>]+>", " ", text).split()) for heading, text in found}


def rows(text: str) -> list[str]:
    return re.findall(r"Question \w+", text)


@pytest.fixture
def released(member, technician, clock):
    """One case of Monday, one of Tuesday."""
    return [
        CaseFactory(
            title=f"Question {day}", member=member, assigned_to=technician, released=True, actual_release_date=moment
        )
        for day, moment in (("monday", MONDAY), ("tuesday", TUESDAY))
    ]


def test_what_is_new_since_the_last_visit_says_so_once(client, member, released):
    client.force_login(member)
    type(member).objects.update(previous_login=MONDAY + dt.timedelta(hours=5))
    for _ in range(2):
        found = sections(client.get("/"))
        assert list(found) == ["New since your last visit", "Ready"]
        new, old = found.values()
        assert (set(rows(new)), rows(old)) == ({"Question tuesday"}, ["Question monday"])
        assert "Ready · Released Jun 10, 2025" in new
        assert "View your case" in new
        assert "Released Jun 9, 2025" in old


@pytest.mark.parametrize(
    ("reports", "text", "says"),
    [
        (0, "", "View your case"),
        (0, "Yes.", "· Answer Read your answer"),
        (1, "Yes.", "· Answer and 1 report Read your answer"),
        (2, "Yes.", "· Answer and 2 reports Read your answer"),
        (2, "", "· 2 reports Open your report"),
    ],
)
def test_what_is_new_says_what_there_is_to_read(reports, text, says, client, member, released):
    monday, tuesday = released
    for case in (monday, tuesday):
        CaseAnswerFactory(case=case, text=text)
        CaseDocumentFactory(case=case, submission=True)
        CaseDocumentFactory.create_batch(reports, case=case)
    client.force_login(member)
    type(member).objects.update(previous_login=MONDAY + dt.timedelta(hours=5))
    answer = client.get("/")
    assert says in sections(answer)["New since your last visit"]
    assert answer.content.decode().count("btn-primary") == 1, "one filled button a page"


def test_to_a_first_visit_what_was_ready_before_is_plainly_ready(client, member, released):
    client.force_login(member)
    assert list(sections(client.get("/"))) == ["Ready"]


def test_a_member_sees_what_is_under_way_and_drafts(client, member, technician):
    CaseFactory(title="Question accepted", member=member, assigned_to=technician)
    CaseFactory(title="Question submitted", member=member, submitted=True, date_submitted=MONDAY)
    CaseFactory(title="Question draft", member=member, draft=True)
    CaseFactory.create_batch(6, member=member, submitted=True)
    client.force_login(member)
    found = sections(client.get("/"))
    assert list(found) == ["In progress", "Drafts"]
    assert found["In progress"].startswith("8 View all")
    assert "Continue" in found["Drafts"]
    assert 'href="/cases/?state=open"' in client.get("/").content.decode()
    assert rows(found["Drafts"]) == ["Question draft"]
    Case.objects.filter(title__regex="Question [0-9]").delete()
    assert "Question submitted" in sections(client.get("/"))["In progress"]
    assert "Submitted Jun 9, 2025" in sections(client.get("/"))["In progress"]


def test_a_technicians_queue(client, member, technician, other_technician, clock):
    tonight = {"scheduled_release_date": dt.date(2025, 6, 11), "scheduled_release_time": dt.time(18, 30)}
    later = {"scheduled_release_date": dt.date(2025, 6, 27), "date_completed": dt.datetime(2025, 6, 10, tzinfo=dt.UTC)}
    of_tom = {"member": member, "assigned_to": technician}
    CaseFactory(title="Question first", member=member, submitted=True)
    CaseFactory(title="Question second", member=member, submitted=True)
    CaseFactory(title="Question work", **of_tom, date_accepted=TUESDAY)
    CaseFactory(title="Question otto", member=member, assigned_to=other_technician)
    CaseFactory(title="Question tonight", **of_tom, scheduled=True, **tonight)
    CaseFactory(title="Question later", **of_tom, scheduled=True, **later)
    CaseFactory(title="Question held", **of_tom, held=True)
    CaseFactory(title="Question out", **of_tom, released=True, actual_release_date=TUESDAY)
    client.force_login(technician)
    answer = client.get("/")
    found = sections(answer)
    assert {heading: rows(text) for heading, text in found.items()} == {
        "Unassigned": ["Question first", "Question first", "Question second", "Question second"],
        "In progress": ["Question work"],
        "Due today": ["Question tonight"],
        "Scheduled": ["Question later"],
        "On hold": ["Question held"],
        "Released": ["Question out"],
    }, "the first two also on their buttons"
    assert "Completed Jun 10, 2025, releases Jun 27, 2025, 12:00 AM" in found["Scheduled"]
    assert "Completed Jun 11, 2025" in found["On hold"]
    assert "Released Jun 10, 2025, 9:00 AM" in found["Released"]
    assert "In progress since Jun 10, 2025" in found["In progress"]
    page = answer.content.decode()
    for query in ("state=submitted&amp;sort=urgent", "due=today&amp;technician=mine", "state=held&amp;technician=mine"):
        assert f'href="/cases/?{query}"' in page


def test_the_queue_has_what_is_urgent_first_then_what_waits_longest(client, technician, clock, member):
    clock.shift(-3 * 86400)
    cases = [CaseFactory(submitted=True, member=member, title=title) for title in ("Old", "Older than urgent")]
    clock.shift(3 * 86400 - 7200)
    urgent = CaseFactory(submitted=True, member=member, title="Urgent one", urgency="urgent")
    clock.shift(7200)
    client.force_login(technician)
    page = client.get("/").content.decode()
    titles = re.findall(r'class="row-title">(.*?)</span>', page)[:3]
    assert titles == [urgent.title, *(case.title for case in cases)]
    assert re.findall(r"Waiting \d[^<]+", page) == ["Waiting 2\xa0hours", "Waiting 3\xa0days", "Waiting 3\xa0days"]


def test_a_case_is_accepted_from_the_queue_and_one_is_back_there(client, member, technician, other_technician):
    case = CaseFactory(member=member, submitted=True, title="May I retire early?")
    client.force_login(technician)
    assert f'action="/cases/{case.pk}/accept/"' in client.get("/").content.decode()
    answer = client.post(f"/cases/{case.pk}/accept/", {"next": "queue"}, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    page = answer.content.decode()
    assert f'You accepted <a class="alert-link" href="/cases/{case.pk}/">' in page
    assert re.search(r"May I retire early\?[^.]*</a>(?!\.)", page), "no full stop after a question mark"
    case.refresh_from_db()
    assert case.assigned_to == technician
    client.force_login(other_technician)
    late = client.post(f"/cases/{case.pk}/accept/", {"next": "queue"})
    assert late.status_code == 409
    assert client.post(f"/cases/{case.pk}/accept/", {"next": "https://example.com/"}).status_code == 409


def test_only_technicians_accept_from_the_queue(client, member, administrator):
    CaseFactory(member=member, submitted=True)
    for person in (member, administrator):
        client.force_login(person)
        assert "/accept/" not in client.get("/").content.decode()


def test_an_administrator_is_told_of_trouble(client, member, technician, administrator, clock):
    client.force_login(administrator)
    assert "Go to operations" not in client.get("/").content.decode()
    case = CaseFactory(member=member, assigned_to=technician, due=True)
    page = client.get("/").content.decode()
    assert "Some cases are overdue for release." in page
    assert "Completed Jun 11, 2025, was due Jun 10, 2025, 12:00 AM" in page
    assert 'href="/operations/"' in page
    next_try = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    Case.objects.filter(pk=case.pk).update(release_error="no", release_attempts=1, release_next_try=next_try)
    page = client.get("/").content.decode()
    assert "Failing releases: 1." in page
    assert "Some cases are overdue for release." not in page
    client.force_login(technician)
    assert "Failing releases" not in client.get("/").content.decode()


@pytest.mark.parametrize("person", ["member", "technician", "administrator"])
def test_a_dashboard_costs_no_more_than_its_page_may(person, client, member, technician, administrator, request):
    client.force_login(request.getfixturevalue(person))

    def cost(count: int) -> int:
        for trait in ("draft", "submitted", "scheduled", "held", "released"):
            CaseFactory.create_batch(count, member=member, assigned_to=technician, **{trait: True})
        with CaptureQueriesContext(connection) as queries:
            client.get("/")
        return len(queries)

    few, many = cost(2), cost(40)
    # If a section has more than it shows, all are counted, and the totals are looked up.
    assert few < many <= few + 2
    # Every page looks up what is unread. Those of staff also look up the views in the menu, and whether releases are
    # stopped.
    assert many <= QUERIES["dashboard"] + 1 + 2 * (person != "member")


def test_what_was_accepted_last_is_first_whoever_looks(client, member, technician, administrator):
    """Not the newest case, but the one accepted last."""
    by_acceptance = {"now": 0, "yesterday": 1, "last week": 7}
    for title, days in reversed(by_acceptance.items()):
        CaseFactory(
            title=title,
            member=member,
            assigned_to=technician,
            date_accepted=TUESDAY - dt.timedelta(days=days),
            pk=100 + days,
        )
    for person, query in ((technician, "&technician=mine"), (administrator, "")):
        client.force_login(person)
        page = sections(client.get("/"))["In progress"]
        assert re.findall("now|yesterday|last week", page) == list(by_acceptance)
        listed = client.get(f"/cases/?state=accepted{query}").content.decode()
        assert re.findall('row-title"[^>]*>(now|yesterday|last week)<', listed) == list(by_acceptance)


@pytest.mark.parametrize("title", ["Pension", "", "<b>bold</b> & more", "x" * 200, "\u05e7\u05e6\u05d1\u05d4"])
def test_the_message_names_the_accepted_case_and_leads_to_it(title, client, member, technician, administrator):
    for person, words in ((technician, "You accepted"), (administrator, "was assigned to tom.")):
        case = CaseFactory(member=member, submitted=True, title=title)
        client.force_login(person)
        choice = {"technician": technician.pk} if person == administrator else {}
        answer = client.post(f"/cases/{case.pk}/accept/", choice | {"next": "queue"}, follow=True)
        name = escape(title or case.external_case_id)
        name = name if name.isascii() else f"<bdi>{name}</bdi>"
        toast = answer.content.decode().partition('id="toasts"')[2].partition("</span>")[0]
        assert f'<a class="alert-link" href="/cases/{case.pk}/">{name}</a>' in toast
        assert words in toast


def test_a_row_repeats_neither_the_state_in_its_heading_nor_the_readers_own_name(
    client, member, technician, administrator
):
    CaseFactory(member=member, assigned_to=technician, date_accepted=MONDAY)
    CaseFactory(member=member, assigned_to=technician, released=True, waiting_for="staff", waiting_since=MONDAY)
    client.force_login(technician)
    found = sections(client.get("/"))
    assert found["In progress"].count("In progress") == 1, "since when it is in progress"
    assert "Released " in found["Messages to answer"], "cases in any state"
    assert "assigned to" not in " ".join(found.values())
    client.force_login(administrator)
    assert "assigned to" in sections(client.get("/"))["In progress"]


def test_a_member_reads_what_they_are_asked(client, member, technician):
    asked, _silent = CaseFactory.create_batch(
        2, member=member, assigned_to=technician, date_accepted=MONDAY, waiting_for="member", waiting_since=MONDAY
    )
    other = CaseFactory(member=member, assigned_to=technician)
    for case, author, text, at in (
        (asked, technician, "An earlier one.", MONDAY - dt.timedelta(days=1)),
        (asked, technician, "Which *year*?\n\n- 2019 " + "or 2020 " * 50, MONDAY),
        (asked, member, "I'll look it up.", TUESDAY),
        (other, technician, "For information.", TUESDAY),
    ):
        CaseMessageFactory(case=case, author=author, text=text, at=at)
    client.force_login(member)
    found = sections(client.get("/"))
    waiting = found["Waiting for you"]
    assert f"{technician.display_name}: “Which year? 2019 or 2020 or 2020" in waiting
    assert len(waiting) < 400
    assert "earlier" not in waiting
    assert "look it up" not in waiting
    assert waiting.count("Reply") == 2
    assert waiting.count("In progress since") == 1, "the one without a message"
    assert "For information." not in found["In progress"]
    assert "Reply" not in found["In progress"]


def test_a_member_reads_the_question_and_not_what_followed_it(client, member, technician):
    case = CaseFactory(member=member, assigned_to=technician)
    client.force_login(member)

    def asked() -> str:
        return sections(client.get("/"))["Waiting for you"]

    def write(text: str, *, asks: bool, by: User = technician) -> None:
        messages.send(case=case, by=by, source="web", text=text, asks=asks)

    write("Hello.", asks=False)
    write("Which year?", asks=True)
    write("I'm out of office tomorrow.", asks=False)
    assert "“Which year?”" in asked()
    write("2019.", asks=False, by=member)
    write("And which month?", asks=True)
    write("The day doesn't matter.", asks=False)
    assert "“And which month?”" in asked()


def test_a_case_of_several_sections_is_shown_in_the_first(client, member, technician, clock):
    """The others show the next ones, and say where the rest is if they show all."""
    tonight = {"scheduled_release_date": dt.date(2025, 6, 11), "scheduled_release_time": dt.time(18, 30)}
    of_tom = {"member": member, "assigned_to": technician}
    asked = CaseFactory(title="Question asked", **of_tom, waiting_for="staff", waiting_since=MONDAY)
    for number in range(4):
        CaseFactory(title=f"Question tonight{number}", **of_tom, scheduled=True, **tonight)
    client.force_login(technician)
    found = sections(client.get("/"))
    assert rows(found["Messages to answer"]) == [asked.title]
    assert found["In progress"] == "1 1 case is shown above."
    assert len(rows(found["Due today"])) == 4
    assert found["Scheduled"] == "4 4 cases are shown above."
    for number in range(6):
        CaseFactory(title=f"Question later{number}", **of_tom, scheduled=True)
    found = sections(client.get("/"))
    assert len(rows(found["Scheduled"])) == 5
    assert "tonight" not in found["Scheduled"]
    assert found["Scheduled"].startswith("10 View all")


@pytest.mark.parametrize("person", ["technician", "administrator"])
def test_the_tile_of_urgent_cases_counts_the_list_that_it_leads_to(person, client, member, technician, request):
    client.force_login(request.getfixturevalue(person))
    tile = r'href="([^"]*urgency=urgent[^"]*)"><span class="tile-count[^"]*">(\d+)'
    CaseFactory(member=member, submitted=True)
    assert re.search(tile, client.get("/").content.decode())[2] == "0"

    for trait in ("draft", "submitted", "scheduled", "held", "released"):
        CaseFactory(urgency="urgent", member=member, assigned_to=technician, **{trait: True})
    link, count = re.search(tile, client.get("/").content.decode()).groups()
    listed = client.get(link.replace("&amp;", "&"))
    assert int(count) == listed.context["page"].paginator.count == 3
