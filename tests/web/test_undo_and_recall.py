"""Undo and recall on the pages: what is offered to whom, what the pages say, and the page of evidence."""

import datetime as dt
import html
import json
import re

import pytest

from cases import releases
from cases.core.schedule import Schedule
from cases.delivery import outbox
from cases.models import Case, FirstView, OutgoingEmail
from cases.releases.unopened_reminders import queue_unopened_reminders
from tests.conftest import FROZEN
from tests.factories import CaseDocumentFactory, CaseFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("is about pages: tests/unit/releases has the verbs on both"),
]

REASON = "The figures are of another member."


@pytest.fixture
def case(member, technician):
    return CaseFactory(member=member, assigned_to=technician, title="Pension")


@pytest.fixture
def released(case, technician, clock):
    """Released by Tom, just now."""
    return releases.complete(case=case, by=technician, source="web", release_on=None)


def look(case, at=FROZEN):
    """As the member's first view leaves it."""
    FirstView.objects.create(case=case, release_number=case.release_number, kind="page", at=at)
    Case.objects.filter(pk=case.pk).update(first_viewed_at=at)


def page(client, case):
    return html.unescape(client.get(f"/cases/{case.pk}/").content.decode())


def toast(text):
    return re.search(r'<div class="toasts".*?</div></div>|<div class="toasts"[^>]*></div>', text, re.DOTALL).group()


# --- Undo -------------------------------------------------------------------------------------------------------------


def test_the_toast_and_the_page_offer_undo_with_the_seconds_left(case, client, technician, clock):
    client.force_login(technician)
    answer = client.post(f"/cases/{case.pk}/complete/", {"release_option": "now"}, follow=True)
    text = answer.content.decode()
    assert text.count(f'action="/cases/{case.pk}/undo/"') == 2
    assert f"/cases/{case.pk}/undo/" in toast(text)
    assert text.count('data-undo-for="30"') == 2
    clock.shift(12.5)
    assert 'data-undo-for="18"' in page(client, case)
    clock.shift(18)
    assert "data-undo-for" not in page(client, case)


def test_undo_takes_the_release_back_without_a_script(released, client, technician, member):
    client.force_login(technician)
    answer = client.post(f"/cases/{released.pk}/undo/", {"version": released.version}, follow=True)
    text = answer.content.decode()
    assert "Release undone. The case is on hold." in text
    assert "data-undo-for" not in text
    assert "Release undone" in text
    client.force_login(member)
    assert client.get(f"/cases/{released.pk}/").status_code == 404


def test_after_the_member_has_looked_undo_says_so_and_does_it(released, client, technician):
    look(released, FROZEN + dt.timedelta(hours=2, minutes=2))
    client.force_login(technician)
    assert "Seen at 2:02 PM." in page(client, released)
    answer = client.post(f"/cases/{released.pk}/undo/", {"version": released.version}, follow=True)
    assert "The member saw it at 2:02 PM." in answer.content.decode()
    released.refresh_from_db()
    assert released.is_held


def test_undo_is_offered_to_nobody_else_and_not_for_ever(
    released, client, administrator, other_technician, member, clock, settings
):
    for person in (administrator, other_technician, member):
        client.force_login(person)
        assert "data-undo-for" not in page(client, released)
    client.force_login(released.assigned_to)
    settings.RELEASE_UNDO_SECONDS = 0
    assert "data-undo-for" not in page(client, released)


def test_an_undo_that_is_refused_says_why(released, client, technician, clock):
    clock.shift(30)
    client.force_login(technician)
    answer = client.post(f"/cases/{released.pk}/undo/", {"version": released.version})
    assert answer.status_code == 409
    assert "It's too late to undo this release. An administrator can recall it." in html.unescape(
        answer.content.decode()
    )


def test_no_other_success_offers_undo(case, client, technician, clock):
    client.force_login(technician)
    answer = client.post(f"/cases/{case.pk}/complete/", {"release_option": "schedule"}, follow=True)
    assert "data-undo-for" not in answer.content.decode()


# --- Recall -----------------------------------------------------------------------------------------------------------


