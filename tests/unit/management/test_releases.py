"""`manage.py releases`: stops all releases, says what a start would release, and starts them."""

import builtins

import pytest
from django.core.management import CommandError, call_command

from cases.lifecycle import release_stop
from cases.models import PortalEvent
from tests.factories import CaseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def run(capsys, *arguments) -> str:
    call_command("releases", *arguments)
    return capsys.readouterr().out


@pytest.fixture
def stopped(capsys):
    run(capsys, "stop", "--reason", "A wrong report.")


def test_it_stops_with_a_reason(capsys):
    assert "All releases are stopped." in run(capsys, "stop", "--reason", "A wrong report.")
    stop = release_stop.current()
    assert stop.reason == "A wrong report."
    assert stop.actor_name.startswith("manage.py releases")
    assert PortalEvent.objects.get().source == "command"


@pytest.mark.parametrize("arguments", [[], ["stop"], ["pause"]], ids=str)
def test_it_needs_an_action_and_a_stop_needs_a_reason(arguments):
    with pytest.raises(CommandError):
        call_command("releases", *arguments)
    assert release_stop.current() is None


def test_it_refuses_with_the_sentence_of_the_verb(stopped):
    with pytest.raises(CommandError, match="A wrong report"):
        call_command("releases", "stop", "--reason", "Again")
    with pytest.raises(CommandError, match="Enter a reason"):
        call_command("releases", "stop", "--reason", " ")


def test_a_start_first_says_how_many_cases_and_emails(stopped, member, other_member, capsys):
    CaseFactory.create_batch(2, due=True, member=member)
    CaseFactory(due=True, member=other_member)
    CaseFactory(due=True, member__email="")
    CaseFactory(scheduled=True, member=member)
    out = run(capsys, "start", "--dry-run")
    assert "Due now: 4 cases. Members who will get an email: 2." in out
    assert "A wrong report." in out
    assert out.endswith("Nothing was changed.\n")
    assert release_stop.current()


def test_a_start_without_a_question(stopped, capsys):
    assert "Releases started." in run(capsys, "start", "--no-input", "--reason", "Corrected.")
    assert release_stop.current() is None
    assert PortalEvent.objects.first().reason == "Corrected."


@pytest.mark.parametrize(("answer", "starts"), [("y", True), ("YES ", True), ("", False), ("n", False)])
def test_a_start_asks(stopped, monkeypatch, answer, starts):
    monkeypatch.setattr(builtins, "input", lambda question: answer)
    if starts:
        call_command("releases", "start")
    else:
        with pytest.raises(CommandError, match="stay stopped"):
            call_command("releases", "start")
    assert (release_stop.current() is None) is starts


@pytest.mark.parametrize(("ended_by", "said"), [(EOFError, "--no-input"), (KeyboardInterrupt, "stay stopped")])
def test_without_an_answer_nothing_starts(ended_by, said, stopped, monkeypatch):
    """There is no terminal, or someone presses Ctrl-C."""

    def ask(question):
        raise ended_by

    monkeypatch.setattr(builtins, "input", ask)
    with pytest.raises(CommandError, match=said):
        call_command("releases", "start")
    assert release_stop.current()


def test_nothing_to_start():
    with pytest.raises(CommandError, match="aren't stopped"):
        call_command("releases", "start", "--no-input")


def test_the_batch_job_says_that_releases_are_stopped(stopped, member, capsys):
    CaseFactory(due=True, member=member)
    call_command("release_scheduled_cases")
    out = capsys.readouterr().out
    assert "All releases have been stopped since 2025-06-11 12:00." in out
    assert "Released 0 cases." in out
