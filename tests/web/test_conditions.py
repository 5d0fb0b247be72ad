"""Conditions on the pages: the panel of a case, its forms, and the link that confirms one from outside."""

import datetime as dt
import logging
import re

import pytest
from django.test import Client

from cases import releases
from cases.core.schedule import Schedule
from cases.delivery import celery_publisher
from cases.models import Case, Condition, User
from cases.releases import bulk
from cases.selectors.owned_conditions import owned_conditions
from portal.logs import SafeArguments, without_query
from tests.conftest import FROZEN
from tests.factories import CaseFactory, UserFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock"),
    pytest.mark.one_database("is about pages: tests/unit/releases has the verbs on both"),
]

PAYMENT = "Bartleby has paid"


@pytest.fixture
def case(member, technician):
    return CaseFactory(member=member, assigned_to=technician, scheduled=True, title="Pension")


def add(case, kind="manual", **options):
    options = {"by": case.assigned_to, "name": PAYMENT} | options
    condition = releases.add_condition(case=case, source="web", kind=kind, **options)
    case.refresh_from_db()
    return condition


def panel(client, case):
    """Return the text of the panel, and its buttons and links."""
    page = client.get(f"/cases/{case.pk}/").content.decode()
    html = page[page.index('id="case-conditions"') :]
    html = html[: html.index("</section>")] if html.index("<section") < html.index("</div>") else ""
    text = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    return text, re.findall(r'<(?:button|a class="btn)[^>]*>([^<]+)<', html)


# --- The panel --------------------------------------------------------------------------------------------------------


def test_the_panel_names_owner_age_and_what_can_be_done(case, client, technician, other_technician, clock):
    add(case)
    add(case, "external", owner=other_technician)
    add(case, "approval")
    clock.move_to(FROZEN + dt.timedelta(days=3))
    client.force_login(technician)
    text, buttons = panel(client, case)
    assert f"{PAYMENT} Something to confirm · tom · opened 3 days ago" in text
    assert f"{PAYMENT} Confirmation by link · otto · opened" in text
    assert buttons == ["Mark as met", "Remove", "Create link", "Remove", "Remove"]
    client.force_login(other_technician)
    assert panel(client, case)[1] == ["Approve release"]


def test_an_administrator_may_waive_and_remove(case, client, administrator):
    add(case)
    client.force_login(administrator)
    assert panel(client, case)[1] == ["Mark as met", "Waive", "Remove"]


def test_who_completed_the_case_is_offered_no_approval(member, technician, administrator, client):
    case = CaseFactory(member=member, assigned_to=technician)
    add(case, "approval")
    week = Schedule(FROZEN.date() + dt.timedelta(days=7))
    case = releases.complete(case=case, by=administrator, source="web", release_on=week)
    client.force_login(administrator)
    assert "Approve release" not in panel(client, case)[1]
    # Since then, others have reopened it in a bulk operation, and undone that.
    run = bulk.preview(by=technician, action="return", keys=[case.pk], parameters=bulk.Parameters())
    for undo in (False, True):
        run = bulk.preview_undo(by=technician, run=run) if undo else run
        bulk.start(by=technician, run=run)
        bulk.work_off()
        run.refresh_from_db()
    assert Case.objects.get().status == "completed"
    assert "Approve release" not in panel(client, case)[1]


def test_what_is_settled_says_by_whom_and_why(case, client, administrator):
    releases.waive_condition(condition=add(case), by=administrator, source="web", reason="The court asked")
    client.force_login(administrator)
    text, buttons = panel(client, case)
    assert "Waived · ada" in text
    assert "“The court asked”" in text
    assert buttons == []


def test_a_case_past_its_instant_says_that_it_is_held(member, technician, client):
    case = CaseFactory(member=member, assigned_to=technician, due=True)
    add(case)
    client.force_login(technician)
    assert "Held by conditions since June 10, 2025 at 12:00 AM." in panel(client, case)[0]


def test_a_released_case_has_no_panel_without_conditions(member, technician, client):
    case = CaseFactory(member=member, assigned_to=technician, released=True)
    client.force_login(technician)
    assert panel(client, case) == ("", [])


