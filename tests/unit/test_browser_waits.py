"""A click returns before the response to it has come: a browser test first expects something that only the new page or
part has. What waits by itself (`expect`, another click, a field that is filled in) may follow a click directly."""

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

BROWSER = Path(__file__).parent.parent / "browser"
ACTS = {"click", "dblclick", "press"}
OF_THE_PAGE = {"all", "all_inner_texts", "all_text_contents", "content", "count", "evaluate", "is_visible", "url"}
OF_THE_DATABASE = {"objects", "outbox", "refresh_from_db", "work_off"}
# They neither wait for a response nor look again.
IMPATIENT = {"assert_accessible", "look", "goto", "reload", "go_back", *OF_THE_PAGE, *OF_THE_DATABASE}


def used_in(part: ast.AST) -> set[str]:
    """Return the names and attributes in that part of a module."""
    names = {node.id for node in ast.walk(part) if isinstance(node, ast.Name)}
    return names | {node.attr for node in ast.walk(part) if isinstance(node, ast.Attribute)}


def waits(part: ast.AST) -> bool:
    return any(name == "expect" or name.startswith(("expect_", "wait_")) for name in used_in(part))


def acts(statement: ast.stmt) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and getattr(call.func, "attr", getattr(call.func, "id", "")) in ACTS


def last_of(statement: ast.stmt) -> ast.stmt:
    """Return the last statement of a block, unless its head waits, as `with page.expect_download():` does."""
    while isinstance(statement, ast.With | ast.For | ast.If) and not (
        isinstance(statement, ast.With) and any(map(waits, statement.items))
    ):
        statement = statement.body[-1]
    return statement


def first_of(statement: ast.stmt) -> ast.stmt:
    while isinstance(statement, ast.With | ast.For | ast.If):
        statement = statement.body[0]
    return statement


def pairs_of(code: str) -> Iterator[tuple[ast.stmt, ast.stmt]]:
    """Return each statement with the one that follows it."""
    for node in ast.walk(ast.parse(code)):
        for block in (getattr(node, "body", None), getattr(node, "orelse", None)):
            if isinstance(block, list):
                yield from ((last_of(one), first_of(then)) for one, then in pairwise(block))


def too_early(code: str) -> list[int]:
    """Return the lines that directly follow a click and do not wait for what it leads to."""
    return [then.lineno for one, then in pairs_of(code) if acts(one) and used_in(then) & IMPATIENT and not waits(then)]


@pytest.mark.parametrize("module", sorted(BROWSER.glob("test_*.py")), ids=lambda module: module.stem)
def test_what_a_click_leads_to_is_waited_for(module):
    assert too_early(module.read_text()) == []


@pytest.mark.parametrize(
    "then",
    ["assert_accessible(page)", "assert Case.objects.exists()", "page.goto('/')", "for x in y:\n    mail.outbox"],
)
@pytest.mark.parametrize("act", ["page.get_by_text('Save').click()", "if on:\n    page.keyboard.press('Enter')"])
def test_what_does_not_wait_is_found(act, then):
    assert len(too_early(f"{act}\n{then}")) == 1


@pytest.mark.parametrize("then", ["expect(page).to_have_title('x')", "page.get_by_label('Title').fill('x')"])
def test_what_waits_may_follow(then):
    assert too_early(f"button.click()\n{then}\nassert_accessible(page)") == []


def test_a_click_whose_response_is_waited_for_is_fine():
    assert too_early("with page.expect_download():\n    link.click()\nassert FirstView.objects.exists()") == []
