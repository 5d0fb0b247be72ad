"""The bell, its page, people's choices, the link that stops emails, and pages that notice they are out of date."""

import datetime as dt
import re

import pytest
from django.core import mail, signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases import releases
from cases.accounts import notifications as verbs
from cases.core.schedule import Schedule
from cases.delivery import outbox, unsubscribe
from cases.delivery.notifications import notify, notify_queue
from cases.models import Case, Notification, NotificationChoice, OutgoingEmail, User
from tests.conftest import FROZEN
from tests.factories import CaseFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock"),
    pytest.mark.one_database("is about pages: tests/unit/delivery has the verbs on both"),
]

Kind = Notification.Kind
TITLE = "Quillfeather pension"
VIEWS = ["hidden", "in_progress", "announced"]


@pytest.fixture
def case(member, technician) -> Case:
    return CaseFactory(member=member, assigned_to=technician, title=TITLE)


def tell(kind, case, *people, by="portal", ref=None):
    notify(kind, case=case, to=people, by=by, at=FROZEN, ref=ref)


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def bell(client) -> int:
    return client.get("/live/").json()["unread"]


def page(client) -> str:
    return client.get("/notifications/").content.decode()


def deliver() -> list:
    mail.outbox.clear()
    outbox.deliver()
    return [message for message in mail.outbox if "Stop these emails" in message.body]


def shown_token(html):
    """Return what cases/live.js sends: the tokens of all parts."""
    return ".".join(re.findall(r'data-live-token="([^"]+)"', html))


# --- What is told, and to whom ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", VIEWS)
def test_a_member_is_told_nothing_that_tells_of_a_completion(view, case, member, technician, settings):
    """Bell, page, email and the push of an open page, before the completion, after it, and after the release."""
    settings.RELEASE_MEMBER_VIEW, settings.NOTIFICATION_EMAILS = view, True
    for kind in (Kind.RECEIVED, Kind.ACCEPTED, Kind.QUESTION):
        tell(kind, case, member)
    client = signed_in(member)
    open_page = client.get(f"/cases/{case.pk}/").content.decode()
    token = shown_token(open_page)
    asks = {"path": f"/cases/{case.pk}/", "token": token}
    before = page(client)
    assert (bell(client), TITLE in before) == (3, True)

    later = dt.date(2025, 6, 20)
    releases.complete(case=case, by=technician, source="web", release_on=Schedule(later, None))
    # They know only the number, title and date of an announced case, so like its page, notifications say nothing else.
    is_read = view == "in_progress"
    assert ('id="conversation"' in client.get(f"/cases/{case.pk}/").content.decode()) == is_read
    assert bell(client) == (3 if is_read else 0)
    assert (TITLE in page(client), case.external_case_id in page(client)) == (is_read, is_read)
    told = Notification.objects.latest("pk")
    assert client.post(f"/notifications/{told.pk}/open/").status_code == (302 if is_read else 404)
    Notification.objects.update(read_at=None)
    news = client.get("/live/", asks).json()["news"]
    assert news == ("This page is out of date." if view == "announced" else "")
    assert [case.external_case_id in message.body for message in deliver()] == ([True] if is_read else [])

    Case.objects.update(scheduled_release_date=FROZEN.date())
    assert client.get("/live/", asks).json() == {"unread": 4, "words": "4", "news": "Your case is ready."}
    assert "Your case is ready." in page(client)
    releases.recall(case=case, by=User.objects.create(username="r", role="administrator"), source="web", reason="No")
    # On hold, it looks as if in progress wherever it is visible at all.
    assert bell(client) == (0 if view == "hidden" else 3)
    assert "Your case is ready." not in page(client)


def test_everybody_has_their_own(case, member, other_member, technician):
    tell(Kind.ACCEPTED, case, member)
    told = Notification.objects.get()
    for other in (other_member, technician):
        client = signed_in(other)
        assert TITLE not in page(client)
        for step in ("open", "read"):
            assert client.post(f"/notifications/{told.pk}/{step}/").status_code == 404
        client.post("/notifications/read/", {"upto": told.pk})
    assert Notification.objects.get().read_at is None


