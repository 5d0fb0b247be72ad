"""python -m django_q_once.schedule INSTANT: a Schedule of type ONCE for each case."""

import sys
from datetime import UTC, datetime

import django


def main(instant: float) -> None:
    """Store all schedules in one go."""
    from django_q.models import Schedule
    from tiny.models import Case

    next_run = datetime.fromtimestamp(instant, UTC)
    Schedule.objects.bulk_create(
        (
            Schedule(
                func="tiny.release.release_by_id",
                args=f"({pk}, 'schedule')",
                schedule_type=Schedule.ONCE,
                next_run=next_run,
            )
            for pk in Case.objects.values_list("pk", flat=True)
        ),
        batch_size=2000,
    )


if __name__ == "__main__":
    django.setup()
    main(float(sys.argv[1]))
