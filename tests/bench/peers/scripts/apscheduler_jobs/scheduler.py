"""python -m apscheduler_jobs.scheduler INSTANT: schedules a job for each case, says so and does them in due time.

The documentation forbids two processes on one job store, so the process that schedules is the one that runs the jobs;
two processes of its pool do the work.
"""

import sys
from datetime import UTC, datetime

import django
from apscheduler.executors.pool import ProcessPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from django.conf import settings


def scheduler_on(database: dict[str, str]) -> BackgroundScheduler:
    """Its jobs are rows; one that starts late is done all the same (misfire_grace_time)."""
    url = f"postgresql+psycopg://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
    return BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(url=url)},
        executors={"default": ProcessPoolExecutor(2, pool_kwargs={"initializer": django.setup})},
        job_defaults={"misfire_grace_time": None},
        timezone=UTC,
    )


def main(instant: float) -> None:
    """Runs until it is ended."""
    from tiny.models import Case

    scheduler = scheduler_on(settings.DATABASES["default"])
    scheduler.start()
    run_date = datetime.fromtimestamp(instant, UTC)
    for pk in Case.objects.values_list("pk", flat=True):
        scheduler.add_job("tiny.release:release_by_id", "date", run_date=run_date, args=(pk, "job"))
    sys.stdout.write("scheduled\n")
    sys.stdout.flush()
    scheduler._thread.join()


if __name__ == "__main__":
    django.setup()
    main(float(sys.argv[1]))
