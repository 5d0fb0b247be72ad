"""First views that race with each other, or with an undo or recall: threads with transactions, on PostgreSQL."""

import datetime as dt
import time

import pytest
from django.db import transaction

from cases.lifecycle import first_views
from cases.lifecycle.locking import in_lock_order
from cases.models import Case, FirstView
from tests.conftest import FROZEN
from tests.factories import CaseFactory
from tests.unit.releases.test_races import Thread, held_open, somebody_waits_for_a_lock

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]


class Request:
    """What `record` reads of a request."""

    method = "GET"
    headers: dict[str, str] = {}


@pytest.fixture
def case(member):
    return CaseFactory(member=member, released=True, actual_release_date=FROZEN - dt.timedelta(hours=1))


def page_of(case, member, kind=FirstView.Kind.PAGE):
    """Do what is left to do for a visit once the page is built."""
    cases = Case.objects.filter(pk=case.pk)
    fetched = first_views.with_recorded(cases, kind=kind, by=member).select_related("member").get()
    return lambda: first_views.record(fetched, kind=kind, by=member, request=Request())


def rows():
    return list(FirstView.objects.order_by("pk").values_list("release_number", "kind"))


@transaction.atomic
def take_back(case):
    locked = in_lock_order(Case.objects.all()).get(pk=case.pk)
    Case.objects.filter(pk=locked.pk).update(actual_release_date=None, scheduled_release_date=None)


def test_two_at_once_are_one_view(case, member):
    first, second = page_of(case, member), page_of(case, member)
    with held_open(first):
        waiting = Thread(second)
        somebody_waits_for_a_lock()
    waiting.result()
    assert rows() == [(1, "page")]
    assert Case.objects.get().first_viewed_at == FROZEN


def test_two_ways_at_once_are_two_views_and_one_mark(case, member):
    page, download = page_of(case, member), page_of(case, member, FirstView.Kind.DOCUMENT)
    with held_open(page):
        waiting = Thread(download)
        somebody_waits_for_a_lock()
    waiting.result()
    assert rows() == [(1, "page"), (1, "document")]
    assert Case.objects.get().first_viewed_at == FROZEN


def test_a_view_while_the_release_is_taken_back_counts_for_that_release(case, member):
    look = page_of(case, member)
    with held_open(lambda: take_back(case)):
        waiting = Thread(look)
        somebody_waits_for_a_lock()
    waiting.result()
    assert rows() == [(1, "page")]
    assert Case.objects.get().first_viewed_at is None


def test_taking_back_waits_for_a_view(case, member):
    with held_open(page_of(case, member)):
        waiting = Thread(lambda: take_back(case))
        somebody_waits_for_a_lock()
    waiting.result()
    assert rows() == [(1, "page")]
    assert not Case.objects.get().is_released


def test_a_reader_does_not_wait_for_long(case, member, monkeypatch, caplog):
    monkeypatch.setattr(first_views, "WAIT", 0.2)
    begun = time.monotonic()
    with held_open(lambda: in_lock_order(Case.objects.all()).get(pk=case.pk)):
        Thread(page_of(case, member)).result()
        assert time.monotonic() - begun < 10
    assert "first view not recorded" in caplog.text
    assert rows() == []
