"""The bell reads the beginning of an index, however many notifications a person has not read."""

import re

import pytest
from django.db import connection

from cases.db.compiled_queries import Parameter
from cases.models import Notification
from cases.selectors import notifications
from tests.conftest import FROZEN
from tests.factories import CaseFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


@pytest.mark.parametrize("role", ["member", "technician"])
def test_the_bell_reads_no_more_than_a_hundred_of_many(role):
    busy, other = UserFactory.create_batch(2, role=role)
    case = CaseFactory(member=busy if role == "member" else UserFactory())
    Notification.objects.bulk_create(
        Notification(recipient=other if n % 10 == 0 else busy, case=case, kind="question", at=FROZEN)
        for n in range(10_000)
    )
    assert notifications.count_unread(busy) == 100
    query = notifications._unread(role, "hidden")
    values = [busy.pk if isinstance(value, Parameter) else value for value in query.values]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE cases_notification")
        cursor.execute("EXPLAIN (ANALYZE, TIMING OFF) " + query.sql, values)
        plan = [row[0] for row in cursor.fetchall()]
    scans = [line for line in plan if "notification_unread" in line]
    assert len(scans) == 1, "\n".join(plan)
    assert re.search(r"actual rows=100(\.00)? loops=1", scans[0]), "\n".join(plan)
    assert not [line for line in plan if "Seq Scan on cases_notification" in line], "\n".join(plan)