def test_an_administrator_recalls_with_a_reason(released, client, administrator):
    client.force_login(administrator)
    text = page(client, released)
    assert 'id="dialog-recall"' in text
    assert "The member will immediately lose access to the case." in text
    answer = client.post(f"/cases/{released.pk}/recall/", {"reason": REASON, "version": released.version}, follow=True)
    text = html.unescape(answer.content.decode())
    assert "Release recalled. The member can't see the case anymore. The case is on hold." in text
    assert REASON in text
    assert 'id="dialog-recall"' not in text


@pytest.mark.parametrize("reason", ["", "   ", "x" * 2001])
def test_a_recall_without_a_good_reason_shows_the_dialog_again(released, client, administrator, reason):
    client.force_login(administrator)
    answer = client.post(f"/cases/{released.pk}/recall/", {"reason": reason, "version": released.version})
    assert answer.status_code == 400
    text = answer.content.decode()
    assert "data-open-now" in re.search(r'<dialog[^>]*id="dialog-recall"[^>]*>', text).group()
    released.refresh_from_db()
    assert released.is_released


def test_technicians_are_not_offered_a_recall(released, client, technician):
    client.force_login(technician)
    assert "dialog-recall" not in page(client, released)
    assert client.post(f"/cases/{released.pk}/recall/", {"reason": REASON}).status_code == 403


@pytest.mark.parametrize("way", ["hidden", "in_progress", "announced"])
def test_no_door_tells_a_member_of_a_recall(way, released, client, administrator, member, settings):
    """The case looks as if it had never been released."""
    settings.RELEASE_MEMBER_VIEW = way
    document = CaseDocumentFactory(case=released, name="granted.pdf")
    releases.recall(case=released, by=administrator, source="web", reason=REASON)
    client.force_login(member)
    url = f"/cases/{released.pk}/"
    for address in (
        "/",
        "/cases/",
        "/cases/?q=Pension",
        "/cases/?q=figures",
        "/cases/?state=released",
        url,
        f"{url}releases/1/",
        f"{url}documents/{document.pk}/",
        "/api/cases/",
        f"/api{url}",
    ):
        text = client.get(address).content.decode().replace('value="figures"', "")
        assert not re.search("figures|recall|undone|granted.pdf", text, re.IGNORECASE), address
        assert ("Pension" in text.replace('value="Pension"', "")) <= (way != "hidden"), address


# --- Evidence ---------------------------------------------------------------------------------------------------------


def evidence(client, case, number=1):
    answer = client.get(f"/cases/{case.pk}/releases/{number}/")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", answer.content.decode())))


def test_the_evidence_says_when_by_whom_and_through_which_door(released, client, administrator, member, clock):
    clock.shift(31)
    outbox.deliver()
    look(released, FROZEN + dt.timedelta(minutes=2))
    for kind, minutes in (("document", 3), ("api", 4)):
        FirstView.objects.create(case=released, release_number=1, kind=kind, at=FROZEN + dt.timedelta(minutes=minutes))
    clock.move_to(FROZEN + dt.timedelta(minutes=5))
    releases.recall(case=released, by=administrator, source="api", reason=REASON)
    outbox.deliver()
    client.force_login(administrator)

    text = evidence(client, released)

    facts = [
        "Visible to the member Jun 11, 2025, 12:00:00 PM · tom · Web",
        "Release email accepted by the mail server Jun 11, 2025, 12:00:31 PM · mia · Email",
        "Page first opened Jun 11, 2025, 12:02:00 PM · mia · Web",
        "Report first downloaded Jun 11, 2025, 12:03:00 PM · mia · Web",
        "First read through the API Jun 11, 2025, 12:04:00 PM · mia · API",
        "Release recalled Jun 11, 2025, 12:05:00 PM · ada · API",
        "Recall email accepted by the mail server Jun 11, 2025, 12:05:00 PM · mia · Email",
    ]
    places = [re.sub("[\u2068\u2069]", "", text).find(fact.partition(" Jun ")[0]) for fact in facts]
    assert -1 not in places, text
    assert places == sorted(places)
    assert f"“{REASON}”" in text
    assert "What didn't happen" not in text


def test_the_evidence_says_what_did_not_happen(released, client, technician):
    client.force_login(technician)
    releases.undo(case=released, by=technician, source="web")
    text = evidence(client, released)
    assert "Release email: Canceled" in text
    assert "The member hasn't opened this release." in text
    assert "The member hasn't downloaded any documents from this release." in text
    assert "Release undone" in text
    assert "wasn't undone" not in text


