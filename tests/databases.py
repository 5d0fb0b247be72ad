"""The databases on which `make test` runs a test: both, unless it uses none, or its markers or directory say
otherwise."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
# The directories of the run on SQLite (the Makefile names the same). The others start processes around PostgreSQL.
ON_SQLITE = ("unit", "web", "api")


OPENS_ONE = {"db", "transactional_db", "live_server"}


def opens_one(item: pytest.Item) -> bool:
    """Return whether the test `item` may use a database. pytest-django refuses it to the others."""
    return item.get_closest_marker("django_db") is not None or bool(OPENS_ONE & set(getattr(item, "fixturenames", ())))


def of(item: pytest.Item) -> set[str]:
    """Return the databases on which `item` runs. UsageError if it skips one without a reason."""
    marks = {mark.name: mark for mark in item.iter_markers()}
    if "one_database" in marks and not marks["one_database"].args:
        raise pytest.UsageError(f"{item.nodeid}: one_database says why")
    return chosen(set(marks), item.path.relative_to(TESTS).parts[0])


def chosen(marks: set[str], directory: str) -> set[str]:
    """Return the databases for these markers in this directory of the tests."""
    databases = {"postgresql"} - ({"postgresql"} if "sqlite" in marks else set())
    if directory in ON_SQLITE and not marks & {"postgresql", "one_database"}:
        databases.add("sqlite")
    return databases
