"""The pages of bulk changes: selecting, the form of each action, preview, progress, result, undo, and the file."""

import csv
import datetime as dt
import html
import io
import re
from urllib.parse import quote, urlencode

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.core.clock import portal_now
from cases.models import BulkRow, BulkRun, Case
from cases.releases import bulk
from tests.factories import CaseFactory, CaseTypeFactory, UserFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("is about pages: tests/unit/releases/bulk has the runs on both"),
]

DAY = dt.timedelta(days=1)
JUNE_20, JUNE_24 = dt.date(2025, 6, 20), dt.date(2025, 6, 24)  # Friday and Tuesday


@pytest.fixture(autouse=True)
def _today_is_june_11(clock):
    pass


@pytest.fixture
def tom(client, technician):
    client.force_login(technician)
    return client


@pytest.fixture
def ada(client, administrator):
    client.force_login(administrator)
    return client


def scheduled(technician, count=3, **options):
    facts = {"scheduled": True, "assigned_to": technician, "scheduled_release_date": JUNE_20}
    return CaseFactory.create_batch(count, **(facts | options))


def chosen(cases):
    return {"selected": ",".join(str(case.pk) for case in cases)}


def preview(client, action, cases, **fields):
    """Send the form of an action. Return the run that it previews."""
    answer = client.post("/bulk/new/", {"action": action, **chosen(cases), **fields})
    assert answer.status_code == 302, answer.content.decode()
    return BulkRun.objects.get(pk=int(answer.url.split("/")[2]))


def text_of(client, url, status=200, **headers):
    answer = client.get(url, headers=headers)
    assert answer.status_code == status
    return answer.content.decode()


def dates(cases):
    return [Case.objects.get(pk=case.pk).scheduled_release_date for case in cases]


# --- Selecting ------------------------------------------------------------------------------------------------------


def test_a_selection_is_of_rows_or_of_all_that_the_list_shows(tom, technician, member):
    cases = scheduled(technician, member=member)
    scheduled(UserFactory(role="technician"), member=member)
    rows = text_of(tom, f"/bulk/new/?action=shift&case={cases[2].pk}&case={cases[0].pk}&query=state%3Dscheduled")
    assert "2 cases selected." in rows
    assert f'name="selected" value="{cases[2].pk},{cases[0].pk}"' in rows
    assert '<a href="/cases/?state=scheduled">' in rows
    everything = text_of(tom, "/bulk/new/?action=shift&all=1&query=state%3Dscheduled%26technician%3Dmine")
    assert "3 cases selected." in everything
    sent = {"action": "shift", "all": "1", "query": "state=scheduled&technician=mine"}
    answer = tom.post("/bulk/new/", sent | {"days": 1, "unit": "days", "direction": "later"})
    run = BulkRun.objects.get()
    assert answer.url == f"/bulk/{run.pk}/?query=state%3Dscheduled%26technician%3Dmine"
    assert (run.total, run.to_do) == (3, 3)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("action=shift", "Select at least one case."),
        ("action=shift&case=x", "This selection can"),
        ("action=shift&run=999", "Select at least one case."),
        ("action=shift&all=1&query=state%3Dnonsense", "The filters of this list can"),
        ("action=hold&case=1", "Choose what to do with the selected cases."),
        ("case=1", "Choose what to do with the selected cases."),
    ],
)
def test_what_cannot_be_used_leads_back_to_the_list(query, said, tom):
    answer = tom.get(f"/bulk/new/?{query}", follow=True)
    assert answer.redirect_chain[0][0].startswith("/cases/")
    assert said in answer.content.decode()
    assert not BulkRun.objects.exists()


def test_more_than_the_limit_is_refused_before_and_after_the_form(tom, technician, settings, monkeypatch):
    monkeypatch.setattr("cases.core.limits.BULK_CASES", 2)
    scheduled(technician)
    answer = tom.get("/bulk/new/?action=shift&all=1&query=state%3Dscheduled", follow=True)
    assert "up to 2 cases" in answer.content.decode()


