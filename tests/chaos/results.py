"""Results of a fault, as stored for the report."""

import dataclasses
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.bench.figures import percentile
from tests.chaos.observations import KnownCase, Observations
from tests.chaos.technicians import Work
from tests.chaos.verdict import Rule, Verdict, first_mails, lateness

if TYPE_CHECKING:
    from tests.chaos.run import Run

FAILED_TASK = re.compile(r"Task (\S+)\[\S+\] raised unexpected: (\w+)")


def result_of(run: "Run", verdict: Verdict, found: Observations) -> dict[str, Any]:
    """Return the result as JSON data. Times are in seconds, or seconds since the epoch."""
    rule = run.rule
    return {
        "fault": run.fault.name,
        "family": run.fault.family,
        "sentence": run.fault.sentence,
        "begin": run.begin,
        "end": run.end,
        "lasted_s": round(run.end - run.begin, 1),
        "allowance_s": rule.allowance,
        "lateness_counts_from": "the instant" if rule.works_meanwhile else "the instant or the end of the fault",
        "doubles_at_most": rule.doubles_at_most,
        "scale": dataclasses.asdict(run.plan.scale),
        "instants": sorted(run.plan.waves),
        "notes": run.notes,
        **_of_verdict(verdict),
        **_of_observations(found, rule),
    }


def work_done(work: Work) -> dict[str, Any]:
    """Return requests and answers of the technicians."""
    return {
        "requests": len(work.seconds),
        "statuses": Counter(work.statuses),
        "p95_s": round(percentile(work.seconds, 0.95), 3) if work.seconds else None,
        "slowest_s": round(max(work.seconds, default=0), 3),
        "given_up": len(work.given_up),
    }


def failed_tasks(logs: dict[str, str]) -> dict[str, dict[str, int]]:
    """Count failed tasks by service, task and error, from the logs by service."""
    failures = {name: Counter(map(": ".join, FAILED_TASK.findall(text))) for name, text in logs.items()}
    return {name: dict(counts) for name, counts in failures.items() if counts}


def _of_verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "requirements": [
            {"name": one.name, "count": one.count, "at_most": one.at_most, "met": one.met}
            for one in verdict.requirements
        ],
        "examples": verdict.examples,
    }


def _of_observations(found: Observations, rule: Rule) -> dict[str, Any]:
    released = [event.source for case in found.cases for event in case.stored.events if event.kind == "released"]
    accepted = [mail.message_id for mail in found.mails if mail.outcome == "accepted"]
    return {
        "cases": len(found.cases),
        "lateness_s": lateness(found.cases),
        "lateness_of_due_in_fault_s": lateness(_due_within(found.cases, rule)),
        "mail_lateness_s": lateness(found.cases, first_mails(found)),
        "sources": Counter(released),
        "looks": len(found.looks),
        "slowest_look_s": round(max((look.end - look.start for look in found.looks), default=0), 2),
        "mails": len(set(accepted)),
        "mail_outcomes": Counter(mail.outcome for mail in found.mails),
    }


def _due_within(cases: list[KnownCase], rule: Rule) -> list[KnownCase]:
    return [case for case in cases if case.instant is not None and rule.begin <= case.instant <= rule.end]
