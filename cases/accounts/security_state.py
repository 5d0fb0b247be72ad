"""The portal's cache, which keeps security state: nothing is evicted before it expires.

django-allauth and REST framework count requests and guesses in Django's default cache. Django's own backends evict live
entries when they are full, so a flood of invented names would lift every lock-out. Here the table grows with its live
entries, and each write removes some of the expired ones.
"""

import datetime as dt
import hashlib
import json
from typing import Any

from django.conf import settings
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection, transaction

from cases.core.clock import portal_now
from cases.models import SecurityState

# More than one write adds, so that the table shrinks again after a flood.
CLEANED_PER_WRITE = 20
NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)

TABLE = SecurityState._meta.db_table
PUT = f"""
INSERT INTO {TABLE} (digest, value, expires_at) VALUES (%s, %s, %s)
ON CONFLICT (digest) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
"""  # noqa: S608
# One statement: of two that add the same key at once, one wins.
ADD = PUT + f"WHERE {TABLE}.expires_at <= %s"


class SecurityStateCache(BaseCache):
    """A cache backend over `SecurityState`. Values are what JSON can hold; keys may be of any length and content."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def validate_key(self, key: str) -> None:
        """Accept any key: only its digest is stored."""

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return the value, or `default` if there is none or it has expired."""
        rows = SecurityState.objects.filter(digest=self._digest(key, version), expires_at__gt=portal_now())
        found = rows.values_list("value", flat=True).first()
        return default if found is None else json.loads(found)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Store `value` for `timeout` seconds, replacing any other."""
        now = portal_now()
        self._write(PUT, key, value, self._expiry(now, timeout), version)
        forget_expired(now - settings.CLEANUP_SECURITY_STATE, at_most=CLEANED_PER_WRITE)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Store `value` if there is none under `key`. Return whether it was stored."""
        now = portal_now()
        return self._write(ADD, key, value, self._expiry(now, timeout), version, now) == 1

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Have the value expire `timeout` seconds from now. Return whether there was one."""
        now = portal_now()
        rows = SecurityState.objects.filter(digest=self._digest(key, version), expires_at__gt=now)
        return rows.update(expires_at=self._expiry(now, timeout)) == 1

    def delete(self, key: str, version: int | None = None) -> bool:
        """Forget the value. Return whether there was one."""
        return SecurityState.objects.filter(digest=self._digest(key, version)).delete()[0] == 1

    def clear(self) -> None:
        """Forget everything."""
        SecurityState.objects.all().delete()

    def _digest(self, key: str, version: int | None) -> str:
        return hashlib.sha256(self.make_key(key, version).encode(errors="surrogatepass")).hexdigest()

    def _expiry(self, now: dt.datetime, timeout: Any) -> dt.datetime:
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return NEVER if seconds is None else now + dt.timedelta(seconds=seconds)

    def _write(
        self, sql: str, key: str, value: Any, expiry: dt.datetime, version: int | None, *moments: dt.datetime
    ) -> int:
        adapt = connection.ops.adapt_datetimefield_value
        values = [self._digest(key, version), json.dumps(value), *map(adapt, (expiry, *moments))]
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return int(cursor.rowcount)


@transaction.atomic
def forget_expired(moment: dt.datetime, *, at_most: int) -> int:
    """Delete up to `at_most` values that had expired at `moment`, oldest first. Return how many."""
    expired = SecurityState.objects.filter(expires_at__lte=moment).order_by("expires_at")
    # Locked with SKIP LOCKED: two cleanups at the same time neither wait for each other nor lock rows in two orders.
    locked = list(expired.select_for_update(skip_locked=True).values_list("pk", flat=True)[:at_most])
    return SecurityState.objects.filter(pk__in=locked).delete()[0] if locked else 0
