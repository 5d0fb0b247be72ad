"""The release history as a page and as CSV."""

import csv
import datetime as dt
import io

import pytest
from django.http import StreamingHttpResponse

from cases import releases
from cases.core.schedule import Schedule
from cases.models import CaseEvent
from cases.selectors import history
from tests.clocks import portals_today
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def moved(administrator, technician):
    """A case whose release Ada has moved, with a reason that a spreadsheet could take for a formula."""
    case = CaseFactory(scheduled=True, assigned_to=technician)
    release_on = Schedule(portals_today() + dt.timedelta(days=20))
    releases.schedule(case=case, by=administrator, source="web", release_on=release_on, reason="=The court asked")
    return case


@pytest.fixture
def draft_event(technician):
    case = CaseFactory(draft=True)
    CaseEvent.objects.create(
        case=case, kind="document_attached", source="web", schedule_revision=0, at=case.date_created, actor=case.member
    )
    return case


LONGEST_NUMBER = "SAP-" + "7" * 60


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sap-17", "sap-17"), ("SAP-17", "SAP-17"), ("Sap-17", "SAP-17"), ("sap-18", "SAP-18"), ("№ 5/a", "№ 5/a"),
        (LONGEST_NUMBER, LONGEST_NUMBER),
        (" sap-17 ", "sap-17"), ("c-7k2m9qx4tb", "C-7K2M9QX4TB"), ("7k2m 9qx4tb", "C-7K2M9QX4TB"), ("sap", ""),
        ("sap-19", ""), ("-", ""),
    ],
)  # fmt: skip
def test_a_case_is_asked_for_by_its_number_as_the_search_reads_it(client, administrator, typed, meant):
    for number in ("sap-17", "SAP-17", "SAP-18", "№ 5/a", "C-7K2M9QX4TB", LONGEST_NUMBER):
        case = CaseFactory(external_case_id=number)
        CaseEvent.objects.create(
            case=case, kind="accepted", source="web", schedule_revision=0, at=case.date_created, system_actor="a test"
        )
    client.force_login(administrator)
    answer = client.get("/history/", {"case": typed})
    shown = [event.case.external_case_id for event in answer.context["page"].events] if meant else []
    assert shown == ([meant] if meant else [])
    assert ("No case has this number" in answer.content.decode()) == (not meant)


def test_the_file_is_in_the_readers_language_and_zone_and_separated_as_spreadsheets_there_read_it(
    client, administrator, moved
):
    administrator.language, administrator.time_zone = "es", "America/Lima"
    administrator.save()
    client.force_login(administrator)
    text = b"".join(client.get("/history/export/").streaming_content).decode("utf-8-sig")
    heading, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    assert heading[:3] == ["Entrada", "Hora", "Caso"]
    assert {len(row) for row in rows} == {len(heading)} == {13}
    assert all(row[1].endswith("-05:00") for row in rows)


def rows_of(answer) -> list[dict[str, str]]:
    assert isinstance(answer, StreamingHttpResponse)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_it_tells_who_when_what_through_what_from_to_and_why(client, administrator, moved):
    client.force_login(administrator)
    page = client.get("/history/").content.decode()
    event = moved.events.get()
    assert moved.external_case_id in page
    assert "Release moved from" in page
    assert "=The court asked" in page
    assert administrator.display_name in page
    assert event.at.isoformat(timespec="seconds") in page
    assert "Web" in page


FILTERS = [
    ("", True), ("kind=rescheduled", True), ("kind=held", False), ("channel=web", True), ("channel=api", False),
    ("person={ada}", True), ("person={tom}", False), ("case={number}", True), ("since={today}", True),
    ("until={today}", True), ("until={yesterday}", False), ("since={tomorrow}", False),
    ("run=7", False),
]  # fmt: skip


@pytest.mark.parametrize(("query", "is_found"), FILTERS)
def test_filters_narrow_page_and_export_alike(client, administrator, technician, moved, query, is_found):
    client.force_login(administrator)
    today = portals_today()
    day = dt.timedelta(days=1)
    query = query.format(
        ada=administrator.pk, tom=technician.pk, number=moved.external_case_id.lower(),
        today=today, yesterday=today - day, tomorrow=today + day,
    )  # fmt: skip
    page = client.get(f"/history/?{query}").content.decode()
    assert ("Release moved from" in page) == is_found
    assert ("No matching entries" in page) != is_found
    assert bool(rows_of(client.get(f"/history/export/?{query}"))) == is_found


@pytest.mark.parametrize(
    "query", ["kind=x", "channel=x", "run=x", "person=0", "case=C-NONE", "since=someday", "until=x"]
)
def test_what_cannot_be_read_shows_nothing_and_says_so(client, administrator, moved, query):
    client.force_login(administrator)
    for url in ("/history/", "/history/export/"):
        answer = client.get(f"{url}?{query}")
        assert answer.status_code == 400
        assert "Release moved" not in answer.content.decode()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize("query", ["since=0001-01-01", "until=0001-01-01", "since=9999-12-31", "until=9999-12-31"])
def test_a_day_that_has_no_moment_in_some_zone_is_refused(client, administrator, moved, query, zone):
    administrator.time_zone = zone
    administrator.save()
    client.force_login(administrator)
    for url in ("/history/", "/history/export/"):
        assert client.get(f"{url}?{query}").status_code == 400


def test_technicians_see_the_cases_they_may_see(client, administrator, technician, moved, draft_event):
    for person, numbers in (
        (administrator, {moved.external_case_id, draft_event.external_case_id}),
        (technician, {moved.external_case_id}),
    ):
        client.force_login(person)
        assert {row["Case"] for row in rows_of(client.get("/history/export/"))} == numbers
        assert ("Document attached" in client.get("/history/").content.decode().split("<tbody")[1]) == (
            person == administrator
        )
    assert client.get(f"/history/?case={draft_event.external_case_id}").status_code == 400


def test_the_export_streams_in_chunks_and_is_safe_for_spreadsheets(client, administrator, moved, monkeypatch):
    monkeypatch.setattr(history, "EXPORTED_TOGETHER", 2)
    CaseEvent.objects.bulk_create(
        CaseEvent(
            case=moved, kind="accepted", source="api", schedule_revision=0, at=moved.date_created, actor=administrator
        )
        for _ in range(5)
    )
    client.force_login(administrator)
    answer = client.get("/history/export/")
    assert answer["Content-Disposition"] == f'attachment; filename="history-{portals_today()}.csv"'
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = rows_of(answer)
    assert len(rows) == 6
    assert rows[0]["Reason"] == "'=The court asked"
    assert rows[0]["What happened"].startswith("Release moved from")
    assert rows[0]["Release after"] == str(portals_today() + dt.timedelta(days=20))


def test_one_can_go_on_to_older_entries(client, administrator, moved, monkeypatch):
    monkeypatch.setitem(history.history_page.__kwdefaults__, "size", 1)
    CaseEvent.objects.create(
        case=moved, kind="accepted", source="api", schedule_revision=0, at=moved.date_created, actor=administrator
    )
    client.force_login(administrator)
    first = client.get("/history/?channel=")
    older = f"before={moved.events.get(kind='rescheduled').pk}"
    assert older in first.content.decode()
    second = client.get(f"/history/?{older}").content.decode()
    assert "Accepted" in second.split("<tbody")[1]
    assert "Release moved" not in second
    assert "Latest entries" in second
