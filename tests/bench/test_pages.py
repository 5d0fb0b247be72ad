"""Small runs of the sections about pending cases and about the web, with generous ratios."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.bench.figures import RESULTS
from tests.bench.machine import ROOT

pytestmark = [pytest.mark.integration, pytest.mark.postgresql]


def small_run(section: str) -> dict[str, Any]:
    """Run a section in its own process with its own servers. Return its figures by name."""
    done = subprocess.run([sys.executable, "-m", f"tests.bench.{section}", "--small"], cwd=ROOT, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    stored = json.loads((RESULTS / "small" / f"{section}.json").read_text())
    return {figure["name"]: figure["value"] for figure in stored["figures"]}


def matching(figures: dict[str, Any], words: str) -> list[float]:
    found = [value for name, value in figures.items() if words in name]
    assert found, f"no figure says {words!r}"
    return found


def test_pending_cases_cost_nothing():
    figures = small_run("pending")
    assert matching(figures, "sequential scans") == [0]
    assert max(matching(figures, "memory of a worker")) < 1.3
    assert max(matching(figures, "dashboard: ")) < 3
    assert max(matching(figures, "sweep: ")) < 3


def test_lists_cost_what_they_show():
    figures = small_run("lists")
    assert max(matching(figures, "÷ 1,000 cases")) < 4


def test_the_bell_costs_what_it_shows():
    figures = small_run("bell")
    assert max(matching(figures, "added at")) < 20


def test_pages_keep_up_with_plain_views_and_nobody_is_late():
    figures = small_run("web")
    assert min(matching(figures, "ours ÷ plain")) > 0.2
    for words in ("errors", "late", "early"):
        assert matching(figures, words) == [0]
    assert min(matching(figures, "looks")) > 0