def test_to_open_one_marks_what_is_told_of_its_case_and_leads_there(case, member, technician):
    other = CaseFactory(member=member, assigned_to=technician)
    for about in (case, case, other):
        tell(Kind.QUESTION, about, technician, by=member)
    client = signed_in(technician)
    newest = Notification.objects.filter(case=case).latest("pk")
    assert client.get(f"/notifications/{newest.pk}/open/").status_code == 302
    assert bell(client) == 3, "nothing is read by GET"
    answer = client.post(f"/notifications/{newest.pk}/open/")
    assert answer["Location"] == f"/cases/{case.pk}/#conversation"
    assert bell(client) == 1
    assert page(client).index("Earlier") > page(client).index("Mark all as read")


def test_what_came_after_the_page_was_made_stays_unread(case, technician, member):
    tell(Kind.QUESTION, case, technician, by=member)
    seen = Notification.objects.latest("pk").pk
    tell(Kind.REPLY, case, technician, by=member)
    client = signed_in(technician)
    client.post("/notifications/read/", {"upto": seen})
    assert bell(client) == 1


@pytest.mark.parametrize(("view", "unread"), [("hidden", 1), ("in_progress", 0), ("announced", 1)])
def test_what_cannot_be_read_now_is_not_marked_read(view, unread, case, member, technician, settings):
    settings.RELEASE_MEMBER_VIEW = view
    tell(Kind.QUESTION, case, member, by=technician)
    tell(Kind.ACCEPTED, CaseFactory(member=member, assigned_to=technician), member)
    later = Schedule(FROZEN.date() + dt.timedelta(days=10))
    releases.complete(case=case, by=technician, source="web", release_on=later)
    verbs.mark_all_read(by=member, upto=Notification.objects.latest("pk").pk)
    releases.return_to_accepted(case=case, by=technician, source="web")
    assert bell(signed_in(member)) == unread


def test_the_queue_says_how_many_wait(technician, member):
    CaseFactory.create_batch(2, submitted=True, member=member)
    notify_queue(by=member, at=FROZEN)
    assert "2 cases are waiting in the queue." in page(signed_in(technician))


def test_reminders_can_be_told_apart_by_the_release_they_are_about(member, technician):
    options = {"title": TITLE, "member": member, "assigned_to": technician}
    days = [{"scheduled": True, "scheduled_release_date": dt.date(2025, 6, day)} for day in (13, 14)]
    for now in (*days, {"released": True}, {"held": True}):
        tell(Kind.REMINDER, CaseFactory(**options, **now), technician, ref=1)
    told = re.findall(r"This case will be released soon\. ?(.*?) <span", page(signed_in(technician)))
    assert told[2:] == ["Releases Jun 14, 2025, 12:00 AM.", "Releases Jun 13, 2025, 12:00 AM."]
    assert told[0] == "Now: On hold."
    assert told[1].startswith("Released ")


@pytest.mark.parametrize("kind", [Kind.HELD, Kind.FAILED])
@pytest.mark.parametrize(
    ("state", "now"),
    [
        ({"released": True}, "Released"),
        ({"held": True}, "On hold"),
        ({}, "In progress"),
        ({"scheduled": True}, "Scheduled"),
    ],
    ids=["released", "on hold", "reopened", "moved"],
)
def test_what_is_told_of_a_release_says_what_has_become_of_it(kind, state, now, member, technician):
    case = CaseFactory(member=member, assigned_to=technician, due=True)
    tell(kind, case, technician, ref=case.schedule_revision)
    assert "Now:" not in page(signed_in(technician))
    settled = CaseFactory(member=member, assigned_to=technician, **state)
    tell(kind, settled, technician, ref=settled.schedule_revision)
    assert page(signed_in(technician)).count(f"Now: {now}.") == 1


