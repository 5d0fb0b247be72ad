"""What runs after a commit: a hook that may fail has a name, and log lines wait for the commit."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import cases

MODULES = sorted(Path(cases.__path__[0]).rglob("*.py"))


def robust_partials(source: str) -> Iterator[int]:
    """Return the lines of `source` on which a robust hook is a partial."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "on_commit":
            is_robust = any(keyword.arg == "robust" for keyword in node.keywords)
            if is_robust and any("partial" in ast.unparse(hook) for hook in node.args):
                yield node.lineno


def test_no_robust_hook_is_a_partial():
    found = {str(path): lines for path in MODULES if (lines := list(robust_partials(path.read_text())))}
    assert found == {}


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("transaction.on_commit(partial(f, 1), robust=True)", [1]),
        ("x = 1\ntransaction.on_commit(functools.partial(f) if x else f, robust=True)", [2]),
        ("transaction.on_commit(lambda: f(1), robust=True)", []),
        ("transaction.on_commit(partial(f, 1))", []),
    ],
)
def test_a_partial_is_found(source, lines):
    assert list(robust_partials(source)) == lines


def early_lines(source: str) -> Iterator[int]:
    """Return the lines of `source` that log work as done in a transaction that may be rolled back."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FunctionDef(decorator_list=opened) if is_atomic(opened):
                yield from lines_of_info(node)
            case ast.With(items=items) if is_atomic([item.context_expr for item in items]):
                yield from lines_of_info(node)


def is_atomic(expressions: list[ast.expr]) -> bool:
    return any(ast.unparse(each).startswith("transaction.atomic") for each in expressions)


def lines_of_info(block: ast.AST) -> Iterator[int]:
    calls = [node for node in ast.walk(block) if isinstance(node, ast.Call)]
    yield from (node.lineno for node in calls if ast.unparse(node.func) == "logger.info")


def test_no_work_is_logged_before_it_is_committed():
    found = {str(path): lines for path in MODULES if (lines := list(early_lines(path.read_text())))}
    assert found == {}


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("@transaction.atomic\ndef f():\n    logger.info('done')", [3]),
        ("with transaction.atomic(), other:\n    f()\n    logger.info('done')", [3]),
        ("with transaction.atomic():\n    logger.warning('odd')\nlogger.info('done')", []),
        ("@transaction.atomic\ndef f():\n    log_committed('done')", []),
    ],
)
def test_an_early_line_is_found(source, lines):
    assert list(early_lines(source)) == lines
