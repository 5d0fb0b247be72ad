"""Nothing unreleased gets through any door, with each of the three values of RELEASE_MEMBER_VIEW."""

import datetime as dt
import re

import pytest
from django.core import mail
from django.test import Client

from cases.casework import assignment, notes
from cases.delivery import outbox
from cases.delivery.notifications import notify
from cases.models import Case, CaseAnswer, NotificationChoice
from tests.clocks import frozen_clock
from tests.conftest import FROZEN
from tests.factories import CaseAnswerFactory, CaseDocumentFactory, CaseFactory, CaseMessageFactory, UserFactory
from tests.tokens import header, new_token

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database(
        "is about the doors: tests/unit/models and tests/unit/selectors have who sees and finds what on both"
    ),
]

SECRETS = ["June 20", "2025-06-20", "Completed", "completed", "Result: granted"]


@pytest.fixture
def hidden(member, technician, clock):
    return CaseFactory(
        member=member,
        assigned_to=technician,
        scheduled=True,
        title="Pension",
        description="Result: granted",
        scheduled_release_date=dt.date(2025, 6, 20),
        date_completed=dt.datetime(2025, 6, 10, tzinfo=dt.UTC),
    )


def doors(client, case):
    """Return the responses at the member's doors: dashboard, list, searches, detail, API list, API detail."""
    pages = ["/", "/cases/", "/cases/?q=Pension", "/cases/?state=accepted", "/cases/?state=released"]
    return [client.get(url) for url in [*pages, f"/cases/{case.pk}/", "/api/cases/", f"/api/cases/{case.pk}/"]]


def test_hidden_tells_nothing(hidden, client, member, settings):
    settings.RELEASE_MEMBER_VIEW = "hidden"
    client.force_login(member)
    answers = doors(client, hidden)
    for answer in answers:
        text = answer.content.decode()
        assert hidden.external_case_id not in text
        assert "Pension" not in text.replace('value="Pension"', "")
        assert not [secret for secret in SECRETS if secret in text]
    assert [answer.status_code for answer in answers] == [200] * 5 + [404, 200, 404]
    assert 'id="list-count">0<' in answers[1].content.decode()
    assert answers[6].json()["results"] == []


def test_in_progress_looks_like_an_accepted_case(hidden, client, member, technician, settings):
    settings.RELEASE_MEMBER_VIEW = "in_progress"
    accepted = CaseFactory(member=member, assigned_to=technician, title="Refund", description="Which form?")
    client.force_login(member)
    answers = doors(client, hidden)
    for answer in answers:
        text = answer.content.decode().replace("Result: granted", "").replace('"date_completed":null', "")
        assert not [secret for secret in SECRETS if secret in text]
    assert [answer.status_code for answer in answers] == [200] * 8
    assert hidden.external_case_id in answers[3].content.decode(), "found among the accepted ones"
    assert hidden.external_case_id not in answers[4].content.decode()
    seen, like = answers[7].json(), client.get(f"/api/cases/{accepted.pk}/").json()
    assert {key for key in seen if seen[key] != like[key]} <= {"id", "external_case_id", "title", "description"}


def test_announced_tells_number_title_and_date_only(hidden, client, member, settings):
    settings.RELEASE_MEMBER_VIEW = "announced"
    client.force_login(member)
    answers = doors(client, hidden)
    for answer in answers:
        assert "granted" not in answer.content.decode()
    page = answers[5].content.decode()
    assert "This case is scheduled to be released on:" in page
    assert "June 20, 2025" in page
    assert "Accepted" not in page
    told = {key: value for key, value in answers[7].json().items() if value not in (None, "")}
    assert told == {
        "id": hidden.pk,
        "external_case_id": hidden.external_case_id,
        "title": "Pension",
        "state": "announced",
        "scheduled_release_date": "2025-06-20",
    }


@pytest.mark.parametrize("way", ["hidden", "in_progress", "announced"])
def test_an_outsider_sees_nothing_in_any_way(way, hidden, client, other_member, settings):
    settings.RELEASE_MEMBER_VIEW = way
    client.force_login(other_member)
    for answer in doors(client, hidden):
        assert hidden.external_case_id not in answer.content.decode()


@pytest.mark.parametrize("door", ["page", "api with session", "api with token"])
def test_a_member_who_looks_is_never_late(door, hidden, client, member, clock):
    clock.move_to(dt.datetime(2025, 6, 20, 0, 0, tzinfo=dt.UTC))
    headers = {}
    if door == "api with token":
        headers = header(new_token(member))
    else:
        client.force_login(member)
    url = f"/cases/{hidden.pk}/" if door == "page" else f"/api/cases/{hidden.pk}/"
    assert client.get(url, headers=headers).status_code == 200
    event = hidden.events.get(kind="released")
    assert (event.source, event.actor_name) == ("read", "release on read")


