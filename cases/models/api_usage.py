"""How often programs call the API."""

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from cases.models.user import User

# The hosts' clocks differ by less than this. A minute further ahead comes from a clock that was set back since.
MINUTES_AHEAD = 2
# One statement: the counts of several web processes come together here.
IS_OVER = f"cases_apiusage.minute < excluded.minute OR cases_apiusage.minute > excluded.minute + {MINUTES_AHEAD}"
ADD = f"""
INSERT INTO cases_apiusage (user_id, minute, calls) VALUES (%s, %s, %s)
ON CONFLICT (user_id) DO UPDATE SET
    calls = CASE WHEN {IS_OVER} THEN 0 ELSE cases_apiusage.calls END + excluded.calls,
    minute = CASE WHEN {IS_OVER} THEN excluded.minute ELSE cases_apiusage.minute END
RETURNING calls
"""  # noqa: S608


class ApiUsage(models.Model):
    """A person's calls in the last minute in which there were many."""

    user = models.OneToOneField(
        User, verbose_name=_("user"), on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    minute = models.BigIntegerField(_("minute"), help_text=_("Minutes since 1970."))
    calls = models.PositiveIntegerField(_("calls"))

    class Meta:
        verbose_name = _("API usage")
        verbose_name_plural = _("API usage")

    def __str__(self) -> str:
        return f"API calls of user {self.user_id}"

    @classmethod
    def add(cls, user_id: int, minute: int, calls: int) -> int:
        """Add `calls` to those of that minute. Return the total."""
        with connection.cursor() as cursor:
            cursor.execute(ADD, [user_id, minute, calls])
            (total,) = cursor.fetchone()
        return int(total)
