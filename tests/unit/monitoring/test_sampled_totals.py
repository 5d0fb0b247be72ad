"""The cases of each state are counted now and then."""

import datetime as dt

import pytest

from cases.core.clock import portal_now
from cases.models import SampledTotal
from cases.monitoring import sampled_totals
from cases.selectors import case_counts
from tasks import monitoring as tasks
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db


def test_each_state_is_counted(member, technician):
    for trait in ("draft", "submitted", "scheduled", "due", "held", "released"):
        CaseFactory(member=member, **{trait: True})
    assert tasks.count_cases() is True
    counts = dict(SampledTotal.objects.values_list("state", "cases"))
    assert counts == {"submitted": 1, "accepted": 0, "scheduled": 2, "held": 1, "released": 1}


def test_a_fresh_sample_is_not_made_again(clock, member):
    assert sampled_totals.refresh()
    CaseFactory(member=member)
    clock.shift(dt.timedelta(seconds=49))
    assert not tasks.count_cases(since="a later version")
    assert case_counts.latest_totals()["accepted"].cases == 0
    clock.shift(dt.timedelta(seconds=1))
    assert sampled_totals.refresh()
    assert case_counts.latest_totals()["accepted"].cases == 1


def test_what_takes_long_to_count_is_counted_more_rarely(clock):
    sampled_totals.refresh()
    SampledTotal.objects.update(seconds=3)
    clock.shift(dt.timedelta(seconds=299))
    assert not sampled_totals.refresh()
    clock.shift(dt.timedelta(seconds=1))
    assert sampled_totals.refresh()


def test_a_sample_from_the_future_is_replaced(clock):
    sampled_totals.refresh()
    SampledTotal.objects.update(counted_at=portal_now() + dt.timedelta(days=1))
    assert sampled_totals.refresh()
