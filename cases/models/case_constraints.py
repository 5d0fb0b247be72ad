"""What the database enforces for every case, besides the values of its choices."""

import functools
import operator

from django.db import models
from django.db.models import F, Q

from cases.core.calendar_periods import AFTER_LAST_DATE, FIRST_DATE
from cases.core.text import NOT_IN_A_LINE
from cases.models.constraints import within_calendar

# The moments in the life of a case.
DATES = (
    "date_created",
    "date_submitted",
    "date_accepted",
    "date_completed",
    "actual_release_date",
    "release_next_try",
    "armed_at",
    "first_viewed_at",
)

CONSTRAINTS = [
    models.CheckConstraint(name="case_title_is_a_line", condition=~Q(title__regex=NOT_IN_A_LINE)),
    models.CheckConstraint(name="case_number_is_a_line", condition=~Q(external_case_id__regex=NOT_IN_A_LINE)),
    models.CheckConstraint(
        name="case_released_is_completed",
        condition=Q(actual_release_date__isnull=True) | Q(status="completed"),
    ),
    models.CheckConstraint(
        name="case_scheduled_is_completed",
        condition=Q(scheduled_release_date__isnull=True) | Q(status="completed"),
    ),
    models.CheckConstraint(
        name="case_time_needs_date",
        condition=Q(scheduled_release_time__isnull=True) | Q(scheduled_release_date__isnull=False),
    ),
    # At the ends of the calendar, a wall clock time has no instant.
    models.CheckConstraint(
        name="case_schedule_within_calendar",
        condition=Q(scheduled_release_date__isnull=True)
        | Q(scheduled_release_date__gte=FIRST_DATE, scheduled_release_date__lt=AFTER_LAST_DATE),
    ),
    # Moments beyond them cannot be expressed in every zone either.
    models.CheckConstraint(
        name="case_dates_within_calendar",
        condition=functools.reduce(operator.and_, map(within_calendar, DATES)),
    ),
    models.CheckConstraint(
        name="case_armed_not_ahead",
        condition=Q(armed_revision__isnull=True) | Q(armed_revision__lte=F("schedule_revision")),
    ),
    models.CheckConstraint(
        name="case_announced_is_armed",
        condition=Q(announced_revision__isnull=True) | Q(announced_revision__lte=F("armed_revision")),
    ),
    models.CheckConstraint(
        name="case_failure_has_next_try",
        condition=Q(release_attempts=0, release_error="", release_next_try__isnull=True)
        | Q(release_attempts__gt=0, release_next_try__isnull=False),
    ),
]
