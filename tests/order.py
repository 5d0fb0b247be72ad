"""The order in which `make test` distributes modules, so that its processes finish together and no core is idle."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeVar

# Modules that wait for minutes on their own servers. Started first, they finish when the others do.
LONGEST = ("chaos/test_small.py", "bench/test_pages.py")
# The first of their kind, for the same reason. The longest comes first.
LONG = (
    "browser/test_every_page_of_administrators.py",
    "browser/test_every_page_of_technicians.py",
    "browser/test_languages.py",
    "browser/test_operations.py",
    "browser/test_shell.py",
    "browser/test_every_page.py",
    "browser/test_forms.py",
    "browser/test_release_stop.py",
    "browser/test_story.py",
    "integration/test_demo.py",
    "integration/test_broker_down.py",
    "integration/test_mail.py",
    "integration/test_faults.py",
    "integration/test_clocks.py",
    "integration/test_speed.py",
)
# They drive Chromium, which uses the processor, or start processes and wait for them.
WITH_PROCESSES = {"browser", "integration", "chaos", "bench"}


class Located(Protocol):
    """Something that knows the path of its module, such as a pytest.Item."""

    path: Path


Item = TypeVar("Item", bound=Located)


def in_order(items: Sequence[Item], tests: Path) -> list[Item]:
    """Return `items`, which pytest-django has ordered for the database, in the order of the run.

    Tests with processes come first, alternating between those that wait and those that compute. The others follow,
    because their modules are small enough to finish at the same time.
    """
    places = {item.path: item.path.relative_to(tests).as_posix() for item in items}
    modules = [path for path in places if _directory(places[path]) in WITH_PROCESSES]
    modules.sort(key=lambda path: LONG.index(places[path]) if places[path] in LONG else len(LONG))
    ranks: dict[Path, float] = {}
    for computes in (True, False):
        group = [path for path in modules if (_directory(places[path]) == "browser") is computes]
        ranks |= {path: (number + 0.5) / len(group) for number, path in enumerate(group)}
    ranks |= {path: LONGEST.index(place) - len(LONGEST) for path, place in places.items() if place in LONGEST}
    return sorted(items, key=lambda item: ranks.get(item.path, 1))


def _directory(place: str) -> str:
    return place.partition("/")[0]
