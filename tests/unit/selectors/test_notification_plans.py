"""The bell is one probe of an index, however many notifications there are."""

import pytest
from django.db import connection

from cases.db.compiled_queries import Parameter
from cases.models import Notification
from cases.selectors import notifications
from tests.conftest import FROZEN
from tests.factories import CaseFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


@pytest.mark.parametrize("role", ["member", "technician"])
def test_the_bell_follows_the_index_of_what_is_unread(role):
    people = UserFactory.create_batch(20, role=role)
    case = CaseFactory()
    Notification.objects.bulk_create(
        Notification(recipient=people[n % 20], case=case, kind="question", at=FROZEN, read_at=FROZEN if n % 3 else None)
        for n in range(6000)
    )
    query = notifications._unread(role, "hidden")
    values = [people[0].pk if isinstance(value, Parameter) else value for value in query.values]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE cases_notification")
        cursor.execute("EXPLAIN " + query.sql, values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert plan.count("using notification_unread") == 2, plan
    assert "Seq Scan on cases_notification" not in plan, plan
