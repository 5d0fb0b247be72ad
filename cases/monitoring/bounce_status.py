"""Bounce status: the people whose address doesn't take email."""

from dataclasses import dataclass

from django.utils.translation import ngettext

from cases.models import User
from cases.monitoring.problems import BOUNCES, Problem
from cases.selectors.pagination import MAX_COUNTED, CappedCount

ROWS = 20


@dataclass(frozen=True)
class BounceStatus:
    """How many addresses bounce, and the people whose address bounced last."""

    count: CappedCount
    people: list[User]

    @property
    def problems(self) -> list[Problem]:
        """What needs attention."""
        if not self.people:
            return []
        text = ngettext("Email to %(n)s person is bouncing.", "Email to %(n)s people is bouncing.", self.count.number)
        return [Problem(text % {"n": self.count}, BOUNCES)]


def bounce_status() -> BounceStatus:
    """Return the status now. Takes one statement, or two if more addresses bounce than are listed."""
    bounced = User.objects.filter(email_bounced__isnull=False, is_active=True).order_by("-email_bounced")
    people = list(bounced[: ROWS + 1])
    number = len(people) if len(people) <= ROWS else bounced[: MAX_COUNTED + 1].count()
    return BounceStatus(CappedCount(number), people[:ROWS])
