"""A member opens a released case, and the technician sees that on the case, in the list and in the timeline."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cases import releases
from cases.models import Case, FirstView
from tests.browser.conftest import PHONE, assert_accessible
from tests.factories import CaseDocumentFactory, CaseFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def case(member, technician):
    """Released ten days ago, and not opened since."""
    case = CaseFactory(member=member, assigned_to=technician, due=True, title="Pension")
    CaseDocumentFactory(case=case, name="granted.pdf")
    releases.release_due(by="a test", source="sweep")
    Case.objects.filter(pk=case.pk).update(actual_release_date=timezone.now() - dt.timedelta(days=10))
    return case


def test_tom_sees_when_mia_has_opened_it(sign_in, case, member, technician):
    # Tom finds the case among those that no one has opened.
    tom = sign_in(technician)
    section = tom.get_by_role("region", name="Not opened after 7 days")
    section.get_by_role("link", name="Pension").click()
    expect(tom.locator("#release-panel")).to_contain_text("Not opened yet")

    # He previews it as the member, which does not count as a view of hers.
    tom.get_by_role("link", name="View as member").click()
    tom.get_by_role("link", name="Back to case").click()
    expect(tom.locator("#release-panel")).to_contain_text("Not opened yet")

    # Mia opens it on her phone and downloads the report.
    mia = sign_in(member, viewport=PHONE)
    mia.get_by_role("link", name="Pension").click()
    with mia.expect_download():
        mia.get_by_role("link", name="granted.pdf").click()
    assert set(FirstView.objects.values_list("kind", flat=True)) == {"page", "document"}

    # Tom sees it, with every moment of the release, and the case is no longer on the list.
    tom.reload()
    expect(tom.locator("#release-panel")).to_contain_text("Seen ")
    tom.get_by_role("link", name="Release timeline").click()
    expect(tom.get_by_role("listitem").filter(has_text="First seen by the member")).to_contain_text("Page")
    expect(tom.get_by_text("Report first downloaded")).to_be_visible()
    assert_accessible(tom)
    tom.goto("/cases/?due=unopened&technician=mine")
    expect(tom.get_by_text("No matching cases")).to_be_visible()
