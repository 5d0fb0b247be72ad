"""API calls of one person within a minute, over several web processes."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.api import throttling
from cases.api.throttling import CallCounter
from cases.models import ApiUsage

pytestmark = pytest.mark.django_db


def test_beyond_the_limit_is_a_429_until_the_next_minute(client, technician, other_technician, settings, clock):
    settings.MAX_API_CALLS_PER_MINUTE = 3
    clock.shift(15)
    client.force_login(technician)
    assert [client.get("/api/cases/").status_code for _ in range(3)] == [200] * 3
    for address in ("/api/cases/", "/api/schema/", "/api/cases/1/"):
        answer = client.get(address, headers={"Accept": "application/json"})
        assert answer.status_code == 429
        assert answer["Retry-After"] == "45"
        assert answer.json() == {"detail": "Too many requests. Try again in 45 seconds."}
    client.force_login(other_technician)
    assert client.get("/api/cases/").status_code == 200
    client.force_login(technician)
    clock.shift(45)
    assert client.get("/api/cases/").status_code == 200


def test_pages_are_not_counted(client, technician, settings, clock):
    settings.MAX_API_CALLS_PER_MINUTE = 1
    client.force_login(technician)
    client.get("/api/cases/")
    assert client.get("/cases/").status_code == 200


def test_an_ordinary_call_costs_no_statement(technician):
    counter = CallCounter()
    with CaptureQueriesContext(connection) as captured:
        for _ in range(29):
            assert counter.count(technician.pk, 1, 600)
    assert len(captured) == 0
    with CaptureQueriesContext(connection) as captured:
        assert counter.count(technician.pk, 1, 600)
    assert len(captured) == 1
    assert ApiUsage.objects.get().calls == 30


@pytest.mark.parametrize("processes", [1, 2, 5])
def test_several_processes_share_the_limit(processes, technician):
    limit = 200
    web = [CallCounter() for _ in range(processes)]
    passed = sum(web[number % processes].count(technician.pk, 1, limit) for number in range(4 * limit))
    assert limit <= passed <= limit * (1 + processes / throttling.PARTS)
    assert not any(process.count(technician.pk, 1, limit) for process in web)


def test_a_minute_begins_anew_and_keeps_one_row(technician):
    for minute in (7, 8, 9):
        counter = CallCounter()
        assert [counter.count(technician.pk, minute, 20) for _ in range(21)] == [True] * 20 + [False]
    assert ApiUsage.objects.get().minute == 9
    # A process whose clock is behind.
    assert ApiUsage.add(technician.pk, 8, 1) == 21


def test_strangers_are_told_to_sign_in(client, settings):
    settings.MAX_API_CALLS_PER_MINUTE = 1
    assert [client.get("/api/cases/").status_code for _ in range(3)] == [401] * 3
