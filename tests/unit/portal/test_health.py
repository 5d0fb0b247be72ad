"""Readiness: the migrations are compared until all are applied, the database is asked each time."""

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from portal import health

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _new_process():
    health.check_migrated.cache_clear()
    yield
    health.check_migrated.cache_clear()


def ready():
    answer = health.ready(RequestFactory().get("/health/ready/"))
    return answer.status_code, answer.content.decode()


def test_that_all_are_applied_is_found_once():
    assert ready()[0] == 200
    with CaptureQueriesContext(connection) as queries:
        assert ready()[0] == 200
    assert [query["sql"] for query in queries] == ["SELECT 1"]


def test_that_one_is_missing_is_found_until_it_is_applied():
    recorder = MigrationRecorder(connection)
    ((app, name),) = MigrationLoader(connection).graph.leaf_nodes("cases")
    recorder.record_unapplied(app, name)
    for _twice in range(2):
        status, text = ready()
        assert (status, "migrations pending" in text) == (503, True)
    recorder.record_applied(app, name)
    assert ready()[0] == 200
