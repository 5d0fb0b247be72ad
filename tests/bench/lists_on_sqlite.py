"""The times of `tests.bench.lists` on SQLite, as JSON: milliseconds by page and by number of cases.

python -m tests.bench.lists_on_sqlite DIRECTORY REPETITIONS CASES CASES
"""

import dataclasses
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.bench.lists import TODAY, in_turns, pages
from tests.bench.servers import start_servers


@dataclass
class DatabaseFile:
    """One file with that many cases in all states."""

    pending: int
    directory: Path

    def enter(self) -> None:
        """Make this process use this file from now on."""
        from django.db import connection

        connection.close()
        connection.settings_dict["NAME"] = str(self.directory / f"{self.pending}.sqlite3")

    def build(self) -> None:
        """Create, migrate and fill it."""
        from django.core.management import call_command

        from tests import many_cases

        self.enter()
        call_command("migrate", verbosity=0)
        many_cases.fill(self.pending, TODAY)


def main(directory: str, repetitions: str, *sizes: str) -> None:
    """Measure every page, alternating between the numbers of cases, and print the times."""
    with start_servers(ALLOWED_HOSTS="testserver"):
        datasets = [DatabaseFile(int(size), Path(directory)) for size in sizes]
        for dataset in datasets:
            dataset.build()
        works = {dataset.pending: pages(dataset) for dataset in datasets}
        times = in_turns(datasets, works, int(repetitions))
        print(json.dumps(times, default=dataclasses.asdict))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
