"""Django's admin: everything can be looked up, nothing can be edited without a verb, and no secret is shown."""

import html
from dataclasses import replace

import pytest
from django.apps import apps
from django.contrib import admin as django_admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import releases
from cases.accounts import calendar_feed, people
from cases.admin.actions import RELEASE_EARLY
from cases.casework import drafts
from cases.models import (
    AccountEvent,
    BlackoutDay,
    Case,
    CaseDocument,
    CaseEvent,
    CaseNote,
    CaseType,
    CaseTypeCondition,
    Condition,
    FirstView,
    Heartbeat,
    OutgoingEmail,
    PortalClock,
    PortalEvent,
    ReleaseDay,
    SampledTotal,
    User,
)
from tests.factories import CaseDocumentFactory, CaseFactory, CaseTypeFactory, UserFactory
from tests.tokens import new_token

pytestmark = pytest.mark.django_db

LIST = "/admin/cases/case/"
# Tables of the portal that the admin doesn't show, by what they hold.
NOT_SHOWN = {
    "what people write to each other, on the page of the case": {"caseanswer", "casemessage"},
    "what has a page of its own": {
        "absence", "bulkrow", "bulkrun", "cannedtext", "notification", "notificationchoice", "releasestop",
        "savedview", "storagereport", "viewpin",
    },
    "what opens an account or is about to": {"apitoken", "calendarfeed", "passwordresetrequest", "securitystate"},
    "what is made from other tables, or is only for the portal itself": {
        "apiusage", "casewords", "historyseal", "personwords", "reminder", "unsentform", "usedformtoken",
    },
}  # fmt: skip


@pytest.fixture
def admin(client, administrator: User) -> Client:
    """Ada's browser."""
    client.force_login(administrator)
    return client


@pytest.fixture
def rows(member, technician, administrator) -> dict[str, object]:
    """Create a row in each of the portal's tables that the admin shows."""
    case = CaseFactory(member=member, assigned_to=technician, scheduled=True)
    CaseDocumentFactory(case=case)
    met = {"state": "met", "settled_at": case.date_completed, "settled_through": "web"}
    case.conditions.create(kind="manual", name="Paid", created=case.date_completed, since=case.date_completed, **met)
    CaseNote.objects.create(case=case, author=technician, text="Call back", at=case.date_completed)
    releases.release_now(case=case, by=administrator, source="web", reason="asked")
    FirstView.objects.create(case=case, release_number=1, kind="page", at=case.date_completed)
    Heartbeat.objects.create(name="a sweep", at=case.date_completed)
    SampledTotal.objects.create(state="released", cases=1, counted_at=case.date_completed, seconds=1)
    counted = dict.fromkeys(("released", "delay_cases", "delay_seconds", "pending", "mailed"), 0)
    ReleaseDay.objects.create(day="2025-06-01", zone="UTC", counted_at=case.date_completed, **counted)
    BlackoutDay.objects.create(
        date="2025-06-01", name="Inventory", created=case.date_completed, created_by=administrator
    )
    people.deactivate(person=UserFactory(), by=administrator)
    CaseTypeFactory(conditions=["manual"])
    BlackoutDay.objects.create(
        date="2025-12-24", name="Inventory", created=case.date_completed, created_by=administrator
    )
    PortalEvent.objects.create(kind="clock_changed", at=case.date_completed, source="command", system_actor="a test")
    models = [
        Case,
        BlackoutDay,
        AccountEvent,
        CaseEvent,
        OutgoingEmail,
        PortalClock,
        PortalEvent,
        CaseDocument,
        BlackoutDay,
        CaseNote,
        CaseType,
        CaseTypeCondition,
        Condition,
        FirstView,
        Heartbeat,
        ReleaseDay,
        SampledTotal,
    ]
    return {model._meta.model_name: model.objects.first() for model in models} | {"user": member}


def url(row, page: str) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[row.pk])


