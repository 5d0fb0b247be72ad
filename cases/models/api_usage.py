"""How often programs call the API."""

from django.db import connection, models

from cases.models.user import User

# One statement: the counts of several web processes come together here.
ADD = """
INSERT INTO cases_apiusage (user_id, minute, calls) VALUES (%s, %s, %s)
ON CONFLICT (user_id) DO UPDATE SET
    calls = CASE WHEN cases_apiusage.minute < excluded.minute THEN 0 ELSE cases_apiusage.calls END + excluded.calls,
    minute = CASE WHEN cases_apiusage.minute < excluded.minute THEN excluded.minute ELSE cases_apiusage.minute END
RETURNING calls
"""


class ApiUsage(models.Model):
    """The calls of one person within the last minute in which there were many."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, primary_key=True, related_name="+")
    minute = models.BigIntegerField(help_text="Minutes since 1970")
    calls = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"API calls of user {self.user_id}"

    @classmethod
    def add(cls, user_id: int, minute: int, calls: int) -> int:
        """Add `calls` to those of that minute. Returns how many they are."""
        with connection.cursor() as cursor:
            cursor.execute(ADD, [user_id, minute, calls])
            (total,) = cursor.fetchone()
        return int(total)