def test_the_history_names_the_conditions(case, client, technician):
    add(case)
    add(case, "approval")
    token = releases.make_link(condition=add(case, "external"), by=technician, source="web")
    releases.meet_by_link(token=token)
    client.force_login(technician)
    page = client.get(f"/cases/{case.pk}/").content.decode()
    history = " ".join(re.sub(r"<[^>]+>", " ", page[page.index('id="case-history"') :]).split())
    assert f"Condition added just now · tom “{PAYMENT}”" in history
    assert "Approval by a second person" in history
    assert "Signed link" in history
    assert "Link created" in history
    assert "Link replaced" not in history


# --- Buttons and forms ------------------------------------------------------------------------------------------------


def test_a_technician_adds_and_meets_one(case, client, technician, other_technician):
    client.force_login(technician)
    address = f"/cases/{case.pk}/conditions/"
    page = client.get(f"{address}?kind=external").content.decode()
    assert '<option value="external" selected>' in page
    sent = {"kind": "manual", "name": PAYMENT, "owner": other_technician.pk, "version": case.version}
    answer = client.post(address, sent)
    assert answer.url == f"/cases/{case.pk}/#conditions"
    condition = Condition.objects.get()
    assert (condition.name, condition.owner) == (PAYMENT, other_technician)
    assert client.post(address, sent).status_code == 409, "the form is of an older version"
    client.post(f"{address}{condition.pk}/meet/", {"version": Case.objects.get().version})
    assert Condition.objects.get().state == "met"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"kind": "manual"}, "Enter a name."),
        ({"kind": "nonsense", "name": "x"}, "Choose what kind of condition this is."),
        ({"kind": "manual", "name": "x", "owner": "999"}, "Choose a technician or an administrator"),
        ({"kind": "manual", "name": "x" * 101}, "100"),
    ],
)
def test_a_form_says_what_is_wrong_with_it(sent, said, case, client, technician):
    client.force_login(technician)
    answer = client.post(f"/cases/{case.pk}/conditions/", sent)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not Condition.objects.exists()


def test_waiving_asks_for_a_reason(case, client, administrator):
    address = f"/cases/{case.pk}/conditions/{add(case).pk}/waive/"
    client.force_login(administrator)
    assert PAYMENT in client.get(address).content.decode()
    refused = client.post(address, {"reason": " "})
    assert refused.status_code == 400
    assert "Enter a reason." in refused.content.decode()
    client.post(address, {"reason": "The court asked", "version": case.version})
    assert Condition.objects.get().state == "waived"


def version_in(answer):
    return int(re.search(r'name="version" value="(\d+)"', answer.content.decode())[1])


FASTER = {
    "another condition was met": lambda case, other, by: releases.meet_condition(
        condition=other, by=by, source="web", version=case.version
    ),
    "it was moved": lambda case, other, by: releases.schedule(
        case=case, by=by, source="web", release_on=Schedule(FROZEN.date() + dt.timedelta(days=30)), reason="x"
    ),
    "it was reopened": lambda case, other, by: releases.return_to_accepted(case=case, by=by, source="web"),
}


@pytest.mark.parametrize("change", FASTER.values(), ids=FASTER)
def test_what_was_typed_for_an_older_version_is_shown_again_and_can_be_sent(case, client, administrator, change):
    """Someone else was faster. Nothing is lost, and a person who sends the form again has read that."""
    waived, other = add(case), add(case)
    client.force_login(administrator)
    address = f"/cases/{case.pk}/conditions/"
    forms = {
        f"{address}{waived.pk}/waive/": {"reason": "The court asked & paid"},
        address: {"kind": "external", "name": 'Signed by "both"', "owner": case.assigned_to_id},
    }
    seen = case.version
    change(case, other, UserFactory(role=User.Role.ADMINISTRATOR))
    for url, typed in forms.items():
        before = [*Condition.objects.values()], [*Case.objects.values()]
        answer = client.post(url, typed | {"version": seen})
        assert answer.status_code == 409
        assert ([*Condition.objects.values()], [*Case.objects.values()]) == before
        page = answer.content.decode()
        assert ("Someone" if url != address else "You") + " changed this case" in page
        for text in ("The court asked &amp; paid",) if "waive" in url else ("Signed by &quot;both&quot;", "selected"):
            assert text in page
        assert version_in(answer) == Case.objects.get(pk=case.pk).version
        assert client.post(url, typed | {"version": version_in(answer)}).status_code == 302
    waived.refresh_from_db()
    assert (waived.state, waived.reason) == ("waived", "The court asked & paid")
    assert Condition.objects.filter(kind="external", name='Signed by "both"').exists()


