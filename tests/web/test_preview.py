"""“View as the member”: what the member gets, with each RELEASE_MEMBER_VIEW, and nothing that changes anything."""

import datetime as dt
import itertools
import re

import pytest

from cases.models import Case, CaseEvent, ReleaseStop
from tests.conftest import FROZEN
from tests.factories import CaseAnswerFactory, CaseDocumentFactory, CaseFactory, CaseMessageFactory, CaseNoteFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock"),
    pytest.mark.one_database("is about pages: tests/unit/models has who sees a case on both"),
]

WAYS = ["hidden", "in_progress", "announced"]
STATES = ["submitted", "accepted", "held", "scheduled", "released"]


@pytest.fixture
def a_case(member, technician):
    def made(state, **columns):
        traits = {} if state == "accepted" else {state: True}
        case = CaseFactory(member=member, assigned_to=technician, title="Pension", **traits | columns)
        CaseDocumentFactory(case=case, submission=True, name="letter.pdf")
        CaseDocumentFactory(case=case, name="granted.pdf")
        CaseMessageFactory(case=case)
        CaseNoteFactory(case=case, text="She sounds worried.")
        CaseAnswerFactory(case=case, text="Yes, *granted*.")
        return case

    return made


def preview(client, case, query=""):
    return client.get(f"/cases/{case.pk}/as-member/{query}")


AFTER = "?when=after"


def body(answer):
    """Return the part of the page about the case."""
    found = re.search(r'<div id="case-page">.*(?=</main>)', answer.content.decode(), re.DOTALL)
    if not found:
        return None
    # Nothing can be done in a preview, so it has no input fields.
    return " ".join(re.sub(r'<form class="compose".*?</form>', "", found[0], flags=re.DOTALL).split())


def each_with_a_reader(states):
    """Every state with every RELEASE_MEMBER_VIEW. Everyone who may look gets the same page, so they take turns."""
    readers = itertools.cycle(["technician", "other_technician", "administrator", "technician"])
    return [(state, way, next(readers)) for state in states for way in WAYS]


@pytest.mark.parametrize(("state", "way", "who"), each_with_a_reader(STATES))
def test_it_is_the_page_of_the_member(state, way, who, a_case, client, member, request, settings):
    settings.RELEASE_MEMBER_VIEW = way
    case = a_case(state)
    client.force_login(member)
    members = client.get(f"/cases/{case.pk}/")
    client.force_login(request.getfixturevalue(who))
    answer = preview(client, case)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'href="/cases/{case.pk}/"' in page
    if members.status_code == 404:
        assert body(answer) is None
        assert "The member can't see this case right now" in page
        assert not [text for text in (case.title, case.external_case_id, "letter.pdf") if text in page]
    else:
        assert body(answer) == body(members)
    assert "She sounds worried." not in page
    assert ("granted.pdf" in page) == (state == "released")
    assert ("<em>granted</em>" in page) == (state == "released")


@pytest.mark.parametrize(("state", "way", "who"), each_with_a_reader(["accepted", "held", "scheduled", "due"]))
def test_after_the_release_it_is_what_the_member_will_read(state, way, who, a_case, client, member, request, settings):
    """The same code renders it: it is identical to the page once the case is released."""
    settings.RELEASE_MEMBER_VIEW = way
    case = a_case(state)
    before = Case.objects.values().get()
    client.force_login(request.getfixturevalue(who))
    answer = preview(client, case, AFTER)
    assert answer.status_code == 200
    assert Case.objects.values().get() == before
    assert not CaseEvent.objects.exists()
    moment = max(case.release_instant or FROZEN, FROZEN)
    completed = {"status": "completed", "date_completed": case.date_completed or moment}
    Case.objects.update(actual_release_date=moment, **completed)
    client.force_login(member)
    members = body(client.get(f"/cases/{case.pk}/"))
    assert "<em>granted</em>" in members
    assert body(answer) == members


BANNERS = {
    "accepted": "would see if the case were released now",
    "held": "would see if the case were released now",
    "due": "would see if the case were released now",
    "scheduled": "will see after the release on June 18, 2025 at 12:00 AM",
}


@pytest.mark.parametrize("state", BANNERS)
def test_two_tabs_say_which_view_it_is(state, a_case, client, technician):
    case = a_case(state)
    client.force_login(technician)
    now, after = preview(client, case).content.decode(), preview(client, case, AFTER).content.decode()
    assert f'href="/cases/{case.pk}/as-member/" aria-current="page">Now<' in now
    assert f'href="/cases/{case.pk}/as-member/?when=after" aria-current="page">After the release<' in after
    assert BANNERS[state] in after
    assert "sees right now" in now


