"""release_scheduled_cases, as the product owner wrote it: releases, previews, reports, and signals a failed row by its
exit code."""

import datetime as dt

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from cases.delivery.results import DeliveryResult, Outcome
from cases.delivery.transport import Transport
from cases.models import Case, CaseEvent, Condition, OutgoingEmail, ReleaseStop, SampledTotal
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db


def run(capsys, *arguments):
    call_command("release_scheduled_cases", *arguments)
    return capsys.readouterr().out


def test_releases_what_is_due_and_reports_it(member, clock, capsys):
    due = CaseFactory(due=True, member=member)
    CaseFactory(scheduled=True, member=member)
    out = run(capsys)
    assert f"{due.external_case_id} for mia (scheduled for 2025-06-10 00:00)" in out
    assert out.endswith("Released 1 case.\n")
    due.refresh_from_db()
    assert due.actual_release_date == dt.datetime(2025, 6, 11, 12, tzinfo=dt.UTC)
    assert CaseEvent.objects.values_list("source", "system_actor").get() == ("command", "release_scheduled_cases")
    assert run(capsys) == "Released 0 cases.\n"


def test_dry_run_says_the_same_and_changes_nothing(member, clock, capsys):
    due = CaseFactory(due=True, member=member)
    out = run(capsys, "--dry-run")
    assert due.external_case_id in out
    assert "Would release 1 case. Nothing was changed." in out
    assert Case.objects.get().actual_release_date is None
    assert not CaseEvent.objects.exists()
    assert not OutgoingEmail.objects.exists()


def test_dry_run_says_what_stays_and_why(member, technician, administrator, clock, capsys):
    held, failing, due = CaseFactory.create_batch(3, due=True, member=member, assigned_to=technician)
    CaseFactory(scheduled=True, member=member)
    Condition.objects.create(case=held, kind="manual", name="Fee of Mia", created=clock_now(), since=clock_now())
    Case.objects.filter(pk=held.pk).update(open_conditions=1)
    Case.objects.filter(pk=failing.pk).update(
        release_attempts=2, release_error="duplicate key", release_next_try=clock_now() + dt.timedelta(minutes=1)
    )
    out = run(capsys, "--dry-run")
    assert f"  {held} won't be released: Condition still open: Something to confirm\n" in out
    failed = "The release failed 2 times, next attempt 2025-06-11 12:01:00 (duplicate key)"
    assert f"  {failing} won't be released: {failed}\n" in out
    assert "Fee of Mia" not in out
    assert out.endswith("Would release 1 case. Nothing was changed.\n")
    assert len(out.splitlines()) == 4

    ReleaseStop.objects.create(at=clock_now(), actor=administrator, reason="A wrong report went out.")
    out = run(capsys, "--dry-run")
    assert f"  {due} won't be released: All releases are stopped\n" in out
    assert f"  {held} won't be released: All releases are stopped; Condition still open: Something to confirm\n" in out
    assert out.endswith("Would release 0 cases. Nothing was changed.\n")


def test_dry_run_names_the_first_that_stay(member, clock, capsys, monkeypatch):
    monkeypatch.setattr("cases.management.commands.release_scheduled_cases.MAX_CASES_LISTED", 3)
    CaseFactory.create_batch(
        7, due=True, member=member, release_attempts=1, release_next_try=clock_now() + dt.timedelta(minutes=1)
    )
    out = run(capsys, "--dry-run")
    assert out.count("won't be released: ") == 3
    assert "… and 4 more" in out


def test_a_long_run_shows_progress_and_lists_the_first(member, clock, capsys, monkeypatch):
    monkeypatch.setattr("cases.management.commands.release_scheduled_cases.MAX_CASES_LISTED", 3)
    CaseFactory.create_batch(7, due=True, member=member)
    assert "… and 4 more" in run(capsys, "--dry-run")
    out = run(capsys, "--batch-size", "2")
    assert out.count(" for mia ") == 3
    assert [line for line in out.splitlines() if "so far" in line] == [
        f"  {count} released so far" for count in (4, 6, 7)
    ]
    assert out.endswith("Released 7 cases.\n")


