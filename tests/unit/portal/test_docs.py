"""The documents name files, code and tests that exist."""

import re
import tomllib
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
# The two reports are written by `make chaos` and `make bench`, and speak of the code that they measured.
REPORTS = {"performance.md", "reliability.md", "capacity.md"}
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "deploy/*.md", "requirements/*.md")
    for path in ROOT.glob(pattern)
    if path.name not in REPORTS
)
SVG = "{http://www.w3.org/2000/svg}"
IDS = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
FOLDERS = "cases|portal|tasks|tests|docs|deploy|requirements"
PATH = re.compile(rf"`((?:{FOLDERS})/[\w./*-]*)(?:::\w+)?`")
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[\w-]*)?\)")
NAME = re.compile(r"`((?:cases|portal|tasks)(?:\.(?!css`|[EW]\d)\w+)+)(?:\([^`]*\))?`")
# British or archaic, or words with which sentences become riddles.
FORBIDDEN = re.compile(
    r"\b(whoever|anew|for good|for ever|e-mails?|user name|of which|nobody's|goes out|colours?"
    r"|behaviour|recognise\w*|catalogue)\b",
    re.IGNORECASE,
)
TEST = re.compile(r"`((?:tests/(?:\w+/)+)?test_\w+\.py)::(test_\w+)`")


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_every_path_is_there(document):
    text = document.read_text()
    missing = [path for path in PATH.findall(text) if not list(ROOT.glob(path.rstrip("/")))]
    missing += [link for link in LINK.findall(text) if not (document.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_every_name_of_the_code_is_there(document):
    assert not [name for name in NAME.findall(document.read_text()) if not is_there(name)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_it_is_plain_american_english(document):
    assert not FORBIDDEN.findall(document.read_text())


def is_there(name: str) -> bool:
    """Whether the dotted `name` is a module, or something in one."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: object = import_module(".".join(parts[:end]))
        except ImportError:
            continue
        for part in parts[end:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def test_each_requirement_has_tests_that_are_there():
    text = (ROOT / "docs/technical-requirements.md").read_text()
    rows = re.findall(r"^\| (\d+\.\d+) .*$", text, re.MULTILINE)
    assert len(rows) == len(set(rows)) > 30
    for line in text.splitlines():
        if re.match(r"\| \d+\.\d+ ", line):
            named = TEST.findall(line)
            assert named, line
            assert [name for name in named if not is_a_test(*name)] == []


def test_the_picture_has_every_room_of_the_contract():
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    rooms = {room for layer in contract["layers"] for room in layer.split(" | ")}
    picture = ElementTree.parse(ROOT / "docs/architecture.svg").getroot()  # noqa: S314  (ours)
    names = [(text.text or "").rstrip("/") for text in picture.iter(f"{SVG}text") if text.get("class") == "name"]
    assert rooms <= set(names)
    table = (ROOT / "docs/architecture.md").read_text()
    assert not [room for room in rooms if not re.search(rf"^\| `cases/{room}(/|\.py)` ", table, re.MULTILINE)]
    words = picture.find(f"{SVG}desc")
    assert words is not None
    assert not [room for room in rooms if room not in (words.text or "")]


def is_a_test(file: str, test: str) -> bool:
    """Whether a file of the tests, whatever its folder where none is named, has that test."""
    files = list(ROOT.glob(file)) if "/" in file else list(ROOT.glob(f"tests/**/{file}"))
    return any(re.search(rf"^\s*def {test}\(", path.read_text(), re.MULTILINE) for path in files)
