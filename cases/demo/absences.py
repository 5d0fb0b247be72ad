"""Absences of the demo data: a colleague is away today, and the technician stands in. Another plans to be away."""

import datetime as dt
from collections.abc import Sequence

from cases.accounts.absences import set_absence
from cases.lifecycle import deputies
from cases.models import User


def plan(*, technicians: Sequence[User], admin: User) -> None:
    """Plan the absences. The first of `technicians` is the one the demo signs in as."""
    technician, away, later = technicians[:3]
    today = deputies.today()
    day = dt.timedelta(days=1)
    set_absence(technician=away, deputy=technician, first_day=today, last_day=today + 4 * day, by=admin)
    set_absence(technician=later, deputy=technician, first_day=today + 7 * day, last_day=today + 11 * day, by=later)