def test_the_evidence_has_the_reminder_of_an_unopened_case(released, client, technician, clock, settings):
    """From the day on which it is queued, before and after it is sent."""
    settings.RELEASE_UNOPENED_REMINDER = True
    clock.shift(31)
    outbox.deliver()
    queue_unopened_reminders()
    clock.shift(settings.RELEASE_UNOPENED_DAYS * 86400 + 1)
    assert queue_unopened_reminders() == 1
    client.force_login(technician)
    assert "Reminder email: Waiting" in evidence(client, released)
    outbox.deliver()
    assert "Reminder email accepted by the mail server" in evidence(client, released)


def test_each_release_has_evidence_of_its_own(released, client, technician, administrator):
    releases.undo(case=released, by=technician, source="web")
    again = releases.release_now(case=released, by=administrator, source="web", reason="checked")
    client.force_login(administrator)
    assert "Release undone" in evidence(client, again, 1)
    text = evidence(client, again, 2)
    assert "Release undone" not in text
    assert "Release email: Waiting" in text
    assert "This release wasn't undone or recalled." in text
    for number in (0, 3):
        assert client.get(f"/cases/{again.pk}/releases/{number}/").status_code == 404


def test_a_release_that_nobody_recorded_has_a_page_that_says_so(client, technician, member):
    case = CaseFactory(member=member, assigned_to=technician, released=True)
    client.force_login(technician)
    assert "The history has no entry for this release." in evidence(client, case)
    assert not OutgoingEmail.objects.exists()


def test_the_case_page_leads_to_the_evidence(released, client, technician, administrator):
    client.force_login(technician)
    assert page(client, released).count(f"/cases/{released.pk}/releases/1/") == 2
    releases.recall(case=released, by=administrator, source="web", reason=REASON)
    assert page(client, released).count(f"/cases/{released.pk}/releases/1/") == 2


def test_members_have_no_evidence(released, client, member):
    client.force_login(member)
    assert client.get(f"/cases/{released.pk}/releases/1/").status_code == 404
    assert "releases/1" not in page(client, released)


# --- A new release date -----------------------------------------------------------------------------------------------

FORMER = Schedule(dt.date(2025, 6, 30), dt.time(9, 30))
UNDO = re.compile(r'class="toast-undo" action="([^"]+)">(.*?)</form>', re.DOTALL)


def moved(client, case, headers=None):
    """Return the response to a move to July 15."""
    change = {"release_date": "2025-07-15", "reason": "Court date", "version": case.version}
    return client.post(f"/cases/{case.pk}/reschedule/", change, headers=headers or {}, follow=True)


def undo_offered(answer):
    """Return where the toast's *Undo* button posts to, and what."""
    if "HX-Trigger" in answer.headers:
        (told,) = json.loads(answer.headers["HX-Trigger"])["toasts"]["messages"]
        return told["undo"]["url"], told["undo"]["fields"]
    url, fields = UNDO.search(toast(answer.content.decode())).groups()
    return url, dict(re.findall(r'name="(\w+)" value="([^"]*)"', fields))


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["plain", "htmx"])
@pytest.mark.parametrize("person", ["technician", "administrator"])
def test_a_new_release_date_is_taken_back_from_the_toast(person, headers, case, technician, client, clock, request):
    releases.complete(case=case, by=technician, source="web", release_on=FORMER)
    case.refresh_from_db()
    client.force_login(request.getfixturevalue(person))
    url, fields = undo_offered(moved(client, case, headers))
    assert client.post(url, fields).status_code == 302
    case.refresh_from_db()
    events = case.events.count()
    assert case.schedule == FORMER
    # If pressed again, it has already been done.
    assert client.post(url, fields).status_code == 302
    assert case.events.count() == events


def test_a_date_that_may_not_be_chosen_anymore_is_not_offered(case, technician, client, clock):
    releases.complete(case=case, by=technician, source="web", release_on=FORMER)
    clock.shift(dt.timedelta(days=14).total_seconds())
    case.refresh_from_db()
    client.force_login(technician)
    answer = moved(client, case)
    assert "Release date updated." in answer.content.decode()
    assert not UNDO.search(toast(answer.content.decode()))