def test_a_row_of_each_table_of_the_portal_is_looked_at(rows):
    shown = {model._meta.model_name for model in django_admin.site._registry if model._meta.app_label == "cases"}
    assert shown == set(rows)


def test_a_new_table_is_shown_or_named_here(rows):
    tables = {model._meta.model_name for model in apps.get_app_config("cases").get_models()}
    assert tables - set(rows) == set().union(*NOT_SHOWN.values())


def test_every_page_of_a_table_opens(admin, rows):
    for model in django_admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert admin.get(reverse(f"{name}_changelist")).status_code == 200, name
    for row in rows.values():
        assert admin.get(url(row, "change")).status_code == 200, row


def test_nothing_is_added_edited_or_deleted(admin, rows):
    for model in django_admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert admin.post(reverse(f"{name}_add"), {}).status_code == 403, name
    for row in rows.values():
        before = type(row).objects.filter(pk=row.pk).values().get()
        forged = dict.fromkeys(before, "2020-01-01")
        assert admin.post(url(row, "change"), forged | {"_save": "Save"}).status_code == 403, row
        assert admin.post(url(row, "delete"), {"post": "yes"}).status_code == 403, row
        everything = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
        admin.post(reverse(f"admin:cases_{row._meta.model_name}_changelist"), everything)
        assert type(row).objects.filter(pk=row.pk).values().get() == before


def test_nothing_can_be_deleted(rf, administrator):
    request = rf.get("/")
    request.user = administrator
    assert not [page for page in django_admin.site._registry.values() if page.has_delete_permission(request)]


@pytest.mark.parametrize(
    "forged",
    [{"role": "administrator"}, {"is_active": ""}, {"is_staff": "on", "is_superuser": "on"}, {"password": "x"}],
    ids=str,
)
def test_an_account_is_looked_after_by_verbs_alone(forged, admin, member):
    before = User.objects.filter(pk=member.pk).values().get()
    whole = {"username": "mia", "email": "mia@example.com", "role": "member", "is_active": "on"}
    assert admin.post(f"/admin/cases/user/{member.pk}/change/", whole | forged).status_code == 403
    assert (
        admin.post(f"/admin/cases/user/{member.pk}/password/", {"password1": "x", "password2": "x"}).status_code != 200
    )
    assert User.objects.filter(pk=member.pk).values().get() == before
    assert f'href="/people/{member.pk}/"' in admin.get(f"/admin/cases/user/{member.pk}/change/").content.decode()


def test_no_secret_is_shown(admin, technician, administrator):
    technician.set_password("a long secret phrase")
    technician.save()
    secrets = [
        technician.password,
        new_token(technician),
        calendar_feed.make(user=technician),
        technician.calendar_feed.token_digest,
    ]
    secrets.append(technician.api_tokens.get().digest)
    for page in ["/admin/", "/admin/cases/user/", f"/admin/cases/user/{technician.pk}/change/"]:
        content = admin.get(page).content.decode()
        assert not [secret for secret in secrets if secret in content], page
    assert admin.get("/admin/knox/authtoken/").status_code == 404
    assert admin.get("/admin/cases/calendarfeed/").status_code == 404


def test_it_says_whose_it_is(admin):
    page = admin.get("/admin/").content.decode()
    assert "Advisor Portal administration" in page
    assert 'rel="icon"' in page


def test_an_administrator_is_not_sent_to_an_administrator(admin):
    page = admin.get("/admin/cases/case/add/")
    assert page.status_code == 403
    assert "ask an administrator" not in page.content.decode()


# --- Transitions as actions ------------------------------------------------------------------------------------------


def choose(admin: Client, action: str, *cases: Case, **answer):
    """Return what the browser sends when an action of the list is chosen and, with `answer`, when its page is
    confirmed."""
    data = {"action": action, "_selected_action": [case.pk for case in cases]}
    return admin.post(LIST, data | answer, follow=True)