def test_all_that_match_are_more_than_the_pages_of_a_list_show(ada, technician, count_up_to):
    count_up_to(2)
    CaseFactory.create_batch(5, held=True, assigned_to=technician, urgency="urgent")
    page = text_of(ada, "/bulk/new/?action=return&all=1&query=state%3Dheld%26urgency%3Durgent")
    assert "5 cases selected." in page
    assert "were searched" not in page


@pytest.mark.parametrize(
    ("query", "limit", "said"),
    [
        ("state=held&urgency=urgent", "case_list.SEARCHED", "Only the first 3 cases of this list were searched."),
        ("member={member}&urgency=urgent", "case_list.SEARCHED", "Only the latest 3 cases were searched."),
        ("urgency=urgent&age=over-30", "case_list.SEARCHED", "Only the oldest 3 cases were searched."),
        ("q=pension&urgency=urgent", "search.MAX_MATCHES", "Only the latest 3 of them were filtered."),
    ],
)
def test_a_selection_of_a_part_of_the_cases_says_so(query, limit, said, ada, technician, member, monkeypatch):
    for name in {"case_list.SEARCHED", limit}:
        monkeypatch.setattr(f"cases.selectors.{name}", 3)
    facts = {"held": True, "assigned_to": technician, "member": member, "urgency": "urgent"}
    CaseFactory.create_batch(5, title="Pension", **facts)
    Case.objects.update(date_created=portal_now() - 60 * DAY)
    sent = {"action": "return", "all": "1", "query": query.format(member=member.username)}
    page = text_of(ada, f"/bulk/new/?{urlencode(sent)}")
    assert "3 cases selected." in page
    assert said in page


def test_the_list_of_staff_offers_what_each_may_do_and_that_of_members_nothing(
    client, technician, administrator, member
):
    case = scheduled(technician, 1, member=member)[0]
    CaseTypeFactory()
    for person in (technician, administrator):
        client.force_login(person)
        page = text_of(client, "/cases/?state=scheduled")
        assert f'name="case" value="{case.pk}"' in page
        assert '<input type="hidden" name="query" value="state=scheduled">' in page
        assert "Select all 1</label>" in page
        offered = re.findall(r'<button type="submit" name="action" value="(\w+)"', page)
        assert set(offered) == set(bulk.actions_for(person))
    client.force_login(member)
    assert "/bulk/" not in text_of(client, "/cases/")


# --- Each action ----------------------------------------------------------------------------------------------------

CHOICES = {
    "release_now": {},
    "schedule": {"date": "2025-06-24", "time": "09:30"},
    "shift": {"days": "2", "unit": "working", "direction": "earlier"},
    "spread": {"date": "2025-06-24", "most_a_day": "2"},
    "hold": {},
    "return": {},
    "hand_over": {"technician": "otto"},
    "add_condition": {"kind": "manual", "name": "Payment received", "owner": ""},
    "meet_condition": {"condition": "manual:Paid"},
    "waive_condition": {"condition": "manual:Paid"},
    "urgency": {"urgency": "urgent"},
    "case_type": {"case_type": "general"},
}


def test_every_action_has_a_form_and_a_preview_that_changes_nothing(ada, technician, administrator):
    otto = UserFactory(username="otto", role="technician", last_login=dt.datetime(2025, 1, 1, tzinfo=dt.UTC))
    CaseTypeFactory()
    cases = scheduled(technician, 2)
    for case in cases:
        case.conditions.create(kind="manual", name="Paid", created=case.date_created, since=case.date_created)
        Case.objects.filter(pk=case.pk).update(open_conditions=1)
    before = list(Case.objects.order_by("pk").values())
    assert list(CHOICES) == bulk.actions_for(administrator)
    for action, fields in CHOICES.items():
        form = text_of(ada, f"/bulk/new/?action={action}&case={cases[0].pk}&case={cases[1].pk}")
        assert all(f'name="{name}"' in form for name in fields), action
        fields = {name: otto.pk if value == "otto" else value for name, value in fields.items()}
        run = preview(ada, action, cases, reason="Asked for it", **fields)
        page = text_of(ada, f"/bulk/{run.pk}/")
        assert "Nothing has changed yet." in page, action
        assert (run.action, run.total, run.reason) == (action, 2, "Asked for it")
    assert list(Case.objects.order_by("pk").values()) == before