def test_a_wave_of_one_kind_is_one_row_that_is_read_at_once(case, member, other_member, technician):
    wave = CaseFactory.create_batch(6, member=member, assigned_to=technician, scheduled=True)
    for about in wave:
        tell(Kind.REMINDER, about, technician, ref=1)
    tell(Kind.HELD, wave[0], technician, ref=1)  # it has more notifications, so it keeps its own row
    tell(Kind.REMINDER, case, technician, ref=1)
    tell(Kind.QUESTION, case, technician, by=member)
    client = signed_in(technician)
    shown = page(client)
    assert "A release is coming up" in shown
    assert shown.count("5 cases") == 2, "the row and the name of its button"
    assert shown.count('<li class="notice wave is-unread">') == 1
    assert shown.count('<li class="notice is-unread">') == 5 + 2
    assert all(about.external_case_id in shown for about in wave)

    these = re.findall(r'name="these" value="(\d+)"', shown)
    others = Notification.objects.create(recipient=member, case=case, kind=Kind.ACCEPTED, at=FROZEN)
    assert client.post(f"/notifications/{these[0]}/read/", {"these": [*these, others.pk, "x"]}).status_code == 302
    assert bell(client) == 4
    others.refresh_from_db()
    assert others.read_at is None
    assert '<li class="notice wave">' in page(client)


def test_the_page_says_how_the_number_of_the_bell_becomes_fewer_rows(case, member, technician):
    client = signed_in(technician)
    tell(Kind.QUESTION, case, technician, by=member)
    assert "unread notifications in" not in page(client), "one row for one"
    tell(Kind.REPLY, case, technician, by=member)
    assert "2 unread notifications in 1 group<" in page(client)
    for about in CaseFactory.create_batch(5, member=member, assigned_to=technician, scheduled=True):
        tell(Kind.REMINDER, about, technician, ref=1)
    assert bell(client) == 7
    assert "7 unread notifications in 2 groups<" in page(client)


def test_a_few_of_one_kind_are_rows_of_their_own(member, technician):
    for about in CaseFactory.create_batch(4, member=member, assigned_to=technician, scheduled=True):
        tell(Kind.REMINDER, about, technician, ref=1)
    assert "<details" not in page(signed_in(technician)).split('id="unread"')[1].split("</section>")[0]


# --- What people choose ----------------------------------------------------------------------------------------------


def test_people_choose_how_they_are_told(technician):
    client = signed_in(technician)
    form = client.get("/notifications/settings/").context["form"]
    chosen = {name: field.initial for name, field in form.fields.items()}
    assert "received" not in chosen
    assert "released" not in chosen
    client.post("/notifications/settings/", chosen | {"queue": "nothing", "assigned": "mail"})
    stored = set(NotificationChoice.objects.values_list("kind", "channel"))
    assert stored == {("queue", "nothing"), ("assigned", "mail")}
    assert client.post("/notifications/settings/", chosen | {"queue": "pigeon"}).status_code == 400


# --- Emails ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def by_email(settings):
    settings.NOTIFICATION_EMAILS = True


@pytest.mark.usefixtures("by_email")
def test_one_email_tells_all_and_stops_with_one_click(case, member, technician):
    other = CaseFactory(member=member, assigned_to=technician)
    tell(Kind.QUESTION, case, technician, by=member)
    tell(Kind.ASSIGNED, other, technician)
    (message,) = deliver()
    assert message.subject == "2 notifications for you"
    assert case.external_case_id in message.body
    assert other.external_case_id in message.body
    assert TITLE not in message.body + message.subject + message.alternatives[0][0]
    headers = message.extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = headers["List-Unsubscribe"].strip("<>").removeprefix("http://127.0.0.1:8000")
    for ask in (Client().get, Client().head):
        assert ask(path).status_code == 200
    assert not NotificationChoice.objects.exists(), "a mail scanner changes nothing"
    browser = Client(enforce_csrf_checks=True)
    for _again in range(2):
        assert browser.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    stored = set(NotificationChoice.objects.values_list("user__username", "kind", "channel"))
    assert stored == {("tom", "question", "portal"), ("tom", "assigned", "portal")}
    assert deliver() == []


@pytest.mark.usefixtures("by_email")
def test_a_subject_has_the_number_and_what_happened(case, member):
    tell(Kind.RECEIVED, case, member, by=member)
    (message,) = deliver()
    assert message.subject == f"{case.external_case_id}: We have received your case"
    assert "We have received your case. Next, a technician will accept it." in message.body