def confirmed(*cases: Case, reason: str = "asked for") -> dict[str, object]:
    return {"confirmed": "yes", "reason": reason} | {f"version_{case.pk}": case.version for case in cases}


@pytest.fixture
def pending(member, technician) -> Case:
    """Mia's case, scheduled."""
    return CaseFactory(member=member, assigned_to=technician, scheduled=True)


@pytest.mark.parametrize(
    ("action", "kind", "status"),
    [
        ("release_early", "released", "completed"),
        ("hold", "held", "completed"),
        ("return_to_accepted", "returned", "accepted"),
    ],
)
def test_a_transition_asks_for_the_reason_and_goes_through_the_verb(
    action, kind, status, admin, administrator, pending
):
    page = choose(admin, action, pending)
    assert 'name="reason"' in page.content.decode()
    assert pending.external_case_id in page.content.decode()
    assert not pending.events.exists()  # asked, not done

    answer = choose(admin, action, pending, **confirmed(pending))

    assert "1 case updated." in answer.content.decode()
    event = pending.events.get()
    assert (event.kind, event.actor, event.source, event.reason) == (kind, administrator, "admin", "asked for")
    pending.refresh_from_db()
    assert pending.status == status
    assert pending.is_released == (action == "release_early")
    assert pending.scheduled_release_date is None or pending.is_released


def test_releases_are_recalled_together(admin, administrator, member, technician):
    cases = CaseFactory.create_batch(2, member=member, assigned_to=technician, released=True)
    answer = choose(admin, "recall", *cases, **confirmed(*cases))
    assert "2 cases updated." in answer.content.decode()
    for case in cases:
        event = case.events.get()
        assert (event.kind, event.actor, event.source, event.reason) == (
            "recalled",
            administrator,
            "admin",
            "asked for",
        )
        case.refresh_from_db()
        assert case.is_held


@pytest.mark.parametrize("action", ["release_early", "hold"])
def test_without_a_reason_nothing_happens(action, admin, pending):
    answer = choose(admin, action, pending, **confirmed(pending, reason="  "))
    assert answer.status_code == 400
    assert "This field is required." in answer.content.decode()
    assert not pending.events.exists()


def test_what_is_refused_of_one_case_stops_no_other(admin, pending, member, technician):
    accepted = CaseFactory(member=member, assigned_to=technician)
    answer = choose(admin, "release_early", pending, accepted, **confirmed(pending, accepted))
    page = html.unescape(answer.content.decode())
    assert f"{accepted}: This case is in progress. It isn't completed yet." in page
    assert "1 case updated." in page
    pending.refresh_from_db()
    assert pending.is_released


def test_a_draft_that_was_deleted_is_not_shown(admin, member):
    """No one can see it, not even an administrator. Only its history is left."""
    case = CaseFactory(member=member, draft=True)
    assert case.external_case_id in admin.get(LIST).content.decode()
    drafts.delete_draft(case=case, by=member, source="web")
    for address in (LIST, f"{LIST}?q={case.external_case_id}", f"{LIST}?status__exact=deleted"):
        assert f"/case/{case.pk}/change/" not in admin.get(address).content.decode()
    assert admin.get(f"{LIST}{case.pk}/change/").status_code == 302
    page = choose(admin, "hold", case, **confirmed(case))
    assert page.status_code == 200
    assert "updated." not in page.content.decode()


def test_a_case_that_goes_while_it_is_changed_stops_no_other(admin, pending, member, technician, monkeypatch):
    gone = CaseFactory(member=member, assigned_to=technician, scheduled=True)
    release_now = RELEASE_EARLY.verb

    def slowly(**facts):
        if facts["case"] == gone:
            raise Case.DoesNotExist
        return release_now(**facts)

    monkeypatch.setattr("cases.admin.cases.RELEASE_EARLY", replace(RELEASE_EARLY, verb=slowly))
    page = html.unescape(choose(admin, "release_early", gone, pending, **confirmed(gone, pending)).content.decode())
    assert f"{gone}: This case no longer exists." in page
    assert "1 case updated." in page
    pending.refresh_from_db()
    assert pending.is_released


