"""python -m procrastinate_jobs.schedule INSTANT: a job for each case, with schedule_at."""

import sys
from datetime import UTC, datetime

import django

BATCH = 1000


def main(instant: float) -> None:
    """Defer the jobs in batches, which the documentation calls more efficient than one by one."""
    from tiny.models import Case

    from procrastinate_jobs.tasks import release_case

    later = release_case.configure(schedule_at=datetime.fromtimestamp(instant, UTC))
    ids = list(Case.objects.values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        later.batch_defer(*({"pk": pk} for pk in ids[start : start + BATCH]))


if __name__ == "__main__":
    django.setup()
    main(float(sys.argv[1]))
