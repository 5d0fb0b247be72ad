"""Texts for people are plain: one word for one thing, and no operators' words outside the operations page's details."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages import Message

from tests import catalogue

# Archaic, British, long-winded, or a second word for something that already has one.
FORBIDDEN = re.compile(
    r"\b(e-mails?|user name|whoever|nobody's|some(body|thing first)|for good|for ever|goes? out|stands?|anew|of which"
    r"|please|at once|once more|meanwhile|in work|held back|worked on by|reassign\w*|application|take away"
    r"|look (at|into|among)|cannot|may not|wrong hands|portal's zone|save the date|given up|second factor"
    r"|(is|are|do|does|has|have|was|will|could) not|colours?|behaviour|cancelled|favourite|licence)\b"
    r"|;|—|\u2019",
    re.IGNORECASE,
)
# Words for those who run the portal.
OPERATORS = re.compile(r"\b(ETA|sweeps?|beat|wake-?ups?|armed)\b", re.IGNORECASE)
OPERATORS_IN_SPANISH = re.compile(r"\b(ETA|barridos?|beat)\b", re.IGNORECASE)
FORBIDDEN_IN_SPANISH = re.compile(
    r"\b(e-?mails?|en trabajo|por favor|de quién|de nadie|a cargo de|sal[ei]n?|reasign\w*|factor|tú|tus?)\b|;|—",
    re.IGNORECASE,
)
DETAILS = "cases/templates/cases/operations/"
# In Django's admin: rows as they are stored.
STORED = "cases/models/"
MARKUP = re.compile(r"<[^>]*>|%\(\w+\)[sd]|&\w+;")


# Not when the module is imported, which every process does.
@cache
def english() -> list[tuple[Message, object]]:
    return [(message, message.id) for message in catalogue.extracted() if message.id]


@cache
def spanish() -> list[tuple[Message, object]]:
    return [(message, message.string) for message in catalogue.read("es") if message.id]


def forms(texts: object) -> list[str]:
    """Return a text and its plural, without markup and placeholders."""
    return [MARKUP.sub("", text) for text in ([texts] if isinstance(texts, str) else list(texts))]  # type: ignore[call-overload]


def is_of(places: tuple[str, ...], message: Message) -> bool:
    """Return whether nothing outside `places` says it."""
    return all(path.startswith(places) for path, _line in message.locations)


@pytest.mark.parametrize(
    ("language", "pattern", "allowed_in"),
    [
        (english, FORBIDDEN, ()),
        (english, OPERATORS, (DETAILS, STORED)),
        (spanish, FORBIDDEN_IN_SPANISH, ()),
        (spanish, OPERATORS_IN_SPANISH, (DETAILS, STORED)),
    ],
    ids=["English", "operators' English", "Spanish", "operators' Spanish"],
)
def test_what_people_read_is_plain(language, pattern, allowed_in):
    texts = [text for message, said in language() if not is_of(allowed_in, message) for text in forms(said)]
    assert len(texts) > 500
    assert [text for text in texts if pattern.search(text)] == []


@pytest.mark.parametrize("text", ["Your e-mail", "Nobody's", "Moved; saved", "It cannot be read.", "It is not right."])
def test_a_forbidden_word_is_found(text):
    assert FORBIDDEN.search(text)


@pytest.mark.parametrize(
    "path", sorted(Path("cases/management/commands").glob("[a-z]*.py")), ids=lambda path: path.stem
)
def test_commands_speak_plainly(path):
    module = ast.parse(path.read_text())
    said = [
        part.value
        for node in ast.walk(module)
        for told in told_by(node)
        for part in ast.walk(told)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]
    assert said
    assert [text for text in said if FORBIDDEN.search(text)] == []


def told_by(node: ast.AST) -> list[ast.expr]:
    """Return what a command prints, raises or says about itself."""
    match node:
        case ast.Call(func=ast.Name(id="CommandError" | "ArgumentTypeError") | ast.Attribute(attr="write")):
            return node.args
        case ast.keyword(arg="help"):
            return [node.value]
        case ast.Assign(targets=[ast.Name(id="help")]):
            return [node.value]
    return []