def test_conditions_of_the_same_name_are_offered_with_their_kinds(ada, technician):
    case = scheduled(technician, 1)[0]
    moments = {"created": case.date_created, "since": case.date_created}
    for kind, name in (("manual", "Paid"), ("external", "Paid"), ("manual", "Signed"), ("report", "")):
        case.conditions.create(kind=kind, name=name, **moments)
    form = text_of(ada, f"/bulk/new/?action=waive_condition&case={case.pk}")
    assert re.findall(r'<option value="(\w+:\w*)">([^<]+)</option>', form) == [
        ("report:", "Report attached"),
        ("external:Paid", "Paid (Confirmation by link)"),
        ("manual:Paid", "Paid (Something to confirm)"),
        ("manual:Signed", "Signed"),
    ]


@pytest.mark.parametrize(
    ("selected", "said"),
    [
        ({"all": "1", "query": "state=held"}, "No case matches this list anymore. Select the cases again."),
        ({"all": "1", "query": "technician=999999"}, "The filters of this list can&#x27;t be read."),
        ({"run": "999999", "query": "state=held"}, "Select at least one case."),
        ({"selected": "1,x", "query": "state=held"}, "This selection can&#x27;t be read."),
        ({"all": "1", "query": "state=scheduled"}, "You can change up to 2 cases"),
    ],
    ids=["nothing", "no list", "no run", "no keys", "too many"],
)
@pytest.mark.parametrize("action", ["shift", "waive_condition"])
def test_a_form_whose_selection_is_gone_stays_with_what_was_typed(action, selected, said, ada, technician, monkeypatch):
    monkeypatch.setattr("cases.core.limits.BULK_CASES", 2)
    scheduled(technician)
    fields = {"days": "17", "unit": "days", "direction": "later", "reason": "The letter came late."}
    answer = ada.post("/bulk/new/", {"action": action, **selected, **fields})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert said in page
    assert "The letter came late.</textarea>" in page
    assert action != "shift" or 'name="days" value="17"' in page
    for name, value in selected.items():
        assert f'name="{name}" value="{value}"' in page
    assert f'href="/cases/?{selected["query"]}"' in page
    assert not BulkRun.objects.exists()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"action": "schedule", "reason": "Why"}, "Enter a date."),
        ({"action": "schedule", "date": "soon", "reason": "Why"}, "Enter the date as year-month-day"),
        ({"action": "schedule", "date": "2025-06-24"}, "Enter a reason."),
        (
            {"action": "shift", "days": "0", "unit": "days", "direction": "later", "reason": "Why"},
            "greater than or equal",
        ),
        ({"action": "hand_over", "technician": "1"}, "Choose a technician."),
        ({"action": "meet_condition"}, "None of the selected cases has an open condition"),
        ({"action": "add_condition", "kind": "manual"}, "Enter a name."),
    ],
)
def test_a_mistake_stands_in_the_form(fields, said, ada, technician):
    answer = ada.post("/bulk/new/", fields | chosen(scheduled(technician, 1)))
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not BulkRun.objects.exists()


def test_a_reason_leads_to_its_own_rows_alone(tom, technician, other_technician):
    (impossible,), (foreign,) = scheduled(technician, 1), scheduled(other_technician, 1)
    run = preview(tom, "shift", [impossible, foreign], days="2", unit="days", direction="later")
    run.rows.filter(case=impossible).update(verdict="refused")
    page = text_of(tom, f"/bulk/{run.pk}/?why=refused")
    assert impossible.external_case_id in page
    assert foreign.external_case_id not in page


