"""The batch job for cron and systemd: runs the sweep for sites without Celery, and reports what it did."""

import datetime as dt
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cases.accounts import absences
from cases.core.clock import portal_now
from cases.core.independent_steps import run_all
from cases.delivery import outbox
from cases.lifecycle import release_stop, stored_clock
from cases.lifecycle.why_not_yet import Reason, ReasonKind, Verdict, verdicts
from cases.models import Case, CaseEvent, CaseQuerySet
from cases.monitoring import daily_statistics, sampled_totals
from cases.proof.publishing import publish_head
from cases.proof.sealing import seal_history
from cases.releases import bulk
from cases.releases.release_batch import Batch
from cases.releases.reminders import queue_reminders
from cases.releases.sweep import hand_over_emails, sweep
from cases.releases.unopened_reminders import queue_unopened_reminders

BY = "release_scheduled_cases"
# More lines than this don't help. The total is printed anyway.
MAX_CASES_LISTED = 50


class Command(BaseCommand):
    help = "Release all cases that have reached their release date."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would be released without changing anything"
        )
        parser.add_argument("--batch-size", type=int, metavar="N", help="cases per transaction")
        parser.add_argument("--send-emails", action="store_true", help="also send waiting emails")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch_size"] is not None and options["batch_size"] < 1:
            raise CommandError("--batch-size must be at least 1.", returncode=2)
        if sentence := stored_clock.mismatch():
            raise CommandError(sentence)
        if stop := release_stop.current():
            self.stdout.write(f"All releases have been stopped since {_on_portal_clock(stop.at):%Y-%m-%d %H:%M}.")
        if options["dry_run"]:
            self._preview(portal_now())
            return
        self.released = self.rejected = 0
        self.failed = self._say_failing()
        self._sweep(batch_size=options["batch_size"], send=self._send if options["send_emails"] else hand_over_emails)
        _do_what_else_beat_does()
        if problems := [*self._problems()]:
            raise CommandError(" ".join([*problems, "See the reasons above."]))

    def _sweep(self, *, batch_size: int | None, send: Callable[[], object]) -> None:
        try:
            sweep(
                by=BY,
                source=CaseEvent.Source.COMMAND,
                batch_size=batch_size,
                on_batch=self._say_batch,
                emails=lambda: self._mail(send),
                runs=self._work_off,
            )
        finally:
            self.stdout.write(self.style.SUCCESS(f"Released {_cases(self.released)}."))

    def _problems(self) -> Iterator[str]:
        """Say how much failed. Emails that a mail server has rejected are not retried."""
        if self.failed:
            yield f"{self.failed} failed and will be retried."
        if self.rejected:
            emails = "1 email was" if self.rejected == 1 else f"{self.rejected} emails were"
            yield f"{emails} rejected and won't be retried."

    def _preview(self, now: dt.datetime) -> None:
        """Name the cases that would be released, and those that have reached their date but stay, with the reasons."""
        due = Case.objects.due(now)
        stop = release_stop.current()
        count = 0 if stop else due.count()
        if stop:
            self._say_staying(due, now)
        else:
            for case in _in_order(due).select_related("member")[:MAX_CASES_LISTED]:
                self.stdout.write(f"  {case} for {case.member} (scheduled for {_local(case)})")
            self._say_rest(count)
        self._say_staying(Case.objects.overdue(now), now)
        self.stdout.write(f"Would release {_cases(count)}. Nothing was changed.")

    def _say_staying(self, cases: CaseQuerySet, now: dt.datetime) -> None:
        listed = list(_in_order(cases).select_related("member", "assigned_to")[:MAX_CASES_LISTED])
        found = verdicts(listed, now=now)
        for case in listed:
            self.stdout.write(f"  {case} won't be released: {_why(case, found[case.pk])}")
        self._say_rest(cases.count() if len(listed) == MAX_CASES_LISTED else 0)

    def _say_batch(self, batch: Batch) -> None:
        listed = Case.objects.filter(pk__in=batch.released[: max(MAX_CASES_LISTED - self.released, 0)]).order_by("pk")
        for case in listed.select_related("member"):
            self.stdout.write(f"  {case} for {case.member} (scheduled for {_local(case)})")
        for pk, error in batch.failed.items():
            self.stderr.write(f"  Couldn't release case {pk}: {error}")
        self.released += len(batch.released)
        self.failed += len(batch.failed)
        if self.released > MAX_CASES_LISTED:
            self.stdout.write(f"  {self.released:,} released so far")

    def _say_failing(self) -> int:
        """Name the cases that failed in an earlier run and wait for their next attempt. Return how many."""
        failing = Case.objects.failing(portal_now())
        for case in failing.order_by("release_next_try")[:MAX_CASES_LISTED]:
            times = "once" if case.release_attempts == 1 else f"{case.release_attempts} times"
            self.stderr.write(
                f"  {case} failed {times}. Next attempt: "
                f"{_on_portal_clock(case.release_next_try):%Y-%m-%d %H:%M:%S}. Error: {case.release_error}"
            )
        return failing.count()

    def _mail(self, send: Callable[[], object]) -> None:
        """Queue reminders first, and tell of absences that begin. Even if that fails, the rest is sent."""
        run_all([queue_reminders, queue_unopened_reminders, absences.tell_of_begun, send])

    def _send(self) -> None:
        report = outbox.deliver()
        self.stdout.write(f"Sent {report.sent:,} email{'' if report.sent == 1 else 's'}.")
        if report.retried or report.failed:
            self.stderr.write(f"  {report.retried} will be retried, {report.failed} rejected.")
        self.failed += report.retried
        self.rejected += report.failed

    def _work_off(self) -> None:
        """Process bulk operations here, because there may be no workers where this command runs."""
        if count := bulk.work_off():
            self.stdout.write(f"Bulk operations: {_cases(count)} processed.")

    def _say_rest(self, count: int) -> None:
        if count > MAX_CASES_LISTED:
            self.stdout.write(f"  … and {count - MAX_CASES_LISTED:,} more")


def _do_what_else_beat_does() -> None:
    """Count, and seal the history: where this command runs, there may be no beat."""
    sampled_totals.refresh()
    daily_statistics.update(portal_now())
    seal_history()
    publish_head(portal_now())


def _in_order(cases: CaseQuerySet) -> CaseQuerySet:
    return cases.order_by("scheduled_release_date", "scheduled_release_time", "pk")


def _why(case: Case, verdict: Verdict) -> str:
    """Return the reasons in words that are safe for a cron job's mail, without names that people gave to conditions."""
    return "; ".join(_reason(case, reason) for reason in verdict.reasons)


def _reason(case: Case, reason: Reason) -> str:
    if reason.kind is not ReasonKind.FAILURE:
        return reason.without_peoples_words
    next_try = f"{_on_portal_clock(reason.until):%Y-%m-%d %H:%M:%S}"
    return f"{reason.text}, next attempt {next_try} ({case.release_error})"


def _cases(count: int) -> str:
    return "1 case" if count == 1 else f"{count:,} cases"


def _local(case: Case) -> str:
    instant = case.release_instant
    return f"{_on_portal_clock(instant):%Y-%m-%d %H:%M}" if instant else "no date"


def _on_portal_clock(moment: dt.datetime | None) -> dt.datetime:
    return timezone.localtime(moment, timezone.get_default_timezone())
