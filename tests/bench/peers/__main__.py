"""python -m tests.bench.peers wave|mail [--small]: measure only the peers, and store their rows in var/bench."""

import argparse
import json
import sys
from typing import Any

from tests.bench.figures import RESULTS
from tests.bench.machine import circumstances
from tests.bench.peers import mail_rows, wave_rows
from tests.bench.peers.rows import lines_of
from tests.bench.smtp_sink import smtp_sink


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["wave", "mail"])
    parser.add_argument("--small", action="store_true", help="200 of each")
    options = parser.parse_args()
    rows = wave_rows(options.small) if options.kind == "wave" else _mail_rows(options.small)
    RESULTS.mkdir(parents=True, exist_ok=True)
    stored = {"rows": rows, "circumstances": circumstances()}
    (RESULTS / f"peers-{options.kind}.json").write_text(json.dumps(stored, indent=1))
    sys.stdout.write(lines_of(rows) + "\n")


def _mail_rows(small: bool) -> list[dict[str, Any]]:
    with smtp_sink() as sink:
        return mail_rows(small, sink.url)


if __name__ == "__main__":
    main()
