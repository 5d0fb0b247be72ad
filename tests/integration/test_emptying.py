"""The database between two tests that commit."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import TransactionTestCase

from cases.models import Case
from tests import emptying
from tests.factories import CaseFactory, CaseNoteFactory

pytestmark = [pytest.mark.integration, pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def rows_of_tables() -> dict[str, int]:
    """Return the number of rows of each table that is not empty."""
    counts = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(only_existing=True, include_views=False):
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608
            counts[table] = cursor.fetchone()[0]
    return {table: count for table, count in counts.items() if count}


def empty() -> None:
    """Do what happens at the end of a test that commits."""
    TransactionTestCase("__init__")._fixture_teardown()


@pytest.mark.parametrize("changed", [False, True])
def test_as_after_a_flush(changed: bool) -> None:
    """Everything written is gone, and rows that follow from the code are there, created again if a test has changed
    them."""
    with emptying.by_deleting():
        empty()
        after_a_flush = rows_of_tables()
        CaseNoteFactory(case=CaseFactory(released=True))
        if changed:
            Permission.objects.earliest("pk").delete()
        empty()
    assert Case.objects.count() == 0
    assert rows_of_tables() == after_a_flush