@pytest.mark.parametrize("state", ["submitted", "released"])
def test_where_no_release_is_ahead_there_are_no_tabs(state, a_case, client, technician):
    case = a_case(state)
    client.force_login(technician)
    now, after = preview(client, case), preview(client, case, AFTER)
    assert "After the release" not in now.content.decode()
    assert body(after) == body(now)


def test_a_deactivated_member_would_see_nothing_after_the_release_either(a_case, client, member, technician):
    case = a_case("scheduled")
    member.is_active = False
    member.save()
    client.force_login(technician)
    page = preview(client, case, AFTER).content.decode()
    assert "account is deactivated" in page
    assert "granted" not in page


WHY = {
    "held": "This case is on hold. No release date is set.",
    "scheduled": "The member will see it on June 18, 2025 at 12:00 AM.",
    "due": "will be released shortly",
}


@pytest.mark.parametrize("state", WHY)
def test_it_says_why_the_member_sees_nothing_and_from_when_on_not(state, a_case, client, technician):
    client.force_login(technician)
    page = preview(client, a_case(state)).content.decode()
    assert WHY[state] in page
    assert ("The member will see it on" in page) == (state == "scheduled")


def test_a_deactivated_member_sees_nothing(a_case, client, member, technician):
    case = a_case("released")
    member.is_active = False
    member.save()
    client.force_login(technician)
    assert "The member&#x27;s account is deactivated." in preview(client, case).content.decode()


@pytest.mark.parametrize("who", ["technician", "administrator"])
@pytest.mark.parametrize("way", WAYS)
def test_a_preview_never_releases(way, who, a_case, client, request, settings):
    """The member's own visit would (docs/rules.md, 11)."""
    settings.RELEASE_MEMBER_VIEW = way
    case = a_case("due")
    before = Case.objects.values().get()
    client.force_login(request.getfixturevalue(who))
    answer = preview(client, case)
    assert "granted.pdf" not in answer.content.decode()
    if way != "hidden":
        assert "It will be released when the member opens it" in answer.content.decode()
    assert Case.objects.values().get() == before
    assert not CaseEvent.objects.exists()


@pytest.mark.parametrize("state", ["draft", *STATES])
def test_nothing_can_be_done_in_it(state, a_case, client, administrator, settings):
    settings.RELEASE_MEMBER_VIEW = "in_progress"
    case = a_case(state)
    client.force_login(administrator)
    page = preview(client, case).content.decode()
    assert re.findall(r'action="([^"]+)"', page) == ["/search/", "/accounts/logout/"]
    assert "<dialog" not in page.partition("<main")[2].partition("</main>")[0]


def test_a_members_draft_is_nobodys_but_an_administrators(a_case, client, technician):
    client.force_login(technician)
    assert preview(client, a_case("draft")).status_code == 404


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("way", WAYS)
def test_for_members_it_does_not_exist(way, state, a_case, client, member, settings):
    settings.RELEASE_MEMBER_VIEW = way
    case = a_case(state)
    client.force_login(member)
    hidden, absent = preview(client, case), client.get("/cases/999999/as-member/")
    assert hidden.status_code == absent.status_code == 404
    strip = lambda answer: re.sub(r'csrfmiddlewaretoken" value="[^"]+"', "", answer.content.decode())  # noqa: E731
    assert strip(hidden).replace(f"/{case.pk}/", "/999999/") == strip(absent)


def test_moments_are_on_the_members_clock(a_case, client, member, technician, settings):
    member.time_zone = "Pacific/Auckland"
    member.save()
    settings.RELEASE_MEMBER_VIEW = "announced"
    announced, case = (
        a_case("scheduled"),
        a_case("submitted", date_submitted=dt.datetime(2025, 6, 10, 20, tzinfo=dt.UTC)),
    )
    client.force_login(technician)
    assert "June 11, 2025" in body(preview(client, case))
    assert "June 10, 2025" in client.get(f"/cases/{case.pk}/").content.decode()
    client.force_login(member)
    members = body(client.get(f"/cases/{announced.pk}/"))
    client.force_login(technician)
    assert body(preview(client, announced)) == members
    assert "Pacific/Auckland" not in preview(client, announced).content.decode(), "Tom's own clock is the portal's"


def test_what_holds_back_a_case_past_its_date_is_told(a_case, client, technician, administrator):
    case = a_case("due")
    ReleaseStop.objects.create(at=FROZEN, actor=administrator, reason="A wrong report went out.")
    client.force_login(technician)
    page = preview(client, case).content.decode()
    assert "All releases are stopped." in page
    assert "will be released shortly" not in page
