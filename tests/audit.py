"""`python -m tests.audit`: check installed packages for known vulnerabilities, and say how many that were.

Exit code 1 if a package has a known vulnerability. Where the service is out of reach it says so and ends with 0, so
that the tests pass without a network.
"""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

SECONDS = 120
# What pip-audit says where its service cannot be reached: no name, no route, no answer, or somebody else who answers.
UNREACHABLE = ("ConnectionError", "Could not connect", "timed out", "ServiceError", "SSLError", "Max retries exceeded")
OUT_OF_REACH = "Known vulnerabilities: the service is out of reach, so nothing was checked."


@dataclass
class Answer:
    """What pip-audit said: sentences on faults, and of how many packages it learned nothing."""

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
    """The Answer in pip-audit's JSON `report`."""
    answer = Answer()
    for package in json.loads(report)["dependencies"]:
        answer.asked += 1
        answer.unanswered += "skip_reason" in package
        answer.faults += [_sentence(package, fault) for fault in package.get("vulns", [])]
    return answer


def ask(requirements: str) -> Answer:
    """What is known of the packages in the compiled file `requirements`. Nothing where no service answers."""
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
