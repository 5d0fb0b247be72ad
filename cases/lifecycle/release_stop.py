"""Whether all releases of the portal are stopped (docs/rules.md, 14). The verbs are in cases.releases.stop_and_start.

Whatever releases asks for it within a statement that it runs anyway: a stop costs a wave nothing.
"""

from django.db.models import Exists, Q
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from cases.core.errors import CaseError
from cases.core.text import isolated
from cases.models import ReleaseStop


class ReleasesStopped(CaseError):
    """All releases are stopped. Nothing is released for anyone."""

    status = 409


def is_on() -> Exists:
    """Return the condition that releases are stopped, for a WHERE or an annotation."""
    return Exists(ReleaseStop.objects.all())


def is_off() -> Q:
    """Return the condition that releases are not stopped."""
    return Q(~is_on())


def current() -> ReleaseStop | None:
    """Return the stop that holds all releases now, with who gave it. One statement."""
    return ReleaseStop.objects.select_related("actor").first()


def check() -> None:
    """Raise ReleasesStopped, which says who stopped releases, when and why. One statement."""
    if stop := current():
        # In a variable: the catalog takes no words from within an f-string.
        instead = _("You can still schedule a release.")
        raise ReleasesStopped(f"{told(stop)} {instead}")


def told(stop: ReleaseStop) -> str:
    """Return who stopped releases, when and why, for staff. The time is the reader's."""
    words = {
        "name": isolated(stop.actor_name),
        "moment": formats.date_format(timezone.localtime(stop.at), "MOMENT_SHORT_FORMAT"),
        "reason": isolated(stop.reason),
    }
    return _("All releases are stopped. %(name)s stopped them on %(moment)s: “%(reason)s”") % words
