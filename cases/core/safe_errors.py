"""Error descriptions that may be stored, logged or sent to a broker (docs/rules.md, 15).

The text of an error may quote data: PostgreSQL quotes the failing row, a mail server the address, Python the value. So
a description has the error's type, codes, our own names of constraints, and the lines of code. It has the error's own
text only if that is about machines.
"""

import re
import traceback
from collections.abc import Iterator

from django.core.exceptions import ImproperlyConfigured
from django.db.utils import DatabaseError, InterfaceError

# Names in the database are ours. SQLite gives one after a fixed text, or table and columns.
NAMES = re.compile(r"(?:constraint failed|refused): ([\w., ]+)$")
# Starts only where no such character comes before: starting at each one of a long word would take quadratic time.
ADDRESS = re.compile(r"(?<![^\s<>\"'(),;:])[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")
# What SQLite says with these codes is one of its own fixed texts, such as "database or disk is full".
ABOUT_FILES = re.compile(r"SQLITE_(BUSY|CANTOPEN|CORRUPT|FULL|IOERR|NOTADB|READONLY)(_|$)")
# What libpq says of a server that can't be reached, or that lets no one in: address, user and database of the settings.
ABOUT_SERVERS = re.compile(r"(?:connection (?:failed|is bad): )?(?:connection to server|failed to resolve host) .*")
# The text of these is about settings, hosts and ports.
ABOUT_MACHINES = (ImproperlyConfigured, ImportError, AssertionError, NotImplementedError)
MACHINE_LIBRARIES = {"redis", "kombu"}
# However deep a recursion was.
MAX_CAUSES = 10
MAX_FRAMES = 100


class SafeError(Exception):
    """An error whose text is safe. It is pickled as this class, because `safe_copy` creates classes at run time."""

    def __reduce__(self) -> tuple[type["SafeError"], tuple[str]]:
        return SafeError, (f"{type(self).__name__}: {self}" if str(self) else type(self).__name__,)


def describe(error: BaseException) -> str:
    """Return the type of `error` and its safe details: SQLSTATE and constraint, errno, a text about machines."""
    name = type(error).__name__
    if isinstance(error, SafeError):
        told = str(error)
    elif isinstance(error, DatabaseError | InterfaceError) or _has_code(error):
        told = _of_database(error)
    elif isinstance(error, OSError):
        told = error.strerror if isinstance(error.strerror, str) and error.errno else ""
    elif isinstance(error, ABOUT_MACHINES) or type(error).__module__.partition(".")[0] in MACHINE_LIBRARIES:
        told = str(error)
    else:
        told = ""
    return f"{name}: {without_addresses(told)}" if told else name


def about_server(error: BaseException) -> str:
    """Return what a database error says about a file or a connection that it can't use. Empty if it is about data."""
    source, code = _source_and_code(error)
    return _about_machines(code, str(source))


def without_addresses(text: str) -> str:
    """Return `text` with each email address replaced."""
    return ADDRESS.sub("<address>", text)


def safe_copy(error: BaseException) -> Exception:
    """Return an error of the same name whose text is `describe(error)`, safe to print, pickle or send."""
    told = describe(error).partition(": ")[2]
    safe: SafeError = type(type(error).__name__, (SafeError,), {})(told)
    return safe.with_traceback(error.__traceback__)


def format_error(error: BaseException) -> str:
    """Return a traceback as Python prints it, with `describe` instead of each error's own text."""
    return "\n\n".join(reversed([f"{_frames(cause)}{describe(cause)}{link}" for cause, link in _chain(error)]))


def _has_code(error: BaseException) -> bool:
    """Tell whether `error` is one of psycopg's or of SQLite's own, which Django has not wrapped."""
    return hasattr(error, "sqlstate") or hasattr(error, "sqlite_errorname")


def _source_and_code(error: BaseException) -> tuple[BaseException, str]:
    """Return the error of the database's library, and its code or an empty string."""
    source = error if hasattr(error, "sqlstate") or error.__cause__ is None else error.__cause__
    return source, getattr(source, "sqlstate", None) or getattr(source, "sqlite_errorname", None) or ""


def _of_database(error: BaseException) -> str:
    source, code = _source_and_code(error)
    diagnostics = getattr(source, "diag", None)
    name = getattr(diagnostics, "constraint_name", None) or ""
    if not diagnostics and (found := NAMES.search(str(source))):
        name = found[1]
    return " ".join(part for part in (code, name, _about_machines(code, str(source))) if part)


def _about_machines(code: str, text: str) -> str:
    """Return the own text of an error of the database, if it is about a file or a connection."""
    if ABOUT_FILES.match(code):
        return text
    found = ABOUT_SERVERS.match(text)
    return found[0] if found else ""


def _chain(error: BaseException) -> Iterator[tuple[BaseException, str]]:
    """Yield `error` and its causes, each with the sentence that links it to the one before."""
    link = ""
    for _ in range(MAX_CAUSES):
        yield error, link
        if error.__cause__ is not None:
            error, link = error.__cause__, "\n\nThe above exception was the direct cause of the following exception:"
        elif error.__context__ is not None and not error.__suppress_context__:
            error, link = error.__context__, "\n\nDuring handling of the above exception, another exception occurred:"
        else:
            return


def _frames(error: BaseException) -> str:
    frames = traceback.format_tb(error.__traceback__, limit=-MAX_FRAMES)
    return f"Traceback (most recent call last):\n{''.join(frames)}" if frames else ""
