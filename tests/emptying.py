"""Empty the database after a test that commits, as Django's flush does, at a tenth of the cost.

A flush gives all tables new files, and creates content types and permissions again, which costs more than many tests.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test import TransactionTestCase

from cases.models import PortalClock
from tests.requests_in_flight import RequestsInFlight

# Tables that follow from the code and the settings. A flush fills them again.
KEPT = (ContentType, Permission, PortalClock)
# Deleted rows leave their pages behind. A table with at least this many bytes is truncated.
TO_BE_TRUNCATED = 1_000_000

Rows = list[list[tuple[object, ...]]]

_requests = RequestsInFlight()
wait_for_requests = _requests.wait_for_none
_flush = TransactionTestCase._fixture_teardown
# The rows of KEPT after the last flush, if there has been one.
_after_a_flush: list[Rows] = []


@contextmanager
def by_deleting() -> Iterator[None]:
    """Within the block, empty small tables by deleting their rows, unless a test has changed those of KEPT."""
    _requests.watch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", _empty)
        yield


def _empty(case: TransactionTestCase) -> None:
    # A request in progress would write afterward, or wait for a table while this waits for another.
    wait_for_requests()
    if _may_be_deleted() and _after_a_flush == [_kept_rows()]:
        _delete_all()
    else:
        _flush(case)
        _after_a_flush[:] = [_kept_rows()]


def _kept_rows() -> Rows:
    return [list(model.objects.order_by("pk").values_list()) for model in KEPT]


def _may_be_deleted() -> bool:
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AND NOT EXISTS"
            " (SELECT FROM pg_stat_user_tables WHERE pg_table_size(relid) > %s)",
            [TO_BE_TRUNCATED],
        )
        return bool(cursor.fetchone()[0])


def _delete_all() -> None:
    """Delete all rows, in any order and bypassing all triggers, once no transaction is open on their tables."""
    kept = {model._meta.db_table for model in KEPT}
    found = connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = [connection.ops.quote_name(name) for name in sorted(found) if name not in kept]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("; ".join(f"DELETE FROM {table}" for table in tables))  # noqa: S608
