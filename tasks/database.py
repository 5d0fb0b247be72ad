"""What becomes of a task that loses its database."""

from django.db import InterfaceError, OperationalError

# For shared_task. A restart or a failover takes some seconds; what lasts longer is left to the sweep. Not twice as long
# each time: Celery counts in whole seconds then, and the first try should come at once.
RETRIED_WHEN_LOST = {
    "autoretry_for": (OperationalError, InterfaceError),
    "default_retry_delay": 0.5,
    "max_retries": 10,
}
