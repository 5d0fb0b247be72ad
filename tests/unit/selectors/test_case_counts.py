"""Totals over everything say how old they are."""

import datetime as dt

import pytest

from cases.core.clock import portal_now
from cases.models import Case, SampledTotal
from cases.monitoring import sampled_totals
from cases.selectors import case_counts, dashboard
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def more_than_a_page_counts(count_up_to, member, technician):
    """Three accepted cases, one submitted and three on hold, with a maximum count of two."""
    count_up_to(2)
    dashboard._compiled.cache_clear()
    CaseFactory.create_batch(3, member=member, assigned_to=technician)
    CaseFactory.create_batch(3, member=member, submitted=True)
    CaseFactory(member=member, assigned_to=technician, held=True)
    yield
    dashboard._compiled.cache_clear()


def said(user) -> dict[str, tuple[str, str]]:
    return {group.section.key: (group.count, group.note) for group in dashboard.groups_for(user)}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds ago"),
        (1, "1 second ago"),
        (40, "40 seconds ago"),
        (60, "1\xa0minute ago"),
        (7300, "2\xa0hours ago"),
        (-5, "0 seconds ago"),
    ],
)
def test_an_age_in_words(clock, seconds, words):
    now = portal_now()
    total = SampledTotal(state="held", cases=1, counted_at=now - dt.timedelta(seconds=seconds))
    assert case_counts.age_in_words(total, now) == words


def test_an_administrator_reads_the_total_and_its_age(clock, more_than_a_page_counts, administrator):
    assert said(administrator)["accepted"] == ("2+", "not counted yet")
    sampled_totals.refresh()
    clock.shift(dt.timedelta(seconds=40))
    assert said(administrator) == {
        "submitted": ("3", "counted 40 seconds ago"),
        "accepted": ("3", "counted 40 seconds ago"),
        "today": ("0", ""),
        "scheduled": ("0", ""),
        "held": ("1", ""),
        "released": ("0", ""),
        "failing": ("0", ""),
    }


def test_a_technician_reads_the_total_of_what_is_everybodys(clock, more_than_a_page_counts, technician):
    sampled_totals.refresh()
    assert said(technician)["submitted"] == ("3", "counted 0 seconds ago")
    assert said(technician)["accepted"] == ("2+", ""), "the total over everybody is not theirs"


def test_a_member_is_told_no_total(clock, more_than_a_page_counts, member):
    sampled_totals.refresh()
    assert said(member)["open"] == ("2+", "")


def test_a_sample_from_before_there_were_many_says_not_counted_yet(clock, more_than_a_page_counts, administrator):
    cases = Case.objects.filter(status="accepted")
    keys = list(cases.values_list("pk", flat=True))
    cases.update(status="submitted")
    sampled_totals.refresh()
    Case.objects.filter(pk__in=keys).update(status="accepted")
    assert said(administrator)["accepted"] == ("2+", "not counted yet")


def test_the_page_shows_total_and_age(client, more_than_a_page_counts, administrator):
    client.force_login(administrator)
    assert "not counted yet" in client.get("/").content.decode()
    sampled_totals.refresh()
    page = client.get("/").content.decode()
    assert "seconds ago" in page
    assert "not counted yet" not in page
