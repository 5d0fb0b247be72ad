"""Virtual environments of the peers: created on first use, with exact versions, in var/bench/peers."""

import subprocess
import sys
from pathlib import Path

from tests.bench.figures import RESULTS

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements"


def python_of(environment: str) -> Path:
    """Return the interpreter of an environment. Create it again if its requirements have changed."""
    wanted = (REQUIREMENTS / f"{environment}.txt").read_text()
    directory = RESULTS / "peers" / environment
    python, installed = directory / "bin" / "python", directory / "installed.txt"
    if not installed.exists() or installed.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(directory)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", str(REQUIREMENTS / f"{environment}.txt")], check=True, capture_output=True)
        installed.write_text(wanted)
    return python


def version_of(environment: str, package: str) -> str:
    """Return the version of `package` in the environment's requirements."""
    for line in (REQUIREMENTS / f"{environment}.txt").read_text().splitlines():
        name, _, version = line.partition("==")
        if name.partition("[")[0] == package:
            return version
    raise LookupError(f"{environment} pins no {package}.")
