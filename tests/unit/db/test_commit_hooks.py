"""What runs after a commit and may fail: Django logs its name, and a partial has none."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import cases

MODULES = sorted(Path(cases.__path__[0]).rglob("*.py"))


def robust_partials(source: str) -> Iterator[int]:
    """The lines of `source` on which a robust hook is a partial."""
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
