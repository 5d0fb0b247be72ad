"""Logging by structlog: one line for each event of ours and of libraries, without personal text (docs/rules.md, 15).

settings.py uses `logging_config` for all processes with Django, gunicorn.conf.py for gunicorn's own lines.
"""

import datetime as dt
import json as json_module
import logging
import os
import re
import sys
from enum import Enum
from http import HTTPStatus
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import structlog
from celery.exceptions import Retry
from django.core.signals import request_started
from django.http import HttpRequest
from django_structlog.signals import bind_extra_request_failed_metadata, bind_extra_request_metadata

from cases.core.safe_errors import describe, format_error

# What a request's log context may pass on to a worker: not its person, not its address.
PASSED_TO_WORKERS = {"request_id", "correlation_id"}


# Addresses that are credentials. A key or a page in the same place is not. gunicorn logs without Django, so the URL
# patterns aren't available here. A test compares them.
SECRET_PATH = re.compile(
    r"(/conditions/|/reminders/|/notifications/unsubscribe/|/accounts/password/reset/key/|/calendar/(?=[^/\s]+\.ics))"
    r"(?!\d{1,18}/|done/)[^/\s?\"']+?(?=\.ics|[/\s?\"']|$)"
)

MINUTE = 60
# Lines that are remembered to be known again.
MOST_KEPT = 100
# The ids of the requests that are being answered, and whose line the middleware of django-structlog writes.
_REQUEST_IDS: "WeakKeyDictionary[HttpRequest, str]" = WeakKeyDictionary()


def safe_traceback(logger: Any, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Turn the exception of a line into text without data. A structlog processor."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exception()
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["exception"] = format_error(error)
    return event


def without_query(logger: Any, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Keep only the path of a request's URL, because the query contains people's searches and filters.

    A structlog processor.
    """
    if isinstance(request := event.get("request"), str):
        event["request"] = _without_token(request.partition("?")[0])
    return event


def plain_values(logger: Any, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Say what a value is, and not how Python writes it: `source='sweep'`. A processor of structlog."""
    return {name: _plain(value) for name, value in event.items()}


def _plain(value: object) -> object:
    match value:
        case Enum():
            return value.value
        case dict():
            return {_plain(key): _plain(part) for key, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
        case Retry(exc=BaseException() as cause) | (BaseException() as cause):
            return describe(cause)
        case UUID() | dt.date() | dt.time() | dt.timedelta():
            return str(value)
    return value


class SafeArguments(logging.Filter):
    """Make the arguments of log lines of libraries safe: errors and URLs."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the arguments. Never drop a line."""
        if isinstance(record.args, tuple):
            record.args = tuple(_safe(value) for value in record.args)
        return True


class OnceAMinute(logging.Filter):
    """Write an error of Celery or kombu once a minute: each worker tries again every second while Redis refuses it.

    Lines of one logger are the same if their text and the type of their error are. The next one written says how many
    were left out.
    """

    def __init__(self) -> None:
        super().__init__()
        self._written: dict[tuple[str, str, object], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the line is written. One of ours always is, and so is one without an error."""
        if not record.exc_info or not record.name.startswith(("celery.", "kombu.")):
            return True
        same = (record.name, record.getMessage(), record.exc_info[0])
        at, left_out = self._written.get(same, (0.0, 0))
        if 0 <= record.created - at < MINUTE:  # below 0 the clock was set back
            self._written[same] = (at, left_out + 1)
            return False
        if len(self._written) >= MOST_KEPT:
            self._written.clear()
        self._written[same] = (record.created, 0)
        if left_out:
            record.msg, record.args = f"{record.getMessage()} ({left_out} more were left out)", ()
        return True


class OneLineARequest(logging.Filter):
    """Leave out Django's line about a refused or failed request that the middleware of django-structlog logs as well.

    Its line has the status, the address, the person and the traceback. Only Django's says why a request couldn't be
    read, what was refused before that middleware, and which middleware failed after the view had failed.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the line is written."""
        request, status = getattr(record, "request", None), getattr(record, "status_code", 0)
        if record.name != "django.request" or request not in _REQUEST_IDS:
            return True
        if not record.exc_info or status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return bool(record.exc_info) and status == HTTPStatus.BAD_REQUEST
        return record.exc_info[1] is not getattr(request, "error_with_own_line", None)


def _safe(argument: object) -> object:
    if isinstance(argument, BaseException):
        return describe(argument)
    if not isinstance(argument, str):
        return argument
    return _without_token(argument.partition("?")[0] if argument.startswith("/") else argument)


def _without_token(text: str) -> str:
    return SECRET_PATH.sub(r"\1…", text)


def shared_processors() -> list[Any]:
    """Return the processors that our own lines and those of libraries share."""
    return [
        structlog.contextvars.merge_contextvars,
        without_query,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def note_request(*, request: HttpRequest, **kwargs: object) -> None:
    """Remember a request that gets its own line. For django-structlog's signal."""
    _REQUEST_IDS[request] = structlog.contextvars.get_contextvars()["request_id"]


def note_failure(
    *, request: HttpRequest, exception: BaseException, log_kwargs: dict[str, Any], **kwargs: object
) -> None:
    """Remember the error that the line of a request is about. For django-structlog's signal.

    A middleware that fails outside of that of django-structlog does so when the log context of the request has ended.
    """
    request.error_with_own_line = exception  # type: ignore[attr-defined]
    if request in _REQUEST_IDS:
        log_kwargs["request_id"] = _REQUEST_IDS[request]


def forget_former_request(**kwargs: object) -> None:
    """End what is left of the log context of a request whose middleware failed last. For Django's signal."""
    structlog.contextvars.clear_contextvars()


def configure_structlog() -> None:
    """Send our own lines, and Python's warnings, to the standard library's logging."""
    logging.captureWarnings(True)
    bind_extra_request_metadata.connect(note_request)
    bind_extra_request_failed_metadata.connect(note_failure)
    request_started.connect(forget_former_request)
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
    """Return the configuration for `logging.config.dictConfig`: all lines to standard error, as JSON or KEY=VALUE."""
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
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, plain_values, renderer],
                "foreign_pre_chain": [*shared_processors(), safe_traceback],
            }
        },
        "filters": {"safe": {"()": SafeArguments}, "repeats": {"()": OnceAMinute}, "requests": {"()": OneLineARequest}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["safe", "repeats", "requests"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # The middleware logs one line for each request, and Celery one for each task.
            "django_structlog": {"level": "WARNING"},
            "kombu": {"level": "WARNING"},
            # Without this gunicorn adds its own handlers.
            "gunicorn.error": {"level": level, "handlers": [], "propagate": True},
            # It contains the client's address and people's searches.
            "gunicorn.access": {"level": "WARNING", "handlers": [], "propagate": True},
        },
    }


def keep_ids_only(*, context: dict[str, Any], **kwargs: object) -> None:
    """Pass only the ids of a request's log context on to a worker. For django-structlog's signal."""
    for name in context.keys() - PASSED_TO_WORKERS:
        del context[name]


def say_as_json(message: str, stream: Any = None) -> None:
    """Write a line of JSON. For Celery's `safe_say`, which is called in signal handlers, where no logger may be
    used."""
    line = {"timestamp": f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}", "level": "info", "event": message.strip()}
    os.write(2, f"{json_module.dumps(line)}\n".encode())