# --- Preview, run, undo ---------------------------------------------------------------------------------------------


def test_from_the_preview_to_the_undo(tom, technician, other_technician, member, settings):
    settings.RELEASE_ON_WEEKENDS = False
    cases = scheduled(technician, member=member, title="=1+1")
    colleagues = scheduled(other_technician, 1)
    run = preview(tom, "shift", [*cases, *colleagues], days="2", unit="working", direction="later")
    page = text_of(tom, f"/bulk/{run.pk}/")
    assert "<h1>Move 3 releases 2 working days later</h1>" in page
    assert "Move 3 cases</button>" in page
    assert "Not allowed" in page
    assert colleagues[0].external_case_id not in text_of(tom, f"/bulk/{run.pk}/?show=changes")
    assert colleagues[0].external_case_id in text_of(tom, f"/bulk/{run.pk}/?show=stays&why=not_allowed")
    for _twice in range(2):
        assert tom.post(f"/bulk/{run.pk}/start/").url == f"/bulk/{run.pk}/"
    progress = text_of(tom, f"/bulk/{run.pk}/")
    assert "0 of 3" in progress
    assert "You can close this page" in progress
    Case.objects.filter(pk=cases[0].pk).update(version=9)
    bulk.work_off()
    page = text_of(tom, f"/bulk/{run.pk}/")
    assert "This case was changed after the preview." in page
    assert cases[1].external_case_id in text_of(tom, f"/bulk/{run.pk}/?show=changed")
    assert cases[0].external_case_id in text_of(tom, f"/bulk/{run.pk}/?show=left")
    assert dates(cases) == [JUNE_20, JUNE_24, JUNE_24]
    text = tom.get(f"/bulk/{run.pk}/rows.csv").content.decode("utf-8-sig")
    heading, *lines = csv.reader(io.StringIO(text))
    assert heading == ["Case", "Title", "Member", "Result", "Details"]
    assert [line[1] for line in lines[:3]] == ["'=1+1"] * 3
    assert [line[3] for line in lines] == ["Changed since the preview", "Changed", "Changed", "Not allowed"]
    assert "2 cases were changed." in text_of(tom, f"/bulk/{run.pk}/undo/")
    undo = tom.post(f"/bulk/{run.pk}/undo/", {"reason": "A mistake"}).url
    assert f"<h1>Undo bulk operation {run.pk} for 2 cases</h1>" in text_of(tom, undo)
    tom.post(f"{undo}start/")
    bulk.work_off()
    assert dates(cases) == [JUNE_20] * 3
    page = text_of(tom, f"/bulk/{run.pk}/")
    assert "This was undone by" in page
    assert "Undo bulk operation" not in page
    assert "2 of 3 cases changed" in text_of(tom, "/bulk/")


def test_the_way_back_to_the_list_is_kept_from_page_to_page(tom, technician):
    cases = scheduled(technician, 1)
    sent = {
        "action": "shift",
        "days": "2",
        "unit": "days",
        "direction": "later",
        "query": "state=scheduled&sort=latest",
    }
    query = "?query=state%3Dscheduled%26sort%3Dlatest"
    way_back = '<nav class="crumbs" aria-label="Back"><a href="/cases/?state=scheduled&amp;sort=latest">'
    address = tom.post("/bulk/new/", sent | chosen(cases)).url
    run = BulkRun.objects.get()
    assert address == f"/bulk/{run.pk}/{query}"

    def check_page(url, *links):
        page = text_of(tom, url)
        assert way_back in page
        assert [link for link in links if f'"{link}"' not in page] == []

    check_page(address, f"/bulk/{run.pk}/start/{query}")
    assert tom.post(f"/bulk/{run.pk}/start/{query}").url == address
    bulk.work_off()
    check_page(address, f"/bulk/{run.pk}/undo/{query}")
    assert f'href="{address}"' in text_of(tom, f"/bulk/{run.pk}/undo/{query}")
    undo_address = tom.post(f"/bulk/{run.pk}/undo/{query}", {}).url
    undo = BulkRun.objects.get(undoes=run)
    assert undo_address == f"/bulk/{undo.pk}/{query}"
    check_page(undo_address, address)
    tom.post(f"/bulk/{undo.pk}/start/{query}")
    check_page(address, undo_address)
    bulk.work_off()
    assert tom.get(f"{address}&show=waiting").url == address