@pytest.mark.parametrize("looker", ["technician", "administrator", "other_member"])
def test_nobody_elses_look_releases(looker, hidden, client, clock, request):
    clock.move_to(dt.datetime(2025, 6, 20, 0, 0, tzinfo=dt.UTC))
    client.force_login(request.getfixturevalue(looker))
    client.get(f"/cases/{hidden.pk}/")
    assert Case.objects.get().actual_release_date is None


def test_a_deactivated_member_sees_nothing(client, member):
    CaseFactory(member=member, released=True)
    member.is_active = False
    member.save()
    assert not Case.objects.visible_to(member).exists()


def test_announced_has_nothing_to_announce_of_a_held_case(client, member, technician, settings, clock):
    settings.RELEASE_MEMBER_VIEW = "announced"
    held = CaseFactory(member=member, assigned_to=technician, held=True, title="Pension")
    client.force_login(member)
    assert "In progress" in client.get(f"/cases/{held.pk}/").content.decode()
    assert "Pension" in client.get("/cases/?state=accepted").content.decode()
    assert "Pension" not in client.get("/cases/?state=announced").content.decode()


@pytest.mark.parametrize("looker", ["member", "technician"])
def test_the_admin_is_no_door_for_others_than_administrators(looker, hidden, client, request):
    user = request.getfixturevalue(looker)
    user.is_staff = user.is_superuser = True
    user.save()
    client.force_login(user)
    for model in ("case", "caseevent", "outgoingemail"):
        answer = client.get(f"/admin/cases/{model}/")
        assert answer.status_code == 403
        assert hidden.external_case_id not in answer.content.decode()


WAYS = ["hidden", "in_progress", "announced"]
NOTE = "Snickersnee, says the register"
ANSWER = "Yes, Dandiprat counts"
# Said about a release that was recalled.
SAID = "Gongoozler is in the answer"


@pytest.fixture
def noted(hidden, technician):
    """The hidden case, with a note, an answer, two reports and its own history."""
    CaseAnswerFactory(case=hidden, text=ANSWER, updated_by=technician)
    for name in ("granted.pdf", "figures.pdf"):
        CaseDocumentFactory(case=hidden, name=name)
    notes.add(case=hidden, by=technician, text=NOTE)
    CaseMessageFactory(case=hidden, author=technician, text=SAID, release_number=1)
    for kind, channel in (("question", "mail"), ("reply", "digest")):
        NotificationChoice.objects.create(user=hidden.member, kind=kind, channel=channel)
    for kind in ("question", "reply", "released"):
        notify(kind, case=hidden, to=[hidden.member], by=technician, at=FROZEN, ref=1)
    assignment.hand_over_case(
        case=hidden, to=UserFactory(role="technician", username="uwe"), by=technician, source="web"
    )
    return hidden


def all_doors(client, case):
    """Return also the doors for staff, each with what would be sent there, and the search for what only staff read."""
    url = f"/cases/{case.pk}/"
    documents = [f"{url}documents/{document.pk}/" for document in case.documents.all()]
    documents += [f"{document}{part}/" for document in documents for part in ("view", "content")]
    searches = [f"/cases/?q={NOTE[:11]}", "/cases/?q=granted", "/cases/?q=Dandiprat"]
    previews = [f"{url}as-member/", f"{url}as-member/?when=after"]
    looks = [*searches, f"{url}?notes_before=99999", *previews, *documents, f"{url}release-timeline/"]
    looks += [f"{url}?messages_before=99999", f"/cases/?q={SAID[:10]}", "/cases/?waiting=staff"]
    looks += ["/notifications/", "/notifications/settings/", "/live/?path=/&token=x", f"/live/?path={url}&token=x"]
    looks += ["/history/", f"/history/?case={case.external_case_id}", "/history/export/"]
    answers = [*doors(client, case), *[client.get(look) for look in looks]]
    for headers in ({}, {"HX-Request": "true"}):
        answers += [client.get(url, headers=headers), client.get(f"{url}?notes_before=99999", headers=headers)]
        answers += [client.post(f"{url}notes/", {"text": "Me too."}, headers=headers)]
        answers += [client.get(f"{url}?messages_before=99999", headers=headers)]
        answers += [client.post(f"{url}messages/", {"insert": "1"}, headers=headers)]
        answers += [client.post(f"{url}hand-over/", {"to": case.assigned_to_id}, headers=headers)]
        answers += [client.post(f"{url}answer/", {"answer": "Mine.", "preview": "1"}, headers=headers)]
        answers += [client.post(f"{url}answer/", {"answer": "Mine.", "version": 0}, headers=headers)]
    return answers


def without_searches(text):
    """Return the text of a page without the search words that it repeats, and without random letters."""
    text = re.sub(r'(csrfmiddlewaretoken|form_token)" value="[^"]+"', "", text)
    for words in (NOTE[:11], "granted", "Dandiprat", SAID[:10]):
        text = text.replace(f'value="{words}"', "")
    return text


