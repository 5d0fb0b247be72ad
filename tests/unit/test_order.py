"""The order in which `make test` hands out modules."""

from pathlib import Path
from types import SimpleNamespace

from tests.order import LONG, LONGEST, in_order

TESTS = Path("/tests")
ROOT = Path(__file__).parent.parent


def ordered(*places: str) -> list[str]:
    items = [SimpleNamespace(path=TESTS / place) for place in places]
    return [item.path.relative_to(TESTS).as_posix() for item in in_order(items, TESTS)]


def test_what_waits_longest_begins():
    assert ordered("unit/a.py", "chaos/test_small.py", "bench/test_pages.py")[:2] == list(LONGEST)


def test_what_computes_takes_turns_with_what_waits_and_the_longest_begins():
    given = ["unit/a.py", "browser/a.py", LONG[1], LONG[0], "integration/a.py"]
    mixed = [LONG[0], LONG[1], "integration/a.py", "browser/a.py"]
    assert ordered(*given) == [*mixed, "unit/a.py"]


def test_the_order_within_a_module_and_of_the_others_stays():
    given = ["web/b.py", "unit/b.py", "unit/b.py", "unit/a.py"]
    assert ordered(*given) == given


def test_those_that_are_named_exist():
    assert [place for place in (*LONGEST, *LONG) if not (ROOT / place).exists()] == []