def test_a_start_that_is_refused_keeps_the_way_back(tom, technician, clock):
    run = preview(tom, "return", scheduled(technician, 1))
    clock.shift(2 * DAY)
    answer = tom.post(f"/bulk/{run.pk}/start/?query=state%3Dheld")
    assert answer.status_code == 409
    assert '<nav class="crumbs" aria-label="Back"><a href="/cases/?state=held">' in answer.content.decode()


def test_a_start_that_is_loaded_again_or_came_too_late_keeps_the_way_back(tom, technician):
    run = preview(tom, "return", scheduled(technician, 1))
    start, back = f"/bulk/{run.pk}/start/?query=state%3Dheld", f"/bulk/{run.pk}/?query=state%3Dheld"
    assert tom.get(start).url == back
    tom.logout()
    assert quote(back) in tom.post(start).url


def test_the_progress_asks_again_until_it_is_done(tom, technician):
    run = preview(tom, "return", scheduled(technician))
    tom.post(f"/bulk/{run.pk}/start/")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        part = tom.get(f"/bulk/{run.pk}/", headers={"HX-Request": "true"})
    assert len(queries) <= 4
    assert b"<html" not in part.content
    assert f'hx-get="/bulk/{run.pk}/" hx-trigger="every 1s"'.encode() in part.content
    assert "HX-Refresh" not in part
    bulk.work_off()
    part = tom.get(f"/bulk/{run.pk}/", headers={"HX-Request": "true"})
    assert b"hx-trigger" not in part.content
    assert part["HX-Refresh"] == "true"


def test_a_crowded_day_is_told_and_can_be_spread(tom, technician, settings):
    settings.RELEASE_CROWDED_DAY = 3
    cases = scheduled(technician, 6)
    run = preview(tom, "schedule", cases, date=JUNE_24.isoformat())
    page = text_of(tom, f"/bulk/{run.pk}/")
    assert "Tue, Jun 24 would be crowded" in page
    assert "6 releases" in page
    link = f"/bulk/new/?action=spread&run={run.pk}&date=2025-06-24&most_a_day=2"
    assert link.replace("&", "&amp;") in page
    form = text_of(tom, link)
    assert "6 cases selected." in form
    assert 'name="most_a_day" value="2"' in form
    answer = tom.post("/bulk/new/", {"action": "spread", "run": run.pk, "date": "2025-06-24", "most_a_day": "2"})
    rows = BulkRun.objects.get(pk=int(answer.url.split("/")[2])).rows.order_by("position")
    assert [row.to_date for row in rows] == [JUNE_24 + n * DAY for n in (0, 0, 1, 1, 2, 2)]


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("shift", {"days": "2", "unit": "days", "direction": "earlier"}),
        ("shift", {"days": "1", "unit": "working", "direction": "later"}),
        ("schedule", {"date": "2025-06-24", "time": "09:30:00"}),
        ("spread", {"date": "2025-06-24", "most_a_day": "2"}),
        ("urgency", {"urgency": "urgent"}),
    ],
)
def test_a_preview_leads_back_to_its_form_with_all_of_its_cases(action, fields, tom, technician, other_technician):
    """Also with those that it can't change: another choice may change them."""
    cases = [*scheduled(technician, 2), *scheduled(other_technician, 1)]
    run = preview(tom, action, cases, **fields, reason="For a reason.")
    page = html.unescape(text_of(tom, f"/bulk/{run.pk}/?query=state%3Dscheduled"))
    link = re.search(r'href="(/bulk/new/\?[^"]+&again=[^"]+)"', page)[1]
    assert "reason" not in link, "addresses are logged"
    form = html.unescape(text_of(tom, link))
    assert "For a reason.</textarea>" in form
    assert "3 cases selected." in form
    for name, value in fields.items():
        assert re.search(rf'name="{name}"[^>]* value="{value}"|value="{value}" selected', form), name
    again = tom.post("/bulk/new/", {"action": action, "again": run.pk, "query": "state=scheduled", **fields})
    new = BulkRun.objects.latest("pk")
    assert again.url == f"/bulk/{new.pk}/?query=state%3Dscheduled"
    assert (new.total, new.parameters) == (3, run.parameters)


