"""python -m apscheduler_jobs.scheduler INSTANT: schedules a job for each case, says so, and runs the jobs when they are
due.

The documentation forbids two processes on one job store, so the process that schedules the jobs also runs them. Two
processes in its pool do the work.
"""

import sys
from datetime import UTC, datetime

import django
from apscheduler.executors.pool import ProcessPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from django.conf import settings


def scheduler_on(database: dict[str, str]) -> BackgroundScheduler:
    """Its jobs are rows. One that starts late is still run (misfire_grace_time)."""
    url = f"postgresql+psycopg://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
    return BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(url=url)},
        executors={"default": ProcessPoolExecutor(2, pool_kwargs={"initializer": django.setup})},
        job_defaults={"misfire_grace_time": None},
        timezone=UTC,
    )


def main(instant: float) -> None:
    """Run until stopped."""
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