def test_where_everything_is_refused_no_message_speaks_of_success(admin, member, technician):
    cases = CaseFactory.create_batch(2, member=member, assigned_to=technician)
    page = html.unescape(choose(admin, "hold", *cases, **confirmed(*cases)).content.decode())
    assert page.count("This case is in progress. It isn't completed yet.") == 2
    assert "updated." not in page


def test_a_case_that_was_changed_meanwhile_is_left_alone(admin, administrator, pending):
    answer = confirmed(pending)
    releases.cancel_schedule(case=pending, by=administrator, source="web", reason="wait")
    page = choose(admin, "release_early", pending, **answer).content.decode()
    assert "You changed this case in another tab or window after you opened it here." in page
    pending.refresh_from_db()
    assert not pending.is_released


def test_a_forged_page_without_versions_changes_nothing(admin, pending):
    assert choose(admin, "release_early", pending, confirmed="yes", reason="x").status_code == 400
    assert not pending.events.exists()


def test_at_most_a_hundred_at_once(admin, monkeypatch, member, technician):
    monkeypatch.setattr("cases.admin.actions.MAX_CASES_AT_ONCE", 1)
    cases = CaseFactory.create_batch(2, member=member, assigned_to=technician, scheduled=True)
    page = choose(admin, "hold", cases[0], select_across="1", **confirmed(*cases)).content.decode()
    assert "Choose up to 1 cases at a time." in page
    assert not CaseEvent.objects.exists()


def test_others_find_no_actions(client, technician, pending):
    technician.is_staff = technician.is_superuser = True
    technician.save()
    client.force_login(technician)
    assert choose(client, "release_early", pending, **confirmed(pending)).status_code == 403
    assert not pending.events.exists()


# --- Long lists ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["case", "caseevent", "outgoingemail", "casedocument", "casenote", "user"])
def test_lists_count_to_a_cap_and_ask_as_often_for_many(table, admin, rows, administrator, monkeypatch):
    def cost() -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            assert admin.get(f"/admin/cases/{table}/").status_code == 200
        return [query["sql"] for query in queries.captured_queries]

    few = cost()
    more = CaseFactory.create_batch(5, scheduled=True)
    for case in more:
        CaseDocumentFactory(case=case)
        CaseNote.objects.create(case=case, author=case.assigned_to, text="More", at=case.date_completed)
        releases.release_now(case=case, by=UserFactory(role="administrator"), source="web", reason="asked")
    statements = cost()
    assert len(statements) == len(few)
    counts = [sql for sql in statements if "COUNT(" in sql]
    assert counts
    assert all("LIMIT 1000" in sql for sql in counts)


def test_filters_are_not_counted(admin, pending):
    assert "_facets" not in admin.get(LIST).content.decode()
    with CaptureQueriesContext(connection) as queries:
        admin.get(f"{LIST}?_facets=True")
    assert not [query for query in queries.captured_queries if "FILTER" in query["sql"]]


def test_a_case_is_found_by_its_number(admin, pending, member, technician):
    other = CaseFactory(member=member, assigned_to=technician)
    page = admin.get(f"{LIST}?q={pending.external_case_id}").content.decode()
    assert pending.external_case_id in page
    assert other.external_case_id not in page


def test_a_field_of_a_transition_given_twice_changes_nothing(admin, member):
    case = CaseFactory(member=member, scheduled=True)
    once = {"action": "release_early", "_selected_action": case.pk, "confirmed": "yes", "reason": "asked"}
    for twice in ({"reason": ["asked", "and asked"]}, {f"version_{case.pk}": [0, 1]}):
        data = once | {f"version_{case.pk}": 1} | twice
        assert admin.post(LIST, data).status_code == 400, twice
    case.refresh_from_db()
    assert case.actual_release_date is None