@pytest.mark.parametrize("action", ["meet_condition", "waive_condition"])
def test_a_preview_leads_back_to_its_condition(action, ada, technician):
    cases = scheduled(technician, 2)
    for case in cases:
        for name in ("A form is signed", "Payment: received"):
            case.conditions.create(kind="manual", name=name, created=case.date_created, since=case.date_created)
        Case.objects.filter(pk=case.pk).update(open_conditions=2)
    run = preview(ada, action, cases, condition="manual:Payment: received", reason="It arrived.")
    form = html.unescape(text_of(ada, f"/bulk/new/?action={action}&again={run.pk}"))
    assert '<option value="manual:Payment: received" selected>' in form


def test_a_preview_is_made_again_only_by_its_maker(technician, other_technician, client):
    client.force_login(technician)
    run = preview(client, "shift", scheduled(technician), days="1", unit="days", direction="later")
    client.force_login(other_technician)
    for address in (f"/bulk/new/?action=shift&again={run.pk}", "/bulk/new/?action=shift&again=x"):
        assert client.get(address).status_code == 302, "nothing is selected"


def test_a_crowd_is_spread_over_so_many_days_with_those_that_are_there_and_without_those_that_stay(
    tom, technician, other_technician, settings
):
    settings.RELEASE_CROWDED_DAY = 3
    moving, there = scheduled(technician, 4), scheduled(technician, 5, scheduled_release_date=JUNE_24)
    colleagues = scheduled(other_technician, 7, scheduled_release_date=JUNE_24)
    run = preview(tom, "schedule", [*moving, *colleagues, *there], date=JUNE_24.isoformat())
    assert (run.total, run.to_do) == (16, 4)
    page = text_of(tom, f"/bulk/{run.pk}/")
    link = f"/bulk/new/?action=spread&run={run.pk}&date=2025-06-24&most_a_day=3"
    assert link.replace("&", "&amp;") in page
    assert "9 cases selected." in text_of(tom, link)
    answer = tom.post("/bulk/new/", {"action": "spread", "run": run.pk, "date": "2025-06-24", "most_a_day": "3"})
    rows = BulkRun.objects.get(pk=int(answer.url.split("/")[2])).rows.all()
    assert {row.to_date for row in rows} == {JUNE_24, JUNE_24 + DAY, JUNE_24 + 2 * DAY}


def test_a_preview_counts_the_approvals_that_will_be_needed_again(tom, technician):
    cases = scheduled(technician, 2)
    moment = cases[0].date_created
    approved = {"kind": "approval", "state": "met", "settled_at": moment, "settled_through": "web"}
    cases[0].conditions.create(created=moment, since=moment, **approved)
    run = preview(tom, "shift", cases, days="2", unit="days", direction="later")
    page = text_of(tom, f"/bulk/{run.pk}/")
    assert 'Approval needed again</dt><dd class="figures">1</dd>' in page
    assert ". Approval needed again</span>" in page
    unapproved = preview(tom, "shift", cases[1:], days="2", unit="days", direction="later")
    assert "Approval needed again" not in text_of(tom, f"/bulk/{unapproved.pk}/")


