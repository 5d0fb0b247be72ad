"""How a task retries when it loses its database."""

from django.db import InterfaceError, OperationalError

# Options for shared_task. A restart or a failover takes a few seconds. After that, the sweep does the work. The delay
# does not double, because Celery would count in whole seconds, and the first retry should come immediately.
RETRIED_WHEN_LOST = {
    "autoretry_for": (OperationalError, InterfaceError),
    "default_retry_delay": 0.5,
    "max_retries": 10,
}
