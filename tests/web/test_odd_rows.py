"""Everything copes with any rows that the constraints allow."""

import datetime as dt
from collections.abc import Iterable
from io import StringIO

import pytest
from django.contrib import admin as django_admin
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from cases import releases
from cases.core.errors import CaseError
from cases.core.schedule import Schedule
from cases.delivery import outbox
from cases.models import Case, CaseEvent, OutgoingEmail, ReleaseDay, User
from cases.monitoring import daily_statistics
from tasks.monitoring import count_cases, count_days
from tasks.releases import release_case, sweep
from tests.factories import CaseFactory
from tests.odd_rows import LAST, NOW, make_odd_rows
from tests.urls import url_of, url_patterns, urls_of_a_case

pytestmark = pytest.mark.django_db

QUERIES = [
    "/cases/?state=released",
    "/cases/?state=scheduled",
    "/cases/?state=held",
    "/cases/?due=today",
    "/cases/?q=2011",
    "/calendar/?whose=all",
    "/calendar/?whose=all&view=day&kind=released",
    "/calendar/?whose=all&date=1900-01-01",
    "/operations/?days=90",
    "/metrics",
]


@pytest.fixture
def odd(clock, technician) -> dict[str, Case]:
    return make_odd_rows(technician=technician)


OF_A_DOCUMENT = {"document", "document_content", "view_document", "remove_document"}


def addresses_of_no_case() -> list[str]:
    """Return every page with GET that is not about a case."""
    alone = [
        reverse(name)
        for name, pattern in url_patterns().items()
        if not pattern.pattern.regex.groupindex and not name.startswith("mfa_") and "logout" not in name
    ]
    return [*alone, *QUERIES]


def pages_of(client: Client, name: str, cases: list[Case]) -> int:
    """Open the page `name` of each of the cases, and return for how many it is shown.

    A URL without GET redirects to the page of the case, so one case is enough.
    """
    shown = 0
    for case in cases:
        status = client.get(url_of(name, case)).status_code
        assert status < 500, (name, case)
        if status == 302:
            break
        shown += status == 200
    return shown


def all_pages(client: Client, names: Iterable[str], cases: list[Case]) -> None:
    """Open each page that is not about a case, and `names` for each of the cases."""
    for address in addresses_of_no_case():
        assert client.get(address).status_code < 500, address
    assert sum(pages_of(client, name, cases) for name in sorted(names))


def test_every_page_opens(client, odd, administrator):
    client.force_login(administrator)
    all_pages(client, ["case_detail"], list(odd.values()))


@pytest.mark.one_database("reads the columns that the page of a case has read on both")
def test_every_other_page_of_a_case_opens(client, odd, administrator):
    client.force_login(administrator)
    shown = {name: pages_of(client, name, list(odd.values())) for name in sorted(urls_of_a_case() - OF_A_DOCUMENT)}
    assert any(shown.values())


@pytest.mark.one_database("opens the pages of an administrator again")
@pytest.mark.parametrize("view", ["in_progress", "announced"])
def test_every_preview_opens(settings, client, odd, administrator, view):
    """For staff, the setting changes only the preview of what a member would see."""
    settings.RELEASE_MEMBER_VIEW = view
    client.force_login(administrator)
    assert pages_of(client, "preview_case", list(odd.values()))


@pytest.mark.one_database("opens the pages of an administrator again")
def test_every_page_opens_for_a_technician(client, odd, technician):
    """The page of the case offers different actions. The other pages of a case are the same as the administrator's."""
    client.force_login(technician)
    all_pages(client, ["case_detail"], list(odd.values()))


@pytest.mark.one_database("finds the cases as tests/unit/models/test_visibility.py does on both")
@pytest.mark.parametrize("view", ["hidden", "in_progress", "announced"])
def test_every_page_opens_for_a_member(settings, client, odd, member, view):
    settings.RELEASE_MEMBER_VIEW = view
    Case.objects.update(member=member)
    OutgoingEmail.objects.update(recipient=member)
    client.force_login(member)
    all_pages(client, ["case_detail", "edit_case"], list(odd.values()))


@pytest.mark.parametrize("who", ["administrator", "technician", "member"])
def test_the_api_answers(request, odd, member, who):
    if who == "member":
        Case.objects.update(member=member)
    client = APIClient()
    client.force_authenticate(request.getfixturevalue(who))
    assert client.get("/api/cases/").status_code == 200
    for name, case in odd.items():
        assert client.get(f"/api/cases/{case.pk}/").status_code in (200, 404), name


def test_djangos_admin_shows_them(client, administrator, odd):
    client.force_login(administrator)
    for model in django_admin.site._registry:
        if model._meta.app_label != "cases":
            continue
        name = f"admin:cases_{model._meta.model_name}"
        assert client.get(reverse(f"{name}_changelist")).status_code == 200, name
        for row in model.objects.all()[:60]:
            assert client.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200, row


def test_the_tasks_run_to_their_end(odd):
    count_cases()
    count_days()
    for case in odd.values():
        release_case(case.pk, case.schedule_revision)
    sweep()
    outbox.deliver()
    count_days()
    assert Case.objects.filter(release_next_try=None).due(NOW).count() == 0


