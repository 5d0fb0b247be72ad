"""Every URL and role: who gets what, including outsiders. A new URL in the configuration fails until it is added
here."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone

from cases.models import Case, User
from tests.attempts import is_private, same_browser, undone
from tests.factories import CaseDocumentFactory, CaseFactory
from tests.urls import url_of, url_patterns

pytestmark = pytest.mark.one_database(
    "is about who gets what: tests/unit has the verbs on both, and tests/web/test_pages.py opens every page on both"
)

STRANGER, MIA, OLGA, TOM, OTTO, ADA = "stranger", "mia", "olga", "tom", "otto", "ada"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
CAST = [STRANGER, MIA, OLGA, TOM, OTTO, ADA]

# What the six get for GET and for POST (without data) if the case is Mia's, assigned to Tom, completed and not
# released: 404 for members whether it exists or not, and 302 to the login for a stranger.
HIDDEN = {
    # name: (GET …, POST …) in the order of CAST
    "dashboard": ([302, 200, 200, 200, 200, 200], [302, 405, 405, 405, 405, 405]),
    "case_list": ([302, 200, 200, 200, 200, 200], [302, 405, 405, 405, 405, 405]),
    "new_case": ([302, 200, 200, 403, 403, 403], [302, 400, 400, 403, 403, 403]),
    "case_detail": ([302, 404, 404, 200, 200, 200], [302, 405, 405, 405, 405, 405]),
    "edit_case": ([302, 404, 404, 403, 403, 403], [302, 404, 404, 403, 403, 403]),
    "delete_case": ([302] * 6, [302, 404, 404, 403, 403, 403]),
    "submit_case": ([302] * 6, [302, 404, 404, 403, 403, 403]),
    "attach_document": ([302] * 6, [302, 404, 404, 409, 403, 409]),
    "document": ([302, 404, 404, 200, 200, 200], [302, 405, 405, 405, 405, 405]),
    "view_document": ([302, 404, 404, 200, 200, 200], [302, 405, 405, 405, 405, 405]),
    "document_content": ([302, 404, 404, 200, 200, 200], [302, 405, 405, 405, 405, 405]),
    "remove_document": ([302, 404, 404, 409, 403, 409], [302, 404, 404, 409, 403, 409]),
    "accept_case": ([302] * 6, [302, 404, 404, 409, 409, 409]),
    "mark_case_completed": ([302] * 6, [302, 404, 404, 409, 403, 409]),
    "reschedule_case": ([302] * 6, [302, 404, 404, 400, 403, 400]),
    "return_case": ([302] * 6, [302, 404, 404, 302, 403, 302]),
    "cancel_schedule": ([302] * 6, [302, 404, 404, 403, 403, 400]),
    "hand_over_case": ([302] * 6, [302, 404, 404, 400, 403, 400]),
    "correct_case": ([302] * 6, [302, 404, 404, 409, 403, 409]),
    "add_note": ([302] * 6, [302, 404, 404, 400, 400, 400]),
    "add_condition": ([302, 404, 404, 200, 403, 200], [302, 404, 404, 400, 403, 400]),
    "meet_condition": ([302] * 6, [302, 404, 404, 302, 403, 302]),
    "approve_release": ([302] * 6, [302, 404, 404, 403, 302, 302]),
    "waive_condition": ([302, 404, 404, 403, 403, 200], [302, 404, 404, 403, 403, 400]),
    "link_condition": ([302] * 6, [302, 404, 404, 200, 403, 200]),
    "remove_condition": ([302] * 6, [302, 404, 404, 403, 403, 302]),
    "condition_by_link": ([404] * 6, [404] * 6),
    "send_message": ([302] * 6, [302, 404, 404, 409, 403, 409]),
    "end_waiting": ([302] * 6, [302, 404, 404, 302, 403, 302]),
    "write_answer": ([302] * 6, [302, 404, 404, 409, 403, 409]),
    "preview_case": ([302, 404, 404, 200, 200, 200], [302, 405, 405, 405, 405, 405]),
    "release_timeline": ([302, 404, 404, 200, 200, 200], [302, 405, 405, 405, 405, 405]),
    "release_now": ([302] * 6, [302, 404, 404, 403, 403, 400]),
    "undo_release": ([302] * 6, [302, 404, 404, 409, 403, 409]),
    "recall_release": ([302] * 6, [302, 404, 404, 403, 403, 409]),
    "release_evidence": ([302, 404, 404, 404, 404, 404], [302, 405, 405, 405, 405, 405]),
    "search": ([302, 200, 200, 200, 200, 200], [302, 405, 405, 405, 405, 405]),
    "saved_views": ([302, 404, 404, 200, 200, 200], [302, 405, 405, 405, 405, 405]),
    "new_saved_view": ([302, 404, 404, 200, 200, 200], [302, 404, 404, 400, 400, 400]),
    "saved_view": ([302, 404, 404, 404, 404, 404], [302, 404, 404, 404, 404, 404]),
    "delete_saved_view": ([302] * 6, [302, 404, 404, 302, 302, 302]),
    "pin_view": ([302] * 6, [302, 404, 404, 400, 400, 400]),
    "calendar": ([302, 404, 404, 200, 200, 200], [302, 405, 405, 405, 405, 405]),
    "move_case": ([302, 404, 404, 200, 403, 200], [302, 404, 404, 400, 403, 400]),
    "change_feed": ([302, 404, 404, 302, 302, 302], [302, 404, 404, 400, 400, 400]),
    "calendar_feed": ([404] * 6, [405] * 6),
    "operations": ([302, 403, 403, 403, 403, 200], [302, 405, 405, 405, 405, 405]),
    "operations_figures": ([302, 403, 403, 403, 403, 200], [302, 405, 405, 405, 405, 405]),
    "operations_present": ([302, 403, 403, 403, 403, 200], [302, 405, 405, 405, 405, 405]),
    "operations_workers": ([302, 403, 403, 403, 403, 200], [302, 405, 405, 405, 405, 405]),
    "stop_releases": ([302] * 6, [302, 403, 403, 403, 403, 400]),
    "start_releases": ([302] * 6, [302, 403, 403, 403, 403, 409]),
    "resend_email": ([302] * 6, [302, 403, 403, 403, 403, 404]),
    "reminder_link": ([302, 404, 404, 404, 404, 404], [302, 404, 404, 404, 404, 404]),
    "unsent_form": ([302] * 6, [302] * 6),
    "choose_language": ([405] * 6, [302] * 6),
    "notifications": ([302, 200, 200, 200, 200, 200], [302, 405, 405, 405, 405, 405]),
    "notification_settings": ([302, 200, 200, 200, 200, 200], [302, 400, 400, 400, 400, 400]),
    "open_notification": ([302] * 6, [302, 404, 404, 404, 404, 404]),
    "read_notification": ([302] * 6, [302, 404, 404, 404, 404, 404]),
    "read_all_notifications": ([302] * 6, [302, 400, 400, 400, 400, 400]),
    "unsubscribe": ([404] * 6, [404] * 6),
    "live": ([204, 200, 200, 200, 200, 200], [405] * 6),
    "palette": ([302, 200, 200, 200, 200, 200], [302, 405, 405, 405, 405, 405]),
    "portal_settings": ([302, 403, 403, 403, 403, 200], [302, 405, 405, 405, 405, 405]),
    "history": ([302, 404, 404, 200, 200, 200], [302, 405, 405, 405, 405, 405]),
    "export_history": ([302, 404, 404, 200, 200, 200], [302, 405, 405, 405, 405, 405]),
    "blackout_days": ([302, 403, 403, 403, 403, 200], [302, 405, 405, 405, 405, 405]),
    "new_blackout_day": ([302, 403, 403, 403, 403, 200], [302, 403, 403, 403, 403, 400]),
    "remove_blackout_day": ([302] * 6, [302, 403, 403, 403, 403, 400]),
    "case_types": ([302, 403, 403, 403, 403, 200], [302, 405, 405, 405, 405, 405]),
    "new_case_type": ([302, 403, 403, 403, 403, 200], [302, 403, 403, 403, 403, 400]),
    "case_type": ([302, 403, 403, 403, 403, 404], [302, 403, 403, 403, 403, 404]),
    "retire_case_type": ([302] * 6, [302, 403, 403, 403, 403, 404]),
    "canned_texts": ([302, 403, 403, 403, 403, 200], [302, 405, 405, 405, 405, 405]),
    "new_canned_text": ([302, 403, 403, 403, 403, 200], [302, 403, 403, 403, 403, 400]),
    "canned_text": ([302, 403, 403, 403, 403, 404], [302, 403, 403, 403, 403, 404]),
    "delete_canned_text": ([302] * 6, [302, 403, 403, 403, 403, 302]),
    "people": ([302, 403, 403, 403, 403, 200], [302, 405, 405, 405, 405, 405]),
    "invite_person": ([302, 403, 403, 403, 403, 200], [302, 403, 403, 403, 403, 400]),
    "person": ([302, 403, 403, 403, 403, 200], [302, 405, 405, 405, 405, 405]),
    "reinvite_person": ([302] * 6, [302, 403, 403, 403, 403, 302]),
    "set_access": ([302] * 6, [302, 403, 403, 403, 403, 400]),
    "correct_person": ([302, 403, 403, 403, 403, 200], [302, 403, 403, 403, 403, 400]),
    "person_absences": ([302, 403, 403, 403, 403, 404], [302, 403, 403, 403, 403, 404]),
    "change_role": ([302] * 6, [302, 403, 403, 403, 403, 400]),
    "remove_second_factor": ([302] * 6, [302, 403, 403, 403, 403, 400]),
    "hand_over": ([302] * 6, [302, 403, 403, 403, 403, 400]),
    "clear_bounce": ([302] * 6, [302, 403, 403, 403, 403, 302]),
    "resend_to_person": ([302] * 6, [302, 403, 403, 403, 403, 302]),
    "bulk_runs": ([302, 404, 404, 200, 200, 200], [302, 405, 405, 405, 405, 405]),
    "new_bulk_run": ([302, 404, 404, 302, 302, 302], [302, 404, 404, 302, 302, 302]),
    "bulk_file": ([302, 404, 404, 200, 200, 200], [302, 404, 404, 400, 400, 400]),
    "bulk_file_template": ([302, 404, 404, 200, 200, 200], [302, 405, 405, 405, 405, 405]),
    "bulk_run": ([302, 404, 404, 404, 404, 404], [302, 405, 405, 405, 405, 405]),
    "start_bulk_run": ([302] * 6, [302, 404, 404, 404, 404, 404]),
    "undo_bulk_run": ([302, 404, 404, 404, 404, 404], [302, 404, 404, 404, 404, 404]),
    "bulk_run_file": ([302, 404, 404, 404, 404, 404], [302, 405, 405, 405, 405, 405]),
    "metrics": ([200] * 6, [405] * 6),  # to this machine. tests/web/test_metrics.py has the others
    "api_case-list": ([401, 200, 200, 200, 200, 200], [401, 405, 405, 405, 405, 405]),
    "api_case-detail": ([401, 404, 404, 200, 200, 200], [401, 405, 405, 405, 405, 405]),
    "api_case-release": ([401, 405, 405, 405, 405, 405], [401, 404, 404, 400, 400, 400]),
    "api_schema": ([401, 200, 200, 200, 200, 200], [401, 405, 405, 405, 405, 405]),
    "api_docs": ([401, 200, 200, 200, 200, 200], [401, 405, 405, 405, 405, 405]),
    "health_live": ([200] * 6, [405] * 6),
    "health_ready": ([200] * 6, [405] * 6),
    "account_login": ([200, 302, 302, 302, 302, 302], [200, 302, 302, 302, 302, 302]),
    "account_logout": ([302, 200, 200, 200, 200, 200], [302] * 6),
    "account_inactive": ([200] * 6, [405] * 6),
    "account_reauthenticate": ([302, 200, 200, 200, 200, 200], [302, 200, 200, 200, 200, 200]),
    "account_change_password": ([302, 200, 200, 200, 200, 200], [302, 200, 200, 200, 200, 200]),
    "account_reset_password": ([200] * 6, [200] * 6),
    "account_reset_password_done": ([200] * 6, [405] * 6),
    "account_reset_password_from_key": ([200] * 6, [200] * 6),
    "account_reset_password_from_key_done": ([200] * 6, [405] * 6),
    # Everyone has their own. A person who signed in long ago is asked for the password first.
    "absences": ([302, 404, 404, 200, 200, 404], [302, 404, 404, 400, 400, 404]),
    "end_absence": ([302] * 6, [302, 404, 404, 404, 404, 404]),
    "profile": ([302, 200, 200, 200, 200, 200], [302, 302, 302, 302, 302, 302]),
    "usersessions_list": ([302, 200, 200, 200, 200, 200], [302] * 6),
    "api_tokens": ([302, 200, 200, 200, 200, 200], [302, 405, 405, 405, 405, 405]),
    "new_api_token": ([302] * 6, [302] * 6),
    "end_api_token": ([302, 404, 404, 404, 404, 404], [302, 404, 404, 404, 404, 404]),
    "mfa_index": ([302, 200, 200, 200, 200, 200], [302, 405, 405, 405, 405, 405]),
    "mfa_authenticate": ([302] * 6, [302] * 6),
    "mfa_reauthenticate": ([302] * 6, [302] * 6),
    "mfa_activate_totp": ([302] * 6, [302] * 6),
    "mfa_deactivate_totp": ([302, 404, 404, 404, 404, 404], [302, 404, 404, 404, 404, 404]),
    "mfa_view_recovery_codes": ([302, 404, 404, 404, 404, 404], [302, 405, 405, 405, 405, 405]),
    "mfa_generate_recovery_codes": ([302] * 6, [302] * 6),
    "mfa_download_recovery_codes": ([302, 404, 404, 404, 404, 404], [302, 404, 404, 404, 404, 404]),
}


def test_every_url_is_in_the_table():
    assert set(url_patterns()) == set(HIDDEN), "add it to HIDDEN, with who gets what"


@pytest.fixture
def people(
    member: User, other_member: User, technician: User, other_technician: User, administrator: User
) -> dict[str, User | None]:
    return {
        STRANGER: None,
        MIA: member,
        OLGA: other_member,
        TOM: technician,
        OTTO: other_technician,
        ADA: administrator,
    }


@pytest.fixture
def hidden_case(member: User, technician: User) -> Case:
    case = CaseFactory(scheduled=True, member=member, assigned_to=technician)
    CaseDocumentFactory(case=case)
    for kind in ("manual", "approval", "external"):
        case.conditions.create(kind=kind, name="Paid", created=timezone.now(), since=timezone.now())
    case.open_conditions = 3
    case.save()
    return case


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("person", CAST)
def test_who_gets_what_while_the_case_is_hidden(person, method, people, hidden_case):
    browser = Client()
    if people[person]:
        browser.force_login(people[person])
    found = []
    for name in HIDDEN:
        with undone():
            found += [f"{name}: {problem}" for problem in problems(browser, name, person, method, hidden_case)]
    assert found == []


def problems(browser: Client, name: str, person: str, method: str, case: Case) -> Iterator[str]:
    """Return sentences about what is wrong in the response to `person`."""
    options = {"content_type": JSON if name.startswith("api") else FORM} if method == "post" else {}
    response = getattr(same_browser(browser), method)(url_of(name, case), **options)
    expected = HIDDEN[name][method == "post"][CAST.index(person)]
    if response.status_code != expected:
        yield f"{response.status_code} and not {expected}"
    if person != STRANGER and not is_private(response):
        yield f"may be kept: {response.headers.get('Cache-Control')}"
    is_sent_away = (
        response.status_code == 302 and person == STRANGER and name not in ("account_logout", "choose_language")
    )
    if is_sent_away and not response.url.startswith("/accounts/login/"):
        yield f"leads a stranger to {response.url}"
    if person in (STRANGER, MIA, OLGA):
        body = b"".join(response.streaming_content) if response.streaming else response.content
        yield from (f"says “{text}”" for text in (case.external_case_id, case.title) if text in body.decode())


@pytest.mark.parametrize("name", ["case_detail", "edit_case", "submit_case", "mark_case_completed", "api_case-detail"])
def test_a_hidden_case_looks_like_one_that_does_not_exist(name, hidden_case, member, client):
    client.force_login(member)
    method = client.get if name in ("case_detail", "api_case-detail", "edit_case") else client.post
    hidden = method(url_of(name, hidden_case))
    url = url_of(name, hidden_case).replace(str(hidden_case.pk), "999999")
    absent = method(url)
    assert hidden.status_code == absent.status_code == 404
    strip = lambda response: response.content.replace(b"999999", str(hidden_case.pk).encode())  # noqa: E731
    if name.startswith("api"):
        assert strip(hidden) == strip(absent)


@pytest.mark.parametrize("person", [STRANGER, MIA, TOM])
def test_only_staff_reach_the_admin(person, people, client):
    if people[person]:
        client.force_login(people[person])
    response = client.get("/admin/cases/case/")
    assert response.status_code == 302
    assert "login" in response.url


def test_the_admin_changes_no_case(hidden_case, administrator, client):
    administrator.is_superuser = True
    administrator.save()
    client.force_login(administrator)
    assert client.get(f"/admin/cases/case/{hidden_case.pk}/change/").status_code == 200
    answer = client.post(f"/admin/cases/case/{hidden_case.pk}/change/", {"actual_release_date_0": "2020-01-01"})
    assert answer.status_code == 403
    assert client.post(f"/admin/cases/case/{hidden_case.pk}/delete/", {"post": "yes"}).status_code == 403
    hidden_case.refresh_from_db()
    assert hidden_case.actual_release_date is None


def test_forms_need_the_csrf_token(hidden_case, technician):
    client = Client(enforce_csrf_checks=True)
    client.force_login(technician)
    assert client.post(url_of("return_case", hidden_case)).status_code == 403
    release = url_of("api_case-release", hidden_case)
    assert client.post(release, {"release_option": "now"}, content_type=JSON).status_code == 403
    hidden_case.refresh_from_db()
    assert hidden_case.status == "completed"


def test_pages_send_a_strict_content_security_policy(client, member):
    client.force_login(member)
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