def test_runs_are_for_their_maker_and_administrators(client, technician, other_technician, administrator, member):
    client.force_login(technician)
    run = preview(client, "return", scheduled(technician))
    for person, status in ((member, 404), (other_technician, 404), (administrator, 200)):
        client.force_login(person)
        for url in (f"/bulk/{run.pk}/", f"/bulk/{run.pk}/rows.csv"):
            assert client.get(url).status_code == status
    assert "Reopen 3 cases" not in text_of(client, "/bulk/")
    assert "Reopen 3 cases</button>" not in text_of(client, f"/bulk/{run.pk}/")
    assert client.post(f"/bulk/{run.pk}/start/").status_code == 403
    assert client.post(f"/bulk/{run.pk}/undo/").status_code == 409
    bulk.start(by=technician, run=run)
    assert f"Bulk operation {run.pk}" in text_of(client, "/bulk/")
    client.force_login(other_technician)
    assert f"Bulk operation {run.pk}" not in text_of(client, "/bulk/")


def sections_of(page):
    """Return the addresses of the previews and of the started runs that the list has."""
    parts = page.split('id="previews-heading"')[-1].partition("<table")
    previews, runs = (re.findall(r'href="/bulk/(\d+)/"', part) for part in (parts[0], parts[2]))
    return list(map(int, previews)), list(map(int, runs))


def test_previews_are_apart_from_what_was_done(tom, technician, administrator, client, clock):
    old = preview(tom, "return", scheduled(technician))
    clock.shift(DAY)
    done = preview(tom, "shift", scheduled(technician), days="2", unit="days", direction="later")
    tom.post(f"/bulk/{done.pk}/start/")
    bulk.work_off()
    newer = [preview(tom, "return", scheduled(technician, 1)).pk for _ in range(3)]
    clock.shift(dt.timedelta(minutes=1))
    page = text_of(tom, "/bulk/")
    assert sections_of(page) == (newer[::-1], [done.pk]), "the old one can't be started anymore"
    assert "Not started" not in page
    assert text_of(tom, f"/bulk/{old.pk}/"), "its address still works"
    client.force_login(administrator)
    assert sections_of(text_of(client, "/bulk/")) == ([], [done.pk]), "only their own"


def test_a_few_previews_are_shown_and_only_before_the_latest_runs(tom, technician):
    runs = BulkRun.objects.bulk_create(
        BulkRun(action="return", by=technician, language="en", state="done", created=portal_now(), started=portal_now())
        for _ in range(60)
    )
    previews = [preview(tom, "return", scheduled(technician, 1)).pk for _ in range(7)]
    first, second = (sections_of(text_of(tom, f"/bulk/?page={number}")) for number in (1, 2))
    assert (len(first[0]), len(first[1])) == (5, 50)
    assert set(first[0]) < set(previews)
    assert (second[0], len(second[1])) == ([], len(runs) - 50)


def test_previews_alone_are_no_empty_list(tom, technician):
    assert "No bulk operations yet" in text_of(tom, "/bulk/")
    run = preview(tom, "return", scheduled(technician))
    page = text_of(tom, "/bulk/")
    assert f'href="/bulk/{run.pk}/"' in page
    assert "No bulk operations yet" not in page
    assert "Started operations" not in page


def test_a_page_of_rows_costs_the_same_however_many_there_are(tom, technician):
    costs = []
    for count in (2, 60):
        run = preview(tom, "return", scheduled(technician, count))
        with CaptureQueriesContext(connection) as queries:
            text_of(tom, f"/bulk/{run.pk}/")
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 10


# --- The file -------------------------------------------------------------------------------------------------------


def upload(client, content):
    return client.post("/bulk/file/", {"file": ContentFile(content, name="dates.csv")})


def test_a_file_without_mistakes_leads_to_the_preview(tom, technician):
    cases = scheduled(technician, 2)
    lines = [f"{case.external_case_id},2025-06-24" for case in cases]
    answer = upload(tom, "\n".join(["number,date", *lines]).encode())
    run = BulkRun.objects.get()
    assert answer.url == f"/bulk/{run.pk}/"
    assert "<h1>Schedule 2 releases from a file</h1>" in text_of(tom, answer.url)


