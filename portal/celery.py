"""The Celery application that web, workers, beat and Flower share."""

import os
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from celery import Celery, Task
from celery.exceptions import Ignore, Reject, Retry
from celery.signals import setup_logging, task_prerun
from django.db import close_old_connections
from django_structlog.celery.signals import modify_context_before_task_publish
from django_structlog.celery.steps import DjangoStructLogInitStep

from cases.core.safe_errors import safe_copy
from portal import broker_acknowledgement
from portal.logs import keep_ids_only, say_as_json
from portal.worker_exit import ExitWithoutBroker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")


class PortalTask(Task):
    """A task whose errors contain no personal data, because Celery logs them and sends them to Flower."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task. A direct call, as a function, raises errors unchanged."""
        if self.request.called_directly:
            return super().__call__(*args, **kwargs)
        try:
            return super().__call__(*args, **kwargs)
        except (Ignore, Reject):
            raise
        except Retry as retry:
            if isinstance(retry.exc, Exception):
                retry.exc = safe_copy(retry.exc)
                retry.excs = repr(retry.exc)
            raise
        except Exception as error:  # noqa: BLE001  (raised again, whatever it is)
            raise safe_copy(error) from None


broker_acknowledgement.use_in_workers()
app: "Celery[Task]" = Celery("portal", task_cls=PortalTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
for module in iter_modules([str(Path(__file__).parent.parent / "tasks")]):
    app.autodiscover_tasks(["tasks"], related_name=module.name)
app.steps["worker"].add(DjangoStructLogInitStep)
app.steps["worker"].add(ExitWithoutBroker)
modify_context_before_task_publish.connect(keep_ids_only)


@setup_logging.connect
def use_django_logging(**kwargs: object) -> None:
    """Keep Celery from replacing the logging that settings.py configures."""
    from logging.config import dictConfig

    from celery.apps import worker
    from django.conf import settings

    dictConfig(settings.LOGGING)
    if settings.LOG_JSON:
        worker.safe_say = say_as_json


@task_prerun.connect
def drop_dead_connections(**kwargs: object) -> None:
    """Close connections that the database server closed. CELERY_DB_REUSE_MAX keeps connections between tasks."""
    close_old_connections()