def test_a_refusal_that_is_no_matter_of_versions_keeps_the_text_too(case, client, technician, monkeypatch):
    client.force_login(technician)
    monkeypatch.setattr("cases.core.limits.CONDITIONS", 0)
    answer = client.post(f"/cases/{case.pk}/conditions/", {"kind": "manual", "name": "Paid"})
    assert answer.status_code == 409
    assert "A case can have up to 0 conditions." in answer.content.decode()
    assert 'value="Paid"' in answer.content.decode()


def test_what_can_no_longer_be_done_leads_to_the_case(case, client, administrator):
    waived = add(case)
    client.force_login(administrator)
    address, seen = f"/cases/{case.pk}/conditions/", case.version
    releases.meet_condition(condition=waived, by=administrator, source="web")
    answer = client.post(f"{address}{waived.pk}/waive/", {"reason": "x", "version": seen})
    assert answer.status_code == 409
    assert 'id="case-conditions"' in answer.content.decode()
    case.refresh_from_db()
    releases.release_now(case=case, by=administrator, source="web", reason="x")
    answer = client.post(address, {"kind": "manual", "name": "Paid", "version": seen})
    assert answer.status_code == 409
    assert "This case has already been released." in answer.content.decode()


def test_a_condition_of_another_case_is_not_found(case, client, technician):
    other = add(CaseFactory(assigned_to=technician, scheduled=True))
    client.force_login(technician)
    assert client.post(f"/cases/{case.pk}/conditions/{other.pk}/meet/").status_code == 404
    assert Condition.objects.get().is_open


def test_release_early_is_refused_with_the_names(case, client, administrator):
    add(case)
    client.force_login(administrator)
    answer = client.post(f"/cases/{case.pk}/release/", {"reason": "asked", "version": case.version})
    assert answer.status_code == 409
    assert f"These conditions are open: {PAYMENT}." in answer.content.decode()


def test_ask_for_approval_is_offered_where_a_second_person_is_required(
    case, client, administrator, other_technician, settings
):
    client.force_login(administrator)
    assert "Ask for approval" not in panel(client, case)[1]
    settings.REQUIRE_SECOND_APPROVER = True
    assert "Ask for approval" in panel(client, case)[1]
    early = f"/cases/{case.pk}/release/"
    assert client.post(early, {"reason": "asked", "version": case.version}).status_code == 409
    client.post(f"/cases/{case.pk}/conditions/", {"kind": "approval", "version": case.version})
    assert "Ask for approval" not in panel(client, case)[1]
    releases.approve(condition=Condition.objects.get(), by=other_technician, source="web")
    assert client.post(early, {"reason": "asked"}).status_code == 302
    assert Case.objects.get().is_released


# --- Held by conditions -----------------------------------------------------------------------------------------------


@pytest.fixture
def held(member, technician):
    """One past its instant today, one that is due later today, and one of another day without conditions."""
    cases = [
        CaseFactory(
            title=title,
            member=member,
            assigned_to=technician,
            scheduled=True,
            scheduled_release_date=FROZEN.date(),
            scheduled_release_time=time,
        )
        for title, time in (("Past", dt.time(11)), ("Later", dt.time(13)), ("No time", None), ("Free", dt.time(14)))
    ]
    for case in cases[:3]:
        add(case)
    return cases


@pytest.mark.parametrize("who", ["technician", "administrator"])
def test_the_dashboard_and_the_list_have_those_past_their_instant(who, held, client, request):
    client.force_login(request.getfixturevalue(who))
    page = client.get("/").content.decode()
    section = page[page.index('id="group-conditions"') :].partition("</section>")[0]
    assert set(re.findall("Past|Later|No time|Free", re.sub("<[^>]+>", "", section))) == {"Past", "No time"}
    listed = client.get("/cases/?due=conditions").content.decode()
    assert 'id="list-count">2<' in listed
    assert "Later" not in re.sub("<[^>]+>", "", listed)


