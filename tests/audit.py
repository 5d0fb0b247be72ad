"""`python -m tests.audit`: check installed packages for known vulnerabilities, and say how many were checked.

Exit code 1 if a package has a known vulnerability. If the service cannot be reached, it says so and exits with 0, so
that the tests pass without a network.
"""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

SECONDS = 120
# What pip-audit says if its service cannot be reached: no name, no route, no response, or a response from something
# else.
UNREACHABLE = ("ConnectionError", "Could not connect", "timed out", "ServiceError", "SSLError", "Max retries exceeded")
OUT_OF_REACH = "Known vulnerabilities: the service is out of reach, so nothing was checked."


@dataclass
class Answer:
    """What pip-audit said: sentences about vulnerabilities, and the number of packages about which it learned
    nothing."""

    faults: list[str] = field(default_factory=list)
    asked: int = 0
    unanswered: int = 0

    def __str__(self) -> str:
        if self.faults:
            return "Known vulnerabilities:\n  " + "\n  ".join(self.faults)
        if self.unanswered == self.asked:
            return OUT_OF_REACH
        unanswered = f", no answer for {self.unanswered}" if self.unanswered else ""
        return f"Known vulnerabilities: none in {self.asked - self.unanswered} packages{unanswered}."


def read(report: str) -> Answer:
    """Return the Answer from pip-audit's JSON `report`."""
    answer = Answer()
    for package in json.loads(report)["dependencies"]:
        answer.asked += 1
        answer.unanswered += "skip_reason" in package
        answer.faults += [_sentence(package, fault) for fault in package.get("vulns", [])]
    return answer


def ask(requirements: str) -> Answer:
    """Return what is known about the packages in the compiled file `requirements`, or nothing if no service answers."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", requirements, "--disable-pip", "--require-hashes"]
    options = ["--format", "json", "--progress-spinner", "off", "--timeout", "5"]
    try:
        done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return Answer()
    if done.stdout.strip():
        return read(done.stdout)
    if any(word in done.stderr for word in UNREACHABLE):
        return Answer()
    raise RuntimeError(f"pip-audit ended with {done.returncode}: {done.stderr.strip()[-500:]}")


def _sentence(package: dict[str, Any], fault: dict[str, Any]) -> str:
    mended = ", ".join(fault.get("fix_versions", [])) or "no version yet"
    return f"{package['name']} {package['version']}: {fault['id']}, mended in {mended}"


if __name__ == "__main__":
    answer = ask(sys.argv[1])
    sys.stdout.write(f"{answer}\n")
    sys.exit(1 if answer.faults else 0)
