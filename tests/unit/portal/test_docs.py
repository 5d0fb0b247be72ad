"""The documents name files, code and tests that exist."""

import ast
import datetime as dt
import io
import re
import tokenize
import tomllib
from functools import cache
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.conf import settings

from cases.forms.conditions import NewConditionFields
from cases.lifecycle import stored_clock
from cases.models import PortalClock
from cases.models.condition_kinds import NEEDS_A_NAME, ConditionKind
from portal.setting_registry import SETTINGS

ROOT = Path(settings.BASE_DIR)
# `make chaos` and `make bench` write these two reports, which describe the code that was measured.
REPORTS = {"performance.md", "reliability.md", "capacity.md"}
CODE = sorted(path for folder in ("cases", "portal", "tasks", "deploy") for path in ROOT.glob(f"{folder}/**/*.py"))
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
    r"\b(whoever|anew|for good|for ever|e-mails?|user name|of which|nobody's|goes out|stands? beside|colours?"
    r"|behaviour|recognise\w*|catalogue)\b",
    re.IGNORECASE,
)
# What is presented as a setting: in code style, alone or with a value, or at the start of a line in a file.
VARIABLE = re.compile(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`|^#?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)=", re.MULTILINE)
# The same in comments, which quote no names.
NAME_IN_PROSE = re.compile(r"(?<![\w./@-])((?:cases|portal|tasks)(?:\.(?!(?:example|css|js)\b)[a-z_]\w*)+)(?![\w/-])")
COMMENT = re.compile(r"\{#.*?#\}|/\*.*?\*/|^\s*//.*$", re.DOTALL | re.MULTILINE)
TEMPLATES_AND_STYLES = sorted(
    path
    for pattern in ("templates/**/*.html", "static/cases/*.css", "static/cases/*.js")
    for path in ROOT.glob(f"cases/{pattern}")
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


def test_docstrings_and_comments_are_plain_american_english():
    found = {str(path.relative_to(ROOT)): words for path in CODE if (words := forbidden_in(path.read_text()))}
    assert found == {}


def forbidden_in(source: str) -> list[str]:
    """Return the forbidden words in the docstrings and comments of `source`, each with its line."""
    return [f"{line}: {word}" for line, text in prose_of(source) for word in FORBIDDEN.findall(text)]


def prose_of(source: str) -> list[tuple[int, str]]:
    """Return the docstrings and comments of `source`, each with its line."""
    tree = ast.parse(source)
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)]
    prose = [(node.body[0].lineno, doc) for node in nodes if (doc := ast.get_docstring(node))]
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return prose + [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]


def test_docstrings_and_comments_name_code_that_is_there():
    code = {path: " ".join(text for _line, text in prose_of(path.read_text())) for path in CODE}
    comments = {path: " ".join(COMMENT.findall(path.read_text())) for path in TEMPLATES_AND_STYLES}
    named = [(path.name, name) for path, text in (code | comments).items() for name in NAME_IN_PROSE.findall(text)]
    assert len(named) > 100
    assert [(path, name) for path, name in named if not is_there(name)] == []


def test_a_forbidden_word_of_the_code_is_found():
    source = '"""For ever."""\nclass A:\n    """Anew."""\n    def f(self):  # an e-mail\n        return "whoever"\n'
    assert forbidden_in(source) == ["1: For ever", "3: Anew", "4: e-mail"]


def test_the_code_names_files_of_the_documents_in_full():
    named = [(path, name) for path in CODE for name in re.findall(r"docs/[\w./-]*\w", path.read_text())]
    assert named
    assert [(str(path), name) for path, name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_every_setting_is_one_that_is_read(document):
    names = {code or line for code, line in VARIABLE.findall(document.read_text())}
    assert not sorted(name for name in names - known_names() if not hasattr(settings, name))


@cache
def known_names() -> set[str]:
    """Return the variables that the portal, Compose, the demo and the tests read, and the constants in the code."""
    names = re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text())
    for folder in ("cases", "portal", "tasks", "deploy", "tests"):
        for path in ROOT.glob(f"{folder}/**/*.py"):
            text = path.read_text()
            names += re.findall(r"environ(?:\.get\(|\[)\"(\w+)\"", text)
            names += re.findall(r"^([A-Z]\w+)(?:: [^=]+)? = ", text, re.MULTILINE)
    return {*SETTINGS, *names}


def test_a_name_that_nothing_reads_is_found():
    names = {"FROM_NOWHERE", "HSTS_SECONDS", "OF_A_FILE"}
    text = "`HSTS_SECONDS`, `FROM_NOWHERE=1` and\nOF_A_FILE=2\nCAPITALS_ALONE"
    assert {code or line for code, line in VARIABLE.findall(text)} == names
    assert not names & known_names()


def test_the_sentence_about_another_clock_is_quoted_as_it_is(settings):
    settings.TIME_ZONE, settings.RELEASE_TIME_OF_DAY = "UTC", dt.time(0)
    stored = PortalClock(time_zone="America/Chicago", release_time_of_day=dt.time(0))
    text = " ".join((ROOT / "docs/operations.md").read_text().split())
    assert f'"{stored_clock._sentence(stored)}"' in text


def is_there(name: str) -> bool:
    """Return whether the dotted `name` is a module, or something in one."""
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


def test_each_kind_of_condition_is_explained():
    conditions, lists = ((ROOT / "docs" / name).read_text() for name in ("conditions.md", "lists.md"))
    assert [kind.label for kind in ConditionKind if str(kind.label) not in conditions] == []
    assert [kind.value for kind in ConditionKind if f"`{kind.value}`" not in lists] == []
    help_text = NewConditionFields.base_fields["name"].help_text
    assert {kind.value for kind in ConditionKind if f"“{kind.label}”" in help_text} == set(NEEDS_A_NAME)


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
    """Return whether a test file, in any folder if none is named, has that test."""
    files = list(ROOT.glob(file)) if "/" in file else list(ROOT.glob(f"tests/**/{file}"))
    return any(re.search(rf"^\s*def {test}\(", path.read_text(), re.MULTILINE) for path in files)