def test_mistakes_are_listed_by_line_and_the_good_lines_can_go_on(tom, technician):
    case = scheduled(technician, 1)[0]
    answer = upload(tom, f"number,date\nC-1,soon\n{case.external_case_id},2025-06-24".encode())
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "1 line can&#x27;t be used" in page or "1 line can't be used" in page
    assert "“soon” isn&#x27;t a date" in page
    assert f'href="/bulk/{BulkRun.objects.get().pk}/">Preview 1 case</a>' in page


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty"), (b"\xff\xfe\0", "UTF-8"), (b"number,date\nC-1,2025-06-24", "no case with this number")],
)
def test_a_file_that_cannot_be_used_says_why(content, said, tom):
    answer = upload(tom, content)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not BulkRun.objects.exists()


@pytest.mark.parametrize("line", ["2026-03-31", "2026-03-31,", "2026-03-31,,", "2026-03-31, "])
@pytest.mark.parametrize("columns", ["date,number", "date,number,reason", "date,time,number"])
def test_a_line_without_a_number_is_refused_and_the_others_can_go_on(line, columns, tom, technician):
    case = scheduled(technician, 1)[0]
    whole = {"date": "2025-06-24", "number": case.external_case_id, "reason": "", "time": ""}
    good = ",".join(whole[name] for name in columns.split(","))
    alone, among_others = (upload(tom, "\n".join([columns, line, *more]).encode()) for more in ([], [good]))
    assert (alone.status_code, among_others.status_code) == (400, 200)
    assert all("Enter the case number." in answer.content.decode() for answer in (alone, among_others))


@pytest.mark.parametrize(
    ("language", "columns"), [("en", "number,date,time,reason"), ("es", "número;fecha;hora;motivo")]
)
def test_the_template_is_a_file_that_the_portal_reads(language, columns, tom, technician):
    technician.language = language
    technician.save()
    case = scheduled(technician, 1)[0]
    page = text_of(tom, "/bulk/file/")
    assert 'href="/bulk/file/template.csv"' in page
    template = tom.get("/bulk/file/template.csv").content
    assert template.decode("utf-8-sig") == f"{columns}\r\n"
    line = [case.external_case_id, "2025-06-24", "09:30", "Agreed"]
    answer = upload(tom, template + columns[6].join(line).encode())
    assert answer.url == f"/bulk/{BulkRun.objects.get().pk}/"


def test_the_file_has_to_be_chosen(tom):
    dates = [ContentFile(b"number,date\nC-1,2025-07-01", name=f"{name}.csv") for name in ("new", "old")]
    answer = tom.post("/bulk/file/", {"file": dates})
    assert (answer.status_code, "Choose one file." in answer.content.decode()) == (400, True)
    answer = tom.post("/bulk/file/")
    assert answer.status_code == 400
    assert "Choose a file." in answer.content.decode()


def test_pages_of_many_rows_count_in_groups_of_three(tom, technician):
    case = CaseFactory(assigned_to=technician, held=True)
    now = portal_now()
    facts = {"total": 10_000, "to_do": 10_000, "worked": 10_000, "state": "done", "started": now, "finished": now}
    run = BulkRun.objects.create(action="urgency", by=technician, language="en", created=now, **facts)
    BulkRow.objects.create(run=run, case=case, position=0, case_version=1, verdict="will", result="failed", words="-")
    page = " ".join(tom.get(f"/bulk/{run.pk}/").content.decode().split())
    assert "of 10,000" in page


def test_the_form_says_what_is_optional_and_when_a_case_without_a_time_is_released(tom, member, technician, settings):
    settings.RELEASE_TIME_OF_DAY = dt.time(9, 30)
    case = CaseFactory(member=member, assigned_to=technician, scheduled=True)
    form = text_of(tom, f"/bulk/new/?action=schedule&case={case.pk}")
    assert "Time (optional)" in form
    assert "cases will be released at 9:30 AM." in form
    assert "Reason (optional)" in form
    assert "Optional." not in form
