"""An earlier version of the code, to run together with the current one."""

import shutil
import subprocess
from pathlib import Path

from tests.chaos.devices.steered import ROOT

# The last version without the release policy: the schema has gained tables and columns since. An earlier one does not
# fit, because the migrations before it were squashed.
COMMIT = "828d410"
DIRECTORY = ROOT / "var" / "chaos" / "old"


class OldVersionMissing(Exception):
    """The earlier code is not available. The message says why."""


def export(commit: str = COMMIT) -> Path:
    """Unpack `commit` of this repository into var/chaos/old and return that directory.

    A process started there runs the old code. OldVersionMissing if git or the commit is not there.
    """
    try:
        done = subprocess.run(["git", "archive", "--format=tar", commit], cwd=ROOT, capture_output=True, check=True)
    except FileNotFoundError:
        raise OldVersionMissing(
            "The old version of the code comes from git, and there is no git on the PATH."
        ) from None
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode(errors="replace").strip()
        raise OldVersionMissing(
            f"The old version of the code is commit {commit}, which is not in this repository ({reason}). "
            "Clone it with its whole history."
        ) from None
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    DIRECTORY.mkdir(parents=True)
    subprocess.run(["tar", "--extract"], cwd=DIRECTORY, input=done.stdout, check=True)
    return DIRECTORY
