"""`make bench`: run every section in its own process, one after another, and then write the report.

python -m tests.bench [--small] [SECTION ...]
"""

import argparse
import subprocess
import sys

from tests.bench.figures import SECTIONS
from tests.bench.machine import ROOT


def main() -> int:
    """Run the sections. Return how many failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--small", action="store_true", help="a quick run of each")
    options = parser.parse_args()
    small = ["--small"] if options.small else []
    failed = 0
    for section in options.sections or SECTIONS:
        done = subprocess.run([sys.executable, "-m", f"tests.bench.{section}", *small], cwd=ROOT)
        failed += done.returncode != 0
    if not options.small and not failed:
        subprocess.run([sys.executable, "-m", "tests.bench.report"], cwd=ROOT, check=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
