"""What a command prints when settings or the database end it: one sentence, and the status 1."""

import os
import sqlite3
import subprocess
import sys

import pytest

REFUSED = 'connection failed: connection to server at "127.0.0.1", port 1 failed: Connection refused'


def run(*arguments, **variables):
    environment = os.environ | {"SECRET_KEY": "x", "ENV_FILE": "/dev/null", "DATABASE_URL": "sqlite://"} | variables
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], env=environment, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stderr.splitlines()


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"TIME_ZONE": "Mars"}, "TIME_ZONE must be a time zone such as Europe/Berlin, not 'Mars'."),
        ({"SECRET_KEY": ""}, "Set the SECRET_KEY environment variable, or add it to .env."),
        (
            {"DATABASE_URL": "postgresql://portal:hush@127.0.0.1:1/portal"},
            f"The database isn't available: {REFUSED}.",
        ),
        (
            {"DATABASE_URL": "sqlite:////nowhere/portal.sqlite3"},
            "The database isn't available: unable to open database file.",
        ),
        ({"DATABASE_URL": "sqlite://"}, "The database isn't migrated. Run “manage.py migrate”."),
    ],
    ids=["zone", "key", "server", "file", "tables"],
)
def test_a_command_says_in_a_sentence_why_it_cannot_run(variables, sentence):
    assert run("release_scheduled_cases", **variables) == (1, [sentence])


def test_a_locked_database_is_a_sentence_too(tmp_path):
    file = tmp_path / "portal.sqlite3"
    lock = sqlite3.connect(file, isolation_level=None)
    lock.execute("PRAGMA locking_mode = EXCLUSIVE")
    lock.execute("BEGIN EXCLUSIVE")
    status, told = run("releases", "start", DATABASE_URL=f"sqlite:///{file}?timeout=0.1")
    lock.close()
    assert (status, told) == (1, ["The database isn't available: database is locked."])


def test_the_traceback_is_printed_on_demand():
    status, told = run("api_token", "--traceback", "list")
    assert status == 1
    assert told[0] == "Traceback (most recent call last):"
