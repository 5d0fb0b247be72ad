"""The preview of a file with schedules: what it stores, and every line that would not be applied."""

import datetime as dt

import pytest

from cases.models import BulkRun, Case
from cases.releases import schedule_file_preview
from tests.factories import CaseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def file_of(*lines: str) -> bytes:
    return "\n".join(["number,date,time,reason", *lines]).encode()


def test_good_lines_make_a_run_and_every_other_line_says_why_not(member, technician, other_technician):
    held = CaseFactory(held=True, member=member, assigned_to=technician)
    scheduled = CaseFactory(scheduled=True, member=member, assigned_to=technician)
    colleagues = CaseFactory(held=True, member=member, assigned_to=other_technician)
    draft = CaseFactory(draft=True, member=member)
    found = schedule_file_preview.preview(
        by=technician,
        content=file_of(
            f"{held.external_case_id},2025-06-30,09:30,Asked for it",
            f"{draft.external_case_id},2025-06-30",
            f"{colleagues.external_case_id},2025-06-30",
            f"{scheduled.external_case_id.lower()},2025-06-12",
            "C-1111111111,tomorrow",
            "",
            "C-0000000000,2025-06-30",
        ),
    )
    assert [problem.line for problem in found.problems] == [3, 4, 5, 6, 8]
    unknown, _colleagues, early, unreadable, unknown_too = [problem.text for problem in found.problems]
    assert unknown == unknown_too == "There is no case with this number."
    assert "The earliest date is June 18, 2025" in early
    assert "“tomorrow” isn't a date" in unreadable
    run = found.run
    assert (run.action, run.by, run.state) == (BulkRun.Action.SCHEDULE_EACH, technician, BulkRun.State.PREVIEWED)
    assert (run.total, run.to_do) == (3, 1)
    row = run.rows.get(verdict="will")
    assert (row.case, row.to_date, row.to_time) == (held, dt.date(2025, 6, 30), dt.time(9, 30))
    assert row.reason == "Asked for it"
    assert Case.objects.get(pk=held.pk).scheduled_release_date is None


NUMBERS = ["C-7K2M9QX4TB", "sap-17", "Sap 17", "SAP-17", "№ 5/a", "straße-1", "C-O0IL"]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_case_is_found_by_its_number_as_it_is(technician, number):
    """Numbers may come from another system."""
    case = CaseFactory(held=True, assigned_to=technician, external_case_id=number)
    found = schedule_file_preview.preview(by=technician, content=file_of(f"{number},2025-06-30"))
    assert not found.problems
    assert found.run.rows.get().case == case


def test_a_number_as_it_is_comes_before_its_capitals(technician):
    cases = {
        number: CaseFactory(held=True, assigned_to=technician, external_case_id=number)
        for number in ("sap-17", "SAP-17", "SAP-18")
    }
    for typed, meant in [("sap-17", "sap-17"), ("SAP-17", "SAP-17"), ("sap-18", "SAP-18"), ("Sap-17", "SAP-17")]:
        found = schedule_file_preview.preview(by=technician, content=file_of(f"{typed},2025-06-30"))
        assert found.run.rows.get().case == cases[meant], typed


def test_without_any_case_there_is_no_run(technician):
    found = schedule_file_preview.preview(by=technician, content=file_of("C-0000000000,2025-06-30"))
    assert found.run is None
    assert [problem.number for problem in found.problems] == ["C-0000000000"]
    assert not BulkRun.objects.exists()
