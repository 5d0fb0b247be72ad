"""Writing the history of the portal: what concerns every case."""

import datetime as dt
from typing import Any

from cases.core import limits
from cases.lifecycle.history import actor_columns
from cases.models import PortalEvent, User


def record(
    kind: PortalEvent.Kind,
    *,
    by: User | str,
    source: str,
    at: dt.datetime,
    reason: str = "",
    details: dict[str, Any] | None = None,
) -> None:
    """Append what `by`, a person or a program by its name, did to the portal. `reason`: a person's words.

    `details`: the facts. TooLong for a long `reason`.
    """
    limits.check_length(reason, limits.REASON, field="reason")
    PortalEvent.objects.create(
        kind=kind, at=at, source=source, reason=reason, details=details or {}, **actor_columns(by)
    )
