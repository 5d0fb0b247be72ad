"""First views: what counts as seeing a release, and that recording it costs and changes nothing for the reader."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import releases
from cases.lifecycle import first_views
from cases.models import Case, FirstView
from tests.conftest import FROZEN
from tests.factories import CaseDocumentFactory, CaseFactory
from tests.tokens import header, new_token
from tests.triggers import refuse

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def case(member, technician, clock):
    """Released an hour ago, with a report and a document from Mia."""
    case = CaseFactory(member=member, assigned_to=technician, due=True)
    releases.release_due(by="a test", source="sweep", now=FROZEN - HOUR)
    CaseDocumentFactory(case=case, name="granted.pdf")
    CaseDocumentFactory(case=case, submission=True)
    case.refresh_from_db()
    return case


def report_of(case):
    return f"/cases/{case.pk}/documents/{case.documents.get(kind='report').pk}/"


def doors(case):
    """The ways to see a release, by kind of view."""
    return {"page": f"/cases/{case.pk}/", "document": report_of(case), "api": f"/api/cases/{case.pk}/"}


def views():
    return list(FirstView.objects.order_by("pk").values_list("release_number", "kind", "at"))


def seen_at(case):
    return Case.objects.values_list("first_viewed_at", flat=True).get(pk=case.pk)


@pytest.mark.parametrize("kind", ["page", "document", "api"])
def test_the_first_look_is_recorded_and_later_ones_are_not(kind, case, client, member, clock):
    client.force_login(member)
    assert client.get(doors(case)[kind]).status_code == 200
    clock.shift(HOUR)
    assert client.get(doors(case)[kind]).status_code == 200
    assert views() == [(1, kind, FROZEN)]
    assert seen_at(case) == FROZEN


def test_each_way_has_its_own_row_and_the_case_the_first(case, client, member, clock):
    client.force_login(member)
    for url in reversed(doors(case).values()):
        client.get(url)
        clock.shift(HOUR)
    assert views() == [(1, "api", FROZEN), (1, "document", FROZEN + HOUR), (1, "page", FROZEN + 2 * HOUR)]
    assert seen_at(case) == FROZEN


def test_a_program_with_a_token_of_the_member_counts(case, client, member):
    client.get(doors(case)["api"], headers=header(new_token(member)))
    assert views() == [(1, "api", FROZEN)]


def test_a_look_that_releases_is_the_first_view_of_that_release(client, member, clock):
    case = CaseFactory(member=member, due=True)
    client.force_login(member)
    client.get(f"/cases/{case.pk}/")
    assert views() == [(1, "page", FROZEN)]


def test_a_view_is_no_change_of_the_case(case, client, member):
    client.force_login(member)
    before = Case.objects.values().get(pk=case.pk)
    client.get(doors(case)["page"])
    changed = {name for name, value in Case.objects.values().get(pk=case.pk).items() if value != before[name]}
    assert changed == {"first_viewed_at"}
    assert case.events.count() == 1


@pytest.mark.parametrize("kind", ["page", "document", "api"])
@pytest.mark.parametrize("who", ["technician", "other_technician", "administrator", "other_member"])
def test_nobody_elses_look_counts(who, kind, case, client, request):
    client.force_login(request.getfixturevalue(who))
    client.get(doors(case)[kind])
    client.get(f"/cases/{case.pk}/as-member/")
    assert views() == []
    assert seen_at(case) is None


@pytest.mark.parametrize("kind", ["page", "document", "api"])
@pytest.mark.parametrize("headers", [{"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}])
def test_what_a_browser_fetches_ahead_does_not_count(headers, kind, case, client, member):
    client.force_login(member)
    assert client.get(doors(case)[kind], headers=headers).status_code == 200
    assert views() == []


@pytest.mark.parametrize("kind", ["page", "document", "api"])
def test_to_ask_for_the_head_does_not_count(kind, case, client, member):
    client.force_login(member)
    client.head(doors(case)[kind])
    assert views() == []


def test_lists_and_what_the_member_handed_in_do_not_count(case, client, member):
    client.force_login(member)
    own = case.documents.get(kind="submission")
    for url in ("/", "/cases/", "/cases/?state=released", "/api/cases/", f"/cases/{case.pk}/documents/{own.pk}/"):
        assert client.get(url).status_code == 200
    assert views() == []


@pytest.mark.parametrize("state", ["draft", "submitted", "accepted", "scheduled", "held"])
@pytest.mark.parametrize("view", ["hidden", "in_progress", "announced"])
def test_there_is_nothing_to_see_before_the_release(state, view, client, member, technician, settings, clock):
    settings.RELEASE_MEMBER_VIEW = view
    case = CaseFactory(member=member, **{} if state == "accepted" else {state: True})
    CaseDocumentFactory(case=case, uploaded_by=technician)
    client.force_login(member)
    for url in doors(case).values():
        client.get(url)
    assert views() == []


def test_a_release_that_no_verb_wrote_is_seen_too(client, member, clock):
    case = CaseFactory(member=member, held=True, actual_release_date=FROZEN - HOUR)
    client.force_login(member)
    client.get(f"/cases/{case.pk}/")
    assert views() == [(0, "page", FROZEN)]
    assert seen_at(case) == FROZEN


# --- The cost and the failures ----------------------------------------------------------------------------------------


def statements(client, url):
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(url)
        b"".join(answer.streaming_content) if answer.streaming else answer.content
    return [query["sql"] for query in queries.captured_queries]


@pytest.mark.parametrize("kind", ["page", "document", "api"])
def test_a_later_view_costs_no_statement(kind, case, client, member, technician):
    """No more than for staff, whose views are not recorded."""
    client.force_login(member)
    url = doors(case)[kind]
    statements(client, url)
    later = statements(client, url)
    assert [sql for sql in later if sql.startswith(("INSERT", "UPDATE"))] == []
    alone = [sql for sql in later if "cases_firstview" in sql and '"cases_case"' not in sql]
    assert alone == []


@pytest.mark.parametrize("kind", ["page", "document", "api"])
@pytest.mark.parametrize(("table", "event"), [("cases_firstview", "INSERT"), ("cases_case", "UPDATE")])
def test_a_failure_changes_nothing_for_the_reader(table, event, kind, case, client, member, caplog):
    client.force_login(member)
    restore = refuse(table, event, "TRUE")
    answer = client.get(doors(case)[kind])
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert answer.status_code == 200
    assert body
    assert "first view not recorded" in caplog.text
    assert case.title not in caplog.text
    assert (views(), seen_at(case)) == ([], None)
    restore()
    client.get(doors(case)[kind])
    assert views() == [(1, kind, FROZEN)]


# --- Releases that are taken back -------------------------------------------------------------------------------------


def take_back(case):
    Case.objects.filter(pk=case.pk).update(actual_release_date=None, scheduled_release_date=None)


def test_the_next_release_is_not_seen_yet(case, client, member, administrator):
    client.force_login(member)
    client.get(doors(case)["page"])
    take_back(case)
    case.refresh_from_db()
    releases.release_now(case=case, by=administrator, source="web", reason="again")
    assert seen_at(case) is None
    client.get(doors(case)["page"])
    assert views() == [(1, "page", FROZEN), (2, "page", FROZEN)]
    assert seen_at(case) == FROZEN


class Request:
    """What `record` reads of a request."""

    method = "GET"
    headers: dict[str, str] = {}


def shown(case, member):
    """The case as Mia's page has fetched it."""
    fetched = first_views.with_recorded(Case.objects.visible_to(member), kind=FirstView.Kind.PAGE, by=member)
    return fetched.get(pk=case.pk)


def test_a_view_counts_for_the_release_that_was_shown(case, member, administrator):
    """The page was built, and then the release was taken back, and perhaps released again."""
    page, later_page = shown(case, member), shown(case, member)
    take_back(case)
    first_views.record(page, kind=FirstView.Kind.PAGE, by=member, request=Request())
    assert (views(), seen_at(case)) == ([(1, "page", FROZEN)], None)
    case.refresh_from_db()
    releases.release_now(case=case, by=administrator, source="web", reason="again")
    first_views.record(later_page, kind=FirstView.Kind.PAGE, by=member, request=Request())
    assert (views(), seen_at(case)) == ([(1, "page", FROZEN)], None)
