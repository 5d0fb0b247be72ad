"""Whether all releases in the portal are stopped (docs/rules.md, 14).

cases.releases.stop_and_start_releases stops and starts them. Code that releases checks this within a statement that
it runs anyway, so the check costs a wave nothing.
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
    """Return the stop that holds all releases now, with the person who made it. One statement."""
    return ReleaseStop.objects.select_related("actor").first()


def check() -> None:
    """Raise ReleasesStopped, which says who stopped releases, when and why. One statement."""
    if stop := current():
        # In a variable, because the catalog does not extract texts from f-strings.
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
