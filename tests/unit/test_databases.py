"""No test is missed between the run on PostgreSQL and the one on SQLite."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from tests import databases


@pytest.mark.parametrize(
    ("marks", "directory", "expected"),
    [
        ("", "unit", "postgresql sqlite"),
        ("", "browser", "postgresql"),
        ("postgresql", "unit", "postgresql"),
        ("sqlite", "unit", "sqlite"),
        ("one_database", "web", "postgresql"),
        ("sqlite", "browser", ""),
        ("sqlite postgresql", "unit", ""),
        ("sqlite one_database", "web", ""),
    ],
)
def test_where_a_test_runs(marks, directory, expected):
    """A test without a database ends the run before it starts (tests/conftest.py)."""
    assert databases.chosen(set(marks.split()), directory) == set(expected.split())


def test_the_makefile_runs_them_so():
    makefile = (Path(settings.BASE_DIR) / "Makefile").read_text()
    on_sqlite = re.search(r'-m "not postgresql and not one_database" (.*)', makefile)
    assert on_sqlite[1].split() == [f"tests/{directory}" for directory in databases.ON_SQLITE]
    assert len(re.findall(r' -m "not sqlite"$', makefile, re.MULTILINE)) == 1
