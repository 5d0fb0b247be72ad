"""What a command prints when an error ends it. cron sends it by email, so it contains no data (docs/rules.md, 15)."""

import sys
from types import TracebackType

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError, OperationalError, ProgrammingError, connection
from django.db.migrations.executor import MigrationExecutor

from cases.core.safe_errors import about_server, describe, format_error


def print_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print a sentence if the settings or the database are the reason, else a traceback. For sys.excepthook."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    sentence = "" if "--traceback" in sys.argv else _sentence(error)
    sys.stderr.write((sentence or format_error(error.with_traceback(trace))) + "\n")


def _sentence(error: BaseException) -> str:
    if isinstance(error, ImproperlyConfigured):
        return describe(error).partition(": ")[2]
    if not isinstance(error, OperationalError | ProgrammingError | InterfaceError):
        return ""
    if reason := about_server(error):
        return f"The database isn't available: {reason}."
    return "The database isn't migrated. Run “manage.py migrate”." if _is_behind() else ""


def _is_behind() -> bool:
    """Tell whether migrations are pending, in a new connection, because the error may have ended the present one."""
    try:
        connection.close()
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except (DatabaseError, InterfaceError):
        return False