@pytest.mark.parametrize("size", ["0", "-1"])
def test_a_batch_size_below_one_is_refused(size):
    with pytest.raises(CommandError, match="at least 1") as refused:
        call_command("release_scheduled_cases", "--batch-size", size)
    assert refused.value.returncode == 2


def test_a_failed_row_is_reported_and_the_others_are_released(member, clock, capsys):
    bad, good = CaseFactory.create_batch(2, due=True, member=member)
    OutgoingEmail.objects.create(
        case=bad,
        kind="released",
        release_number=1,
        recipient=member,
        state="dropped",
        next_try=clock_now(),
        created=clock_now(),
    )
    with pytest.raises(CommandError, match="1 failed"):
        call_command("release_scheduled_cases")
    printed = capsys.readouterr()
    assert f"release case {bad.pk}: " in printed.err
    assert "Released 1 case." in printed.out
    good.refresh_from_db()
    assert good.actual_release_date is not None


@pytest.mark.parametrize(("attempts", "words"), [(1, "once"), (2, "2 times")])
def test_rows_that_wait_for_their_next_try_are_named_and_fail_the_run(member, clock, capsys, attempts, words):
    case = CaseFactory(due=True, member=member)
    Case.objects.filter(pk=case.pk).update(
        release_attempts=attempts, release_error="duplicate key", release_next_try=clock_now() + dt.timedelta(minutes=1)
    )
    with pytest.raises(CommandError, match="1 failed"):
        call_command("release_scheduled_cases")
    printed = capsys.readouterr().err
    assert f"{case.external_case_id} failed {words}. Next attempt: 2025-06-11 12:01:00. Error: duplicate key" in printed


def test_send_emails_does_the_mail_too(member, other_member, clock, capsys):
    CaseFactory.create_batch(2, due=True, member=member)
    CaseFactory(due=True, member=other_member)
    assert "Sent 2 emails." in run(capsys, "--send-emails")
    assert sorted((message.to, message.subject.split(" ")[0]) for message in mail.outbox) == [
        (["mia@example.com"], "2"),
        (["olga@example.com"], "Your"),
    ]
    text, (html, kind) = mail.outbox[0].body, mail.outbox[0].alternatives[0]
    assert kind == "text/html"
    for case in Case.objects.filter(member__email=mail.outbox[0].to[0]):
        link = f"http://127.0.0.1:8000/cases/{case.pk}/"
        assert link in text
        assert link in html


@pytest.mark.parametrize(
    ("outcome", "words"),
    [(Outcome.REJECTED, "1 email was rejected and won't be retried. See"), (Outcome.DEFERRED, "1 failed and will be")],
    ids=["rejected", "deferred"],
)
def test_it_says_which_emails_are_tried_again(outcome, words, member, clock, capsys, monkeypatch):
    monkeypatch.setattr(Transport, "send", lambda self, message: DeliveryResult(outcome, "what the server said"))
    CaseFactory(due=True, member=member)
    with pytest.raises(CommandError) as raised:
        run(capsys, "--send-emails")
    assert str(raised.value).startswith(words)


def test_without_send_emails_they_wait_in_the_outbox(member, clock, capsys):
    CaseFactory(due=True, member=member)
    run(capsys)
    assert mail.outbox == []
    assert OutgoingEmail.objects.get().state == "waiting"


def clock_now():
    return dt.datetime(2025, 6, 11, 12, tzinfo=dt.UTC)


def test_it_counts_the_totals_that_beat_would_have_counted(member, capsys):
    CaseFactory(member=member)
    run(capsys, "--dry-run")
    assert not SampledTotal.objects.exists()
    run(capsys)
    assert SampledTotal.objects.get(state="accepted").cases == 1
