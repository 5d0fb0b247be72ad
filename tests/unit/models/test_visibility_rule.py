"""Faces and selectors fetch a case only through the visibility rule: `visible_to`, `shown_to`, which adds joins, or
`readable_by`, which leaves out what is only announced.
"""

import ast
from pathlib import Path

import pytest

import cases

ROOMS = ("views", "api", "admin", "selectors")
MANAGERS = {"objects", "_base_manager", "_default_manager", "all_objects"}
THROUGH_THE_RULE = {"visible_to", "readable_by", "completed_visible_to", "shown_to", "none"}
# Values that reveal nothing about a case: numbers over all cases, and how many are searched.
NUMBERS = {
    ("selectors/case_list.py", "has_member_more_than"),
    ("selectors/dashboard.py", "any_due"),
}
MODULES = sorted(
    path.relative_to(Path(cases.__file__).parent)
    for room in ROOMS
    for path in (Path(cases.__file__).parent / room).rglob("*.py")
)


def other_ways(tree: ast.AST) -> list[tuple[int, str]]:
    """Return the line and name of each access to cases in `tree` that bypasses the rule."""
    found = []
    through = {id(node.value): node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="Case"), attr=attr) if attr in MANAGERS:
                used = through.get(id(node), attr)
                if used not in THROUGH_THE_RULE:
                    found.append((node.lineno, used))
            case ast.Call(func=ast.Name(id="CaseQuerySet")):
                found.append((node.lineno, "CaseQuerySet"))
            case ast.Call(func=ast.Name(id=shortcut), args=[ast.Name(id="Case"), *_]) if shortcut.startswith("get_"):
                found.append((node.lineno, shortcut))
            case ast.Attribute(attr="assigned_cases"):
                found.append((node.lineno, "assigned_cases"))
    return found


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_no_case_is_fetched_past_the_rule(module):
    tree = ast.parse((Path(cases.__file__).parent / module).read_text())
    assert [found for found in other_ways(tree) if (str(module), found[1]) not in NUMBERS] == []


@pytest.mark.parametrize(
    "code",
    [
        "Case.objects.get(pk=1)",
        "Case.objects.filter(pk=1).visible_to(user)",
        "Case._base_manager.all()",
        "found = Case.objects",
        "get_object_or_404(Case, pk=1)",
        "get_list_or_404(Case)",
        "CaseQuerySet(Case).first()",
        "user.assigned_cases.all()",
    ],
)
def test_ways_past_the_rule_are_noticed(code):
    assert other_ways(ast.parse(code))


def test_the_ways_through_it_are_not():
    assert not other_ways(ast.parse("Case.objects.visible_to(user); Case.objects.shown_to(user).filter(pk=1)"))