STAFFS = (NOTE[:11], "granted.pdf", "figures.pdf", "uwe", "Internal notes", "Release timeline", "Not opened")
UNRELEASED = ("Dandiprat", SAID[:10], "Your answer", "Your report", "Your case is ready")


def sent():
    """Return what is sent to members until the next day: each email with its headers, and the page of its unsubscribe
    link.

    With `hidden`, earlier notifications about the case are no longer sent.
    """
    with frozen_clock(FROZEN + dt.timedelta(hours=20)):
        outbox.deliver()
    for message in mail.outbox:
        if message.to == ["mia@example.com"]:
            html = message.alternatives[0].content
            link = re.search(r"https?://[^/]+(/notifications/unsubscribe/\S+/)", message.body)[1]
            page = Client().get(link).content.decode()
            yield f"{message.subject}{message.body}{html}{message.extra_headers}{page}"


@pytest.mark.parametrize(("person", "way"), [*(("member", way) for way in WAYS), ("other_member", "in_progress")])
def test_no_member_reads_a_note_an_answer_a_report_or_the_history(way, person, noted, client, request, settings):
    settings.RELEASE_MEMBER_VIEW = way
    client.force_login(request.getfixturevalue(person))
    for answer in all_doors(client, noted):
        text = without_searches(answer.content.decode())
        told = [word for word in STAFFS if word in text]
        told += [word for word in UNRELEASED if word in f"{answer.headers}{text}"]
        assert told == [], answer.request["PATH_INFO"]
    for message in sent():
        told = [word for word in (*STAFFS, *UNRELEASED, "Pension") if word in message]
        assert told == [], message
    assert noted.notes.count() == 1
    assert CaseAnswer.objects.get().text == ANSWER
    assert Case.objects.get().assigned_to.username == "uwe"


@pytest.mark.parametrize("way", WAYS)
def test_a_member_reads_no_note_of_a_released_case_either(way, noted, client, member, clock, settings):
    settings.RELEASE_MEMBER_VIEW = way
    clock.move_to(dt.datetime(2025, 6, 21, tzinfo=dt.UTC))
    client.force_login(member)
    answers = all_doors(client, noted)
    assert "granted.pdf" in answers[5].content.decode()
    for answer in answers:
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert NOTE[:11] not in body.decode().replace(f'value="{NOTE[:11]}"', "")


@pytest.mark.parametrize("way", WAYS)
def test_title_and_steps_hint_at_no_completion(way, noted, client, member, settings):
    settings.RELEASE_MEMBER_VIEW = way
    client.force_login(member)
    page = client.get(f"/cases/{noted.pk}/").content.decode()
    title = re.search(r"<title>(.*?)</title>", page, re.DOTALL).group(1)
    timeline = re.search(r"<ol class=\"timeline\".*?</ol>|$", page, re.DOTALL).group()
    steps = re.findall(r"<strong>(.+?)</strong>", timeline)
    if way == "hidden":
        assert "Pension" not in title
        assert steps == []
        return
    assert title == "Pension · Advisor Portal"
    assert steps == ["Draft created", "Submitted", "In progress", "Ready"]
    current = re.search(r"<li[^>]*aria-current=\"step\".*?<strong>(.*?)</strong>", page, re.DOTALL).group(1)
    assert current == "In progress"
    assert ("June 20, 2025" in page) == (way == "announced")


@pytest.mark.parametrize(("state", "way"), [("accepted", "in_progress"), *(("held", way) for way in WAYS)])
def test_the_answer_is_not_told_before_a_completion_or_in_a_hold_either(state, way, client, member, settings, clock):
    settings.RELEASE_MEMBER_VIEW = way
    case = CaseFactory(member=member, title="Pension", **({} if state == "accepted" else {state: True}))
    CaseAnswerFactory(case=case, text=ANSWER)
    client.force_login(member)
    for answer in all_doors(client, case):
        assert "Dandiprat" not in f"{answer.headers}{without_searches(answer.content.decode())}"


@pytest.mark.parametrize("way", WAYS)
def test_the_answer_comes_with_the_release_and_so_does_its_search(way, noted, client, member, clock, settings):
    settings.RELEASE_MEMBER_VIEW = way
    clock.move_to(dt.datetime(2025, 6, 21, tzinfo=dt.UTC))
    client.force_login(member)
    page = client.get(f"/cases/{noted.pk}/").content.decode()
    assert page.index("Your answer") < page.index(ANSWER) < page.index("granted.pdf")
    assert client.get(f"/api/cases/{noted.pk}/").json()["answer"] == ANSWER
    for url in ("/", "/cases/", "/cases/?q=Dandiprat", "/search/?q=Dandiprat", "/api/cases/"):
        text = without_searches(client.get(url).content.decode())
        assert "Dandiprat counts" not in text
    for url in ("/cases/?q=Dandiprat", "/search/?q=Dandiprat"):
        assert noted.external_case_id in client.get(url).content.decode()
