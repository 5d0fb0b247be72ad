"""`python -m tests.migration_lint`: refuse a migration that would break the running portal, or make it wait.

django-migration-linter reads the SQL of each new migration as PostgreSQL gets it: a dropped or renamed column, a
NOT NULL column without a default, an index that is built while nothing can be written, and the like. PostgreSQL comes
from the wheel of the tests, and is started only if there is a migration to read.
"""

import os
import sys
import tempfile
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connections

from tests.services import postgresql

# These are not linted. The first five create a new portal, which no one runs yet. Add one that is refused only if it
# is harmless all the same, with the reason in its docstring.
ACCEPTED = ("0001_initial", "0002_tables", "0003_triggers", "0004_search", "0005_keys")
# The linter itself only warns of these. But while they run, nothing can be written to the table.
LOCKS = ("CREATE_INDEX", "CREATE_INDEX_EXCLUSIVE", "DROP_INDEX", "REINDEX")
MIGRATIONS = Path(__file__).parent.parent / "cases" / "migrations"
WHAT_TO_DO = "docs/architecture.md, “A table or a column”, says how to change it while the portal runs."


def new_migrations(directory: Path = MIGRATIONS) -> list[str]:
    """The names of the migrations in `directory` to lint, in order."""
    return [name for name in _names(directory) if name not in ACCEPTED]


def _names(directory: Path) -> list[str]:
    return sorted(path.stem for path in directory.glob("[0-9]*.py"))


def is_safe(name: str) -> bool:
    """Whether `name` may run while the portal is in use.

    Print what speaks against it. The database must have the earlier migrations, because their constraints are looked up
    there.
    """
    from django_migration_linter import MigrationLinter

    linter = MigrationLinter(include_apps=["cases"], quiet=["ok", "ignore"], warnings_as_errors_tests=LOCKS)
    linter.lint_all_migrations("cases", name)
    return not linter.has_errors


def lint(names: list[str]) -> bool:
    """Whether all migrations `names` are safe. Run on an empty PostgreSQL that is started and dropped here."""
    directory = tempfile.TemporaryDirectory(prefix="portal-lint-", dir="/tmp")
    with directory, postgresql(Path(directory.name) / "pg") as url:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "DATABASE_URL": url,
            "SECRET_KEY": "only for checks",
            "ENV_FILE": os.devnull,
            "LOG_LEVEL": "WARNING",
        }
        django.setup()
        try:
            earlier = [name for name in _names(MIGRATIONS) if name < names[0]]
            call_command("migrate", "cases", earlier[-1], verbosity=0)
            refused = [name for name in names if not _lint_and_apply(name)]
            if refused:
                print(WHAT_TO_DO)  # noqa: T201
            return not refused
        finally:
            connections.close_all()


def _lint_and_apply(name: str) -> bool:
    safe = is_safe(name)
    call_command("migrate", "cases", name, verbosity=0)
    return safe


if __name__ == "__main__":
    sys.exit(0 if not (names := new_migrations()) or lint(names) else 1)