def test_the_section_is_not_there_while_it_is_empty(client, technician, case):
    client.force_login(technician)
    assert 'id="group-conditions"' not in client.get("/").content.decode()


def test_operations_and_metrics_count_them_and_never_as_due(held, client, administrator):
    client.force_login(administrator)
    page = client.get("/operations/present/").content.decode()
    assert "held-by-conditions-heading" in page
    assert "Held by conditions" in page
    assert "overdue" not in page.partition("held-by-conditions")[0].lower().replace(">overdue<", "")
    told = client.get("/metrics").content.decode()
    assert "portal_cases_held_by_conditions 2.0" in told
    assert "portal_cases_due 0.0" in told


def test_the_owner_of_a_condition_finds_it_on_the_dashboard(held, client, other_technician, technician):
    Condition.objects.filter(case=held[0]).update(owner=other_technician)
    client.force_login(other_technician)
    page = " ".join(re.sub(r"<[^>]+>", " ", client.get("/").content.decode()).split())
    assert f"Conditions you own {PAYMENT} {held[0].external_case_id} · Past holds the release · opened just now" in page
    client.force_login(technician)
    assert f"{held[0].external_case_id} · Past holds the release" not in client.get("/").content.decode()


def test_a_condition_without_an_owner_is_on_the_dashboard_of_the_technician(
    technician, other_technician, administrator
):
    """Also on the page of an administrator, who may work on a case. An approval is not for the technician."""
    accepted, held, scheduled = (
        CaseFactory(assigned_to=technician, **traits) for traits in ({}, {"held": True}, {"scheduled": True})
    )
    for case in (accepted, held, scheduled):
        add(case)
        add(case, "approval")
    left = add(held, owner=other_technician, by=administrator)
    released, others = (CaseFactory(assigned_to=person, scheduled=True) for person in (technician, other_technician))
    add(others)
    releases.waive_condition(condition=add(released), by=administrator, source="web", reason="x")
    add(accepted, owner=administrator)
    assert {each.case for each in owned_conditions(technician)} == {accepted, held, scheduled}
    assert left in owned_conditions(other_technician)
    User.objects.filter(pk=other_technician.pk).update(is_active=False)
    assert [each.kind for each in owned_conditions(technician)] == ["manual"] * 4
    assert left in owned_conditions(technician)
    assert [each.case for each in owned_conditions(administrator)] == [accepted]


def test_what_the_work_on_a_case_meets_is_no_task_of_its_own(technician, administrator):
    case = CaseFactory(assigned_to=technician)
    report, payment = add(case, "report"), add(case)
    assert owned_conditions(technician) == [payment]
    Case.objects.filter(pk=case.pk).update(status=Case.Status.COMPLETED)
    assert owned_conditions(technician) == [report, payment]
    assert add(case, "answer", owner=administrator) in owned_conditions(administrator)


def test_the_dashboard_says_that_there_are_more_conditions(client, technician, other_technician, clock):
    client.force_login(technician)
    case = CaseFactory(assigned_to=technician)
    others = CaseFactory(assigned_to=other_technician)
    for _number in range(5):
        add(case)
        clock.shift(dt.timedelta(minutes=1))
        add(others, owner=technician)
    clock.shift(dt.timedelta(minutes=1))
    assert "There are more" not in client.get("/").content.decode()
    latest = add(case, name="Signed")
    page = client.get("/").content.decode()
    assert "There are more. These 10 have been open the longest." in page
    assert latest.name not in page
    assert latest in owned_conditions(technician)


# --- The link ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def token(case, technician):
    return releases.make_link(condition=add(case, "external"), by=technician, source="web")


@pytest.fixture
def outsider():
    return Client(enforce_csrf_checks=True)