@pytest.mark.usefixtures("by_email")
@pytest.mark.parametrize("change", ["read", "handed over", "no longer by email", "deactivated", "address changed"])
def test_what_has_changed_meanwhile_is_not_sent(change, case, technician, other_technician):
    tell(Kind.ASSIGNED, case, technician)
    match change:
        case "read":
            verbs.mark_all_read(by=technician, upto=Notification.objects.latest("pk").pk)
        case "handed over":
            Case.objects.update(assigned_to=other_technician)
        case "no longer by email":
            verbs.choose(by=technician, channels={Kind.ASSIGNED: "portal"})
        case "deactivated":
            User.objects.filter(pk=technician.pk).update(is_active=False)
        case "address changed":
            User.objects.filter(pk=technician.pk).update(email="t@example.org", email_canonical="t@example.org")
    sent = deliver()
    assert [message.to for message in sent] == ([["t@example.org"]] if change == "address changed" else [])
    assert OutgoingEmail.objects.get().state == ("sent" if sent else "dropped")


@pytest.mark.usefixtures("by_email")
def test_a_daily_email_waits_for_its_time_and_tells_what_is_left(case, technician, member, clock):
    NotificationChoice.objects.create(user=technician, kind=Kind.QUESTION, channel="digest")
    for _each in range(3):
        tell(Kind.QUESTION, case, technician, by=member)
    assert deliver() == []
    clock.move_to(FROZEN + dt.timedelta(hours=20))
    (message,) = deliver()
    assert message.subject == f"{case.external_case_id}: 3 notifications for you"
    clock.move_to(FROZEN + dt.timedelta(hours=48))
    assert deliver() == []


@pytest.mark.parametrize(
    "token", ["", "x", signing.dumps([1, ["queue"]], salt="another")], ids=["altered", "no token", "another salt"]
)
def test_a_link_that_the_portal_has_not_signed_changes_nothing(token, technician):
    verbs.choose(by=technician, channels={Kind.QUEUE: "mail"})
    altered = token or unsubscribe.link(technician, ["queue"]).rstrip("/").rpartition("/")[2][:-1]
    answer = Client().post(f"/notifications/unsubscribe/{altered}/")
    assert answer.status_code == 404
    assert "This link isn" in answer.content.decode()
    assert NotificationChoice.objects.get().channel == "mail"


# --- Pages that notice ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/cases/?state=accepted", "/cases/{}/"])
def test_an_open_page_notices_that_it_is_out_of_date(path, case, technician):
    client = signed_in(technician)
    path = path.format(case.pk)
    token = shown_token(client.get(path).content.decode())
    path, _, search = path.partition("?")
    asks = {"path": path, "search": f"?{search}", "token": token}
    assert client.get("/live/", asks).json()["news"] == ""
    releases.complete(case=case, by=technician, source="web", release_on=None)
    assert client.get("/live/", asks).json()["news"] in ("Released just now.", "This page is out of date.")
    assert client.get("/live/", asks | {"path": "/nowhere/"}).json()["news"] == ""


def test_a_part_that_is_replaced_does_not_bring_the_rest_of_the_page_up_to_date(case, technician, administrator):
    """Tom has the page open, Ada changes the case, and Tom writes a message: the page still shows what Ada changed."""
    client = signed_in(technician)
    page_, conversation = client.get(f"/cases/{case.pk}/").content.decode(), {"HTTP_HX_REQUEST": "true"}
    shown = dict(re.findall(r'id="(\w+)-token" hidden data-live-token="([^"]+)"', page_))
    releases.complete(case=case, by=administrator, source="web", release_on=Schedule(dt.date(2025, 6, 20), None))
    case.refresh_from_db()
    part = client.post(f"/cases/{case.pk}/messages/", {"message": "Hello", "asks": "on"}, **conversation)
    replaced = dict(re.findall(r'id="(\w+)-token" hidden data-live-token="([^"]+)"', part.content.decode()))
    assert list(replaced) == ["conversation"]
    asks = {"path": f"/cases/{case.pk}/", "token": ".".join((shown | replaced).values())}
    assert client.get("/live/", asks).json()["news"] == "This page is out of date."


def test_who_is_signed_out_is_told_nothing(client):
    assert client.get("/live/").status_code == 204


def test_the_bell_costs_one_statement(case, technician, member):
    client = signed_in(technician)
    counts = []
    for number in (0, 5):
        for _each in range(number):
            tell(Kind.QUESTION, case, technician, by=member)
        with CaptureQueriesContext(connection) as queries:
            client.get("/live/")
        counts.append(sum("cases_notification" in query["sql"] for query in queries))
    assert counts == [1, 1]
