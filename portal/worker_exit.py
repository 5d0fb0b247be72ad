"""Stop a worker that is told to stop while the broker does not respond."""

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from celery import bootsteps
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)

# The time that a worker has to stop on its own. Together with checking the broker, it is less than ten seconds.
GRACE_SECONDS = 6.0
STOP_SIGNALS = (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT)


class ExitWithoutBroker(bootsteps.StartStopStep):
    """End the worker a few seconds after it was told to stop, if no broker accepts its messages.

    Celery would wait a second for each message that it holds, or forever. Nothing is lost: running tasks continue in
    their own processes, and the sweep publishes again what the worker held.
    """

    def start(self, parent: Any) -> None:
        """Handle the signals before Celery's own handlers do."""
        for number in STOP_SIGNALS:
            signal.signal(number, _watched(parent, signal.getsignal(number)))


def _watched(worker: Any, usual: Any) -> Callable[..., None]:
    pid = os.getpid()

    def handle(*args: Any) -> None:
        if os.getpid() == pid:  # processes of the pool inherit the handler
            threading.Thread(target=_exit_without_broker, args=(worker.app,), daemon=True).start()
        usual(*args)

    return handle


def _exit_without_broker(app: Any) -> None:
    time.sleep(GRACE_SECONDS)
    while _answers(app):
        time.sleep(1)
    logger.warning("the broker does not answer; the worker ends without giving back what it holds")
    os._exit(0)


def _answers(app: Any) -> bool:
    options = app.conf.broker_transport_options | {"max_retries": 1, "interval_start": 0, "connect_retries_timeout": 1}
    try:
        with app.connection_for_write(transport_options=options) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=1)
            connection.default_channel.client.ping()
    except (KombuError, RedisError, OSError):
        return False
    return True
