"""Some faults with a tenth of the load: the counts must hold. Times are not checked."""

import json
import os
import subprocess
import sys

import pytest

from tests.bench.machine import ROOT
from tests.chaos.registry import all_faults

pytestmark = [pytest.mark.integration, pytest.mark.postgresql]

FAULTS = [fault.name for fault in all_faults().values() if fault.small]
# On a busy machine everything is late.
MEASURES_TIME = {"late"}


@pytest.fixture(scope="module")
def output() -> str:
    """Run `make chaos` with its own servers and return what it prints."""
    command = [sys.executable, "-m", "tests.chaos", "--small", *FAULTS]
    done = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=600)
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_is_lost_early_or_twice(name: str, output: str) -> None:
    assert name in output
    result = json.loads((ROOT / "var" / "chaos" / "small" / f"{name}.json").read_text())
    broken = {one["name"]: one["count"] for one in result["requirements"] if not one["met"]}
    assert {key: count for key, count in broken.items() if key not in MEASURES_TIME} == {}, (output, result["examples"])
    assert result["cases"] == result["scale"]["cases"]
    assert result["looks"] > 0
    assert result["mails"] > 0
