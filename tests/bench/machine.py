"""Machine and versions of a measurement, for the head of both reports."""

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.services import by_the_real_clock, postgres_binary, redis_binary

ROOT = Path(__file__).resolve().parents[2]


def circumstances() -> dict[str, Any]:
    """Return machine and versions, for the head of the report."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout
    # Without docs, where the reports are written.
    question = ["git", "status", "--porcelain", "--", ".", ":!docs"]
    changed = subprocess.run(question, cwd=ROOT, capture_output=True, text=True).stdout
    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    packages = ("Django", "celery", "kombu", "redis", "psycopg", "gunicorn")
    return {
        "commit": commit.strip() + (" (with changes)" if changed.strip() else ""),
        "processor": processor,
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "PostgreSQL": _version_of(postgres_binary("postgres")),
        "Redis": _version_of(redis_binary()),
        **{package: version(package) for package in packages},
    }


def _version_of(program: str) -> str:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, env=by_the_real_clock()).stdout
    found = re.search(r"[\d.]{3,}", said)
    name = "Valkey " if said.startswith("Valkey") else ""
    return name + found[0] if found else "unknown"
