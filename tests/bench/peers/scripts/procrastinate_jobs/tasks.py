"""The task, found by Procrastinate's Django app under this name."""

from procrastinate.contrib.django import app
from tiny.release import release_by_id


@app.task
def release_case(pk: int) -> None:
    """What the job does."""
    release_by_id(pk, source="job")
