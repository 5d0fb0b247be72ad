"""Copies of the portal's data with different numbers of pending cases.

Every dataset is a schema of one PostgreSQL server. The measurements take turns, so that other load on the machine
affects all of them alike.
"""

from dataclasses import dataclass
from urllib.parse import quote

CROWD = 1000

# Scheduled over the next year, half of them with a time.
FILL = """
INSERT INTO cases_case (external_case_id, member_id, assigned_to_id, status, urgency, title, description, date_created,
    date_completed, scheduled_release_date, scheduled_release_time, schedule_revision, release_number, release_error,
    release_attempts)
SELECT 'P-' || n, %(first)s + n %% %(crowd)s, %(technician)s, 'completed', 'normal', 'Question ' || n, 'What?', now(),
    now(), current_date + 2 + n %% 365, CASE n %% 2 WHEN 0 THEN time '00:00' + (n %% 1440) * interval '1 minute' END,
    1, 0, '', 0
FROM generate_series(1, %(pending)s) AS n
"""


@dataclass
class Dataset:
    """One schema with `pending` cases of others. The cases of the measured people are the same in each."""

    pending: int

    @property
    def schema(self) -> str:
        return f"pending_{self.pending}"

    def database_url(self, url: str) -> str:
        """Return the URL of this dataset, for another process."""
        return f"{url}{'&' if '?' in url else '?'}options={quote(f'-c search_path={self.schema}')}"

    def enter(self) -> None:
        """Make this process use this dataset from now on."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(f"SET search_path TO {self.schema}")

    def build(self) -> None:
        """Create the schema, migrate and fill it."""
        from django.core.management import call_command
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {self.schema}")
        self.enter()
        call_command("migrate", verbosity=0)
        self._people()
        self._crowd()
        with connection.cursor() as cursor:
            # As autovacuum would.
            cursor.execute("VACUUM ANALYZE")

    def _people(self) -> None:
        from cases.models import User
        from tests.factories import CaseFactory, UserFactory

        member = UserFactory(username="mia", role=User.Role.MEMBER)
        technician = UserFactory(username="tom", role=User.Role.TECHNICIAN)
        UserFactory(username="ada", role=User.Role.ADMINISTRATOR)
        for state in ("submitted", "scheduled", "held", "released"):
            assigned = None if state == "submitted" else technician
            CaseFactory.create_batch(3, member=member, assigned_to=assigned, **{state: True})
        CaseFactory.create_batch(3, member=member, assigned_to=technician)

    def _crowd(self) -> None:
        from django.db import connection

        from cases.models import User

        crowd = User.objects.bulk_create(User(username=f"crowd-{n}") for n in range(CROWD))
        other = User.objects.create(username="other", role=User.Role.TECHNICIAN)
        with connection.cursor() as cursor:
            values = {"first": crowd[0].pk, "crowd": CROWD, "technician": other.pk, "pending": self.pending}
            cursor.execute(FILL, values)
