"""An administrator looks something up in the release history, downloads it as CSV, and verifies the proof."""

import csv
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from playwright.sync_api import expect

from cases import releases
from cases.models import CaseEvent
from cases.proof import publishing
from cases.proof.sealing import seal_history
from tests.browser.conftest import assert_accessible, in_two_looks
from tests.factories import CaseFactory
from tests.triggers import foreign_keys_off

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.django_db(transaction=True)]

REASON = "=The court asked for it"


@in_two_looks
def test_an_administrator_finds_exports_and_verifies(
    sign_in, administrator, technician, member, viewport, dark, settings, tmp_path
):
    settings.HISTORY_HEAD_FILE = str(tmp_path / "heads")
    case = CaseFactory(scheduled=True, member=member, assigned_to=technician, title="Survivor benefit")
    releases.release_now(case=case, by=administrator, source="web", reason=REASON)
    releases.accept(case=CaseFactory(submitted=True), by=technician, source="api")

    page = sign_in(administrator, viewport=viewport, dark=dark, at="/history/")
    expect(page.locator("tbody tr")).to_have_count(2)
    assert_accessible(page)
    page.get_by_label("Case", exact=True).fill(case.external_case_id.lower())
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text(REASON)
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download CSV").click()
    file = Path(downloading.value.path())
    (row,) = csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines())
    assert (row["Case"], row["Reason"]) == (case.external_case_id, f"'{REASON}")

    assert seal_history() >= 2
    publishing.publish_head(CaseEvent.objects.latest("at").at.replace(year=2100))
    call_command("verify_history", heads_from=settings.HISTORY_HEAD_FILE)
    with foreign_keys_off():
        CaseEvent.objects.filter(reason=REASON).update(reason="Nobody asked")
    with pytest.raises(CommandError, match="1 problem found"):
        call_command("verify_history", heads_from=settings.HISTORY_HEAD_FILE)
