"""Verifies the histories against their chain of seals, and reports what does not match."""

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.models import CaseEvent, HistorySeal
from cases.proof.verification import Finding, Head, Problem, Verification

# More lines than this don't help. The total is printed anyway.
LISTED = 200
SENTENCES = {
    Problem.CHANGED: "Entry {key} of the history of {history} was changed{entry}. It doesn't match seal {number}.",
    Problem.ADDED: "Entry {key} of the history of {history} was added{entry}. It isn't in seal {number}.",
    Problem.REMOVED: "Entry {key} of the history of {history} was removed. It was in seal {number}.",
    Problem.SEAL_CHANGED: "Seal {number} was changed.",
    Problem.SEAL_UNLINKED: "Seal {number} doesn't follow the one before. The chain was changed there.",
    Problem.SEALS_MISSING: "Seals {number} to {until} are missing.",
    Problem.REWRITTEN: "The chain was rewritten: seal {number} isn't the one whose head you gave.",
    Problem.CUT_OFF: "The chain was cut off or rewritten: seal {number}, whose head you gave, doesn't exist.",
}


class Command(BaseCommand):
    help = "Verify the histories of cases, accounts and the portal, and name each entry that was changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--head",
            action="append",
            default=[],
            metavar="HEAD",
            help="a head that was kept (may be repeated)",
        )
        parser.add_argument("--heads-from", metavar="FILE", help="a file with a head at the end of each line")

    def handle(self, *args: Any, **options: Any) -> None:
        heads = _heads(options["head"], options["heads_from"])
        run = Verification(heads)
        found = 0
        for finding in run:
            found += 1
            if found <= LISTED:
                self.stderr.write(_sentence(finding))
        self._summary(run, found)
        if found:
            raise CommandError(f"{found:,} problem{'' if found == 1 else 's'} found.")
        self.stdout.write(self.style.SUCCESS("All sealed entries are unchanged."))

    def _summary(self, run: Verification, found: int) -> None:
        if found > LISTED:
            self.stderr.write(f"… and {found - LISTED:,} more")
        self.stdout.write(f"Read {run.entries:,} entries under {run.seals:,} seals.")
        self.stdout.write(f"Not sealed yet: {run.unsealed():,}.")
        if run.last:
            self.stdout.write(f"Head: {run.last.head}")
        if not run.heads:
            self.stdout.write(
                "Pass --head with a head that you kept elsewhere. Without one, a rewritten chain can't be detected."
            )


def _heads(given: list[str], file: str | None) -> list[Head]:
    kept = _heads_of(_kept_in(file)) if file is not None else []
    return [*_heads_of(given, returncode=2), *kept]


def _heads_of(texts: Sequence[str], *, returncode: int = 1) -> list[Head]:
    try:
        return [Head.of(text) for text in texts]
    except ValueError as error:
        raise CommandError(str(error), returncode=returncode) from error


def _kept_in(file: str) -> list[str]:
    if not file:
        raise CommandError("The name of the file is empty. Give the file that keeps the heads.")
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise CommandError(f"Can't read {file}: {error.strerror}. Give the file that keeps the heads.") from None
    except ValueError:
        raise CommandError(f"{file} isn't a text file. Give the file that keeps the heads.") from None
    kept = [line.split()[-1] for line in lines if line.strip()]
    if not kept:
        # Emptying the file must not make the run report success.
        raise CommandError(f"There is no head in {file}.")
    return kept


def _sentence(finding: Finding) -> str:
    return SENTENCES[finding.problem].format(
        key=finding.key,
        history=finding.history,
        entry=_about(finding),
        number=finding.number,
        until=finding.until,
    )


def _about(finding: Finding) -> str:
    """Return the number of an existing entry's case."""
    is_there = finding.problem in (Problem.CHANGED, Problem.ADDED) and finding.key is not None
    if not is_there or finding.history != HistorySeal.History.CASES:
        return ""
    number = CaseEvent.objects.filter(pk__in=[finding.key]).values_list("case__external_case_id", flat=True).first()
    return f" (case {number})" if number else ""
