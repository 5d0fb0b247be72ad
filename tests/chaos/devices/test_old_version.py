"""The code of an earlier commit runs together with the current one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.devices import old_version

# Prints where the code is and which tasks it has.
WHO_RUNS = """
import django; django.setup()
import cases; print(cases.__file__)
from portal.celery import app; app.loader.import_default_modules(); print(sorted(app.tasks))
"""


def test_the_old_code_is_what_runs_there() -> None:
    directory = old_version.export()
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "portal.settings"}
    done = subprocess.run(
        [sys.executable, "-c", WHO_RUNS],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    where, tasks = done.stdout.splitlines()[-2:]
    assert Path(where).is_relative_to(directory)
    assert "tasks.releases.sweep" in tasks
    assert not (directory / "cases" / "models" / "condition.py").exists()


def test_a_commit_that_is_not_there_is_said_in_a_sentence() -> None:
    with pytest.raises(old_version.OldVersionMissing, match="whole history"):
        old_version.export("0000000")


def test_no_git_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(old_version.OldVersionMissing, match="no git"):
        old_version.export()