def test_the_link_is_shown_once(case, client, technician):
    condition = add(case, "external")
    client.force_login(technician)
    address = f"/cases/{case.pk}/conditions/{condition.pk}/link/"
    answer = client.post(address, {"version": case.version})
    link = re.search(r'value="(http[^"]+/conditions/[\w-]+/)"', answer.content.decode())[1]
    assert "no-store" in answer["Cache-Control"]
    assert client.post(address, {"version": case.version}).status_code == 409, "sent again it replaces nothing"
    assert Client().get(link.removeprefix("http://127.0.0.1:8000")).status_code == 200


def test_a_person_is_asked_and_confirms(case, token, outsider):
    page = outsider.get(f"/conditions/{token}/")
    text = page.content.decode()
    assert PAYMENT in text
    assert case.external_case_id in text
    assert case.title not in text
    assert "mia" not in text.lower()
    assert Condition.objects.get().is_open, "to look confirms nothing"
    assert outsider.head(f"/conditions/{token}/").status_code == 200
    answer = outsider.post(f"/conditions/{token}/")
    assert answer.status_code == 200
    assert "Confirmed" in answer.content.decode()
    assert Condition.objects.get().state == "met"


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
def test_a_system_posts_whatever_it_likes(token, outsider, content_type):
    assert outsider.post(f"/conditions/{token}/", "{}", content_type=content_type).status_code == 200
    assert Condition.objects.get().state == "met"


@pytest.mark.parametrize("method", ["get", "post"])
def test_what_does_not_work_any_more_says_so_and_changes_nothing(case, token, outsider, method, technician, clock):
    door = getattr(outsider, method)
    assert door("/conditions/no-such-token/").status_code == 404
    clock.move_to(FROZEN + dt.timedelta(days=31))
    expired = door(f"/conditions/{token}/")
    assert expired.status_code == 410
    assert "This link has expired." in expired.content.decode()
    assert PAYMENT not in expired.content.decode()
    newer = releases.make_link(condition=Condition.objects.get(), by=technician, source="web")
    assert door(f"/conditions/{token}/").status_code == 404
    releases.meet_by_link(token=newer)
    before = Case.objects.values().get()
    used = door(f"/conditions/{newer}/")
    assert used.status_code == 410
    assert "already been used" in used.content.decode()
    assert Case.objects.values().get() == before


@pytest.mark.parametrize("token_is", ["right", "wrong"])
def test_no_one_keeps_the_address(token, outsider, token_is):
    answer = outsider.get(f"/conditions/{token if token_is == 'right' else 'wrong'}/")
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert answer["Referrer-Policy"] == "no-referrer"


def test_guesses_are_throttled(token, outsider):
    statuses = [outsider.post(f"/conditions/guess-{number}/").status_code for number in range(31)]
    assert (set(statuses[:30]), statuses[30]) == ({404}, 429)
    assert outsider.post(f"/conditions/{token}/").status_code == 429
    assert Condition.objects.get().is_open


def test_the_last_condition_met_by_link_wakes_a_worker(
    member, technician, outsider, monkeypatch, django_capture_on_commit_callbacks
):
    case = CaseFactory(member=member, assigned_to=technician, due=True)
    token = releases.make_link(condition=add(case, "external"), by=technician, source="web")
    woken = []
    monkeypatch.setattr(celery_publisher, "publish_wake_up", lambda **message: woken.append(message["case_id"]))
    with django_capture_on_commit_callbacks(execute=True):
        outsider.post(f"/conditions/{token}/")
    assert woken == [case.pk]


def test_lines_of_the_log_lack_the_token(token):
    line = without_query(None, "", {"event": "request_finished", "request": f"POST /conditions/{token}/?a=b"})
    assert line["request"] == "POST /conditions/…/"
    for text in (f"/conditions/{token}/", f'"GET /conditions/{token}/ HTTP/1.1"', f"http://x/conditions/{token}/"):
        record = logging.LogRecord("django.request", logging.WARNING, "", 1, "Gone: %s", (text,), None)
        SafeArguments().filter(record)
        assert token not in record.getMessage()
    own = logging.LogRecord("x", logging.WARNING, "", 1, "%s", ("/cases/1/conditions/2/meet/",), None)
    SafeArguments().filter(own)
    assert own.getMessage() == "/cases/1/conditions/2/meet/"