def test_the_commands_run_to_their_end(odd):
    for arguments in ([], ["--dry-run"], ["--send-emails"]):
        try:
            call_command("release_scheduled_cases", *arguments, stdout=StringIO(), stderr=StringIO())
        except CommandError as error:
            assert "will be retried" in str(error)  # noqa: PT017  (the rows that fail are named, and the others released)
    for keep in ("wall-clock", "instants"):
        call_command("change_time_zone", "UTC", "America/Chicago", "--keep", keep, stdout=StringIO())


def test_what_is_due_is_released_and_what_the_database_refuses_is_told(odd):
    batch = releases.release_due(by="a test", source="sweep")
    due = {name for name, case in odd.items() if case.pk in batch.released}
    failed = {name for name, case in odd.items() if case.pk in batch.failed}
    assert failed == {"due, its number is in history already", "due, its email is there already"}
    assert due == {
        "scheduled in the past",
        "scheduled at the beginning of time",
        "due, of a member without an address",
        "due, of a deactivated member",
        "due, of somebody who is no member any more",
    }


def test_every_verb_answers_with_a_sentence_or_does_it(odd, administrator):
    """Nothing except intended refusals by a verb."""
    later = Schedule(dt.date(2025, 8, 1))
    for name, case in odd.items():
        for act in (
            lambda case: releases.complete(case=case, by=administrator, source="web", release_on=later),
            lambda case: releases.schedule(case=case, by=administrator, source="web", release_on=later, reason="x"),
            lambda case: releases.cancel_schedule(case=case, by=administrator, source="web", reason="x"),
            lambda case: releases.release_now(case=case, by=administrator, source="web", reason="x"),
            lambda case: releases.return_to_accepted(case=case, by=administrator, source="web", reason="x"),
        ):
            assert _sentence(act, case), name


def _sentence(act, case) -> bool:
    try:
        with transaction.atomic():
            act(case)
    except CaseError as error:
        return bool(error.message)
    except IntegrityError:
        return CaseEvent.objects.filter(case=case).exists() or OutgoingEmail.objects.filter(case=case).exists()
    return True


# --- What is shown of them --------------------------------------------------------------------------------------------


def test_releases_without_history_are_shown_as_not_recorded(client, administrator, clock):
    """As the owner's guide does, in a shell."""
    for case in CaseFactory.create_batch(2, held=True):
        case.actual_release_date = NOW
        case.save()
    count_days()
    client.force_login(administrator)
    page = client.get("/operations/").content.decode()
    assert "Not recorded" in page
    assert "<dt>Not recorded</dt><dd>2</dd>" in page
    told = client.get("/metrics").content.decode()
    assert "portal_releases_not_recorded 2.0" in told
    assert 'portal_releases_total{source="eta"} 0.0' in told


def test_nothing_is_said_where_all_is_recorded(client, administrator, clock):
    CaseFactory(due=True)
    releases.release_due(by="a test", source="eta")
    count_days()
    client.force_login(administrator)
    assert "Not recorded" not in client.get("/operations/").content.decode()


def test_counters_never_go_back(client, clock):
    """Neither when a release is taken back, nor when someone clears the column."""
    CaseFactory.create_batch(3, due=True)
    releases.release_due(by="a test", source="eta")
    count_days()
    assert 'portal_releases_total{source="eta"} 3.0' in client.get("/metrics").content.decode()
    Case.objects.update(actual_release_date=None)
    clock.shift(120)
    count_days()
    assert 'portal_releases_total{source="eta"} 3.0' in client.get("/metrics").content.decode()
    assert ReleaseDay.objects.get(day=NOW.date()).released == 3
    assert daily_statistics.period(7, NOW).released == 3


def test_what_was_released_by_hand_does_not_fail_any_more(client, administrator, technician, clock):
    columns = {"release_attempts": 3, "release_error": "refused", "release_next_try": NOW + dt.timedelta(hours=1)}
    case = CaseFactory(due=True, assigned_to=technician, **columns)
    client.force_login(administrator)
    assert "1 case can&#x27;t be released." in client.get("/operations/").content.decode()
    Case.objects.filter(pk=case.pk).update(actual_release_date=NOW)
    assert "1 case can&#x27;t be released." not in client.get("/operations/").content.decode()
    assert list(Case.objects.failing(NOW)) == []
    for user in (administrator, technician):
        client.force_login(user)
        assert "Failing releases" not in client.get("/").content.decode()


@pytest.mark.parametrize(
    "name", ["date_created", "date_submitted", "date_accepted", "date_completed", "actual_release_date"]
)
@pytest.mark.parametrize("moment", [dt.datetime(1899, 12, 31, tzinfo=dt.UTC), LAST + dt.timedelta(microseconds=1)])
def test_moments_that_no_page_could_show_are_refused(db, name, moment):
    case = CaseFactory(held=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(**{name: moment})


def test_people_that_no_verb_made(client, administrator, clock):
    """Without a name, an address or a role that fits their cases."""
    nobody = User.objects.create(username="-", email="", role="member", is_active=False)
    CaseFactory(member=administrator, assigned_to=nobody, released=True)
    client.force_login(administrator)
    for path in ("/", "/cases/", "/people/", f"/people/{nobody.pk}/", "/calendar/", "/operations/"):
        assert client.get(path).status_code == 200, path
