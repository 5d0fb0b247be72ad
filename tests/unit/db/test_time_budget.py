"""A transaction with a limit on its total time."""

from contextlib import suppress

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from cases.db.time_budget import transaction_within

pytestmark = pytest.mark.django_db(transaction=True)


def asked(question):
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


@pytest.mark.postgresql
@pytest.mark.parametrize("sleeps", [(0.6,), (0.3, 0.3), (0.1,) * 6])
def test_the_time_is_for_all_statements_together(sleeps):
    with pytest.raises(OperationalError), transaction_within(0.5):
        _ = [asked(f"SELECT pg_sleep({seconds})") for seconds in sleeps]
    assert asked("SHOW statement_timeout") == "0"


@pytest.mark.postgresql
def test_no_time_left_is_said_before_the_server_is_asked():
    with pytest.raises(OperationalError, match="is over"), transaction_within(0):
        asked("SELECT 1")


@pytest.mark.postgresql
def test_a_statement_that_fails_under_a_savepoint_ends_nothing_else():
    with transaction_within(30):
        with pytest.raises(DatabaseError), transaction.atomic():
            asked("SELECT 1 / 0")
        assert asked("SELECT 1") == 1
        assert asked("SHOW statement_timeout") != "0"


@pytest.mark.postgresql
def test_a_connection_that_is_lost_on_the_way_is_an_error_of_django(hang_up):
    with pytest.raises(OperationalError), transaction_within(30):
        _ = [hang_up(), asked("SELECT 1")]
    connection.close()


@pytest.mark.sqlite
@pytest.mark.parametrize("fails", [False, True])
def test_sqlite_waits_so_long_for_its_one_lock_and_then_as_usual(fails):
    usual = asked("PRAGMA busy_timeout")
    with suppress(ZeroDivisionError), transaction_within(1):
        assert asked("PRAGMA busy_timeout") == 1000
        if fails:
            raise ZeroDivisionError
    assert asked("PRAGMA busy_timeout") == usual != 1000
