"""The Celery application that web, workers, beat and Flower share."""

import os

from celery import Celery, Task
from celery.signals import setup_logging, task_prerun
from django.db import close_old_connections
from django_structlog.celery.steps import DjangoStructLogInitStep

from portal.worker_exit import ExitWithoutBroker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app: "Celery[Task]" = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["tasks"], related_name="releases")
app.autodiscover_tasks(["tasks"], related_name="emails")
app.autodiscover_tasks(["tasks"], related_name="totals")
app.autodiscover_tasks(["tasks"], related_name="figures")
app.autodiscover_tasks(["tasks"], related_name="cleanup")
app.steps["worker"].add(DjangoStructLogInitStep)
app.steps["worker"].add(ExitWithoutBroker)


@setup_logging.connect
def use_django_logging(**kwargs: object) -> None:
    """Keep Celery from replacing the logging that settings.py configures."""
    from logging.config import dictConfig

    from django.conf import settings

    dictConfig(settings.LOGGING)


@task_prerun.connect
def drop_dead_connections(**kwargs: object) -> None:
    """CELERY_DB_REUSE_MAX keeps connections over tasks; one that the server closed must not fail the next task."""
    close_old_connections()
