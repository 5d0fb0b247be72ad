"""Logging: one line for each event, by structlog, of our own code and of the libraries. DESIGN rule 15 bounds it.

settings.py uses `logging_config` for everything that runs Django; gunicorn.conf.py for gunicorn's own lines.
"""

import datetime as dt
import json as json_module
import logging
import os
import sys
from types import TracebackType
from typing import Any

import structlog

from cases.core.safe_errors import describe, format_error

# What a request binds to its lines that may travel with a message to a worker: not its person, not its address.
TRAVELS = {"request_id", "correlation_id"}


def safe_traceback(logger: Any, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A processor: the exception of a line as text, without what it is about."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exception()
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["exception"] = format_error(error)
    return event


def without_query(logger: Any, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A processor: of the address of a request its path. The rest is what people search for and filter by."""
    if isinstance(request := event.get("request"), str):
        event["request"] = request.partition("?")[0]
    return event


class SafeArguments(logging.Filter):
    """Puts what may be told in the place of what a library logs as an argument of its sentence: errors, addresses."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Never drops a line."""
        if isinstance(record.args, tuple):
            record.args = tuple(_safe(value) for value in record.args)
        return True


def _safe(argument: object) -> object:
    if isinstance(argument, BaseException):
        return describe(argument)
    return argument.partition("?")[0] if isinstance(argument, str) and argument.startswith("/") else argument


def shared_processors() -> list[Any]:
    """What our own lines and those of the libraries have in common."""
    return [
        structlog.contextvars.merge_contextvars,
        without_query,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def configure_structlog() -> None:
    """Lead our own lines, and Python's warnings, to the standard library's logging."""
    logging.captureWarnings(True)
    structlog.configure(
        processors=[
            *shared_processors(),
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.StackInfoRenderer(),
            safe_traceback,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def logging_config(*, json: bool, level: str) -> dict[str, Any]:
    """The configuration for `logging.config.dictConfig`: all lines on standard error, as JSON or as KEY=VALUE."""
    renderer = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "logger", "event"])
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                "foreign_pre_chain": [*shared_processors(), safe_traceback],
            }
        },
        "filters": {"safe": {"()": SafeArguments}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["safe"]}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # One line a request from the middleware is enough, and one a task from Celery.
            "django_structlog": {"level": "WARNING"},
            "kombu": {"level": "WARNING"},
            # gunicorn gives its loggers handlers of their own otherwise.
            "gunicorn.error": {"level": level, "handlers": [], "propagate": True},
            # It has the client's address, and what people search for.
            "gunicorn.access": {"level": "WARNING", "handlers": [], "propagate": True},
        },
    }


def print_safely(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """For sys.excepthook: what ends a command is printed as it is logged. cron sends it by mail."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    sys.stderr.write(format_error(error.with_traceback(trace)) + "\n")


def keep_what_travels(*, context: dict[str, Any], **kwargs: object) -> None:
    """For django-structlog's signal: of a request's context only its id goes with the message to a worker."""
    for name in context.keys() - TRAVELS:
        del context[name]


def say_as_json(message: str, stream: Any = None) -> None:
    """Write a line of JSON for `safe_say` of Celery, called by signal handlers, where no logger may be used."""
    line = {"timestamp": f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}", "level": "info", "event": message.strip()}
    os.write(2, f"{json_module.dumps(line)}\n".encode())
