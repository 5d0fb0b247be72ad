"""Reminders that are queued twice at a moment, or while a case changes hands: threads with transactions."""

import pytest

from cases.casework import assignment
from cases.delivery import outbox
from cases.models import OutgoingEmail, Reminder
from cases.releases.reminders import queue_reminders
from tests.conftest import FROZEN
from tests.factories import CaseFactory
from tests.unit.releases.test_races import Thread, held_open

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]


@pytest.fixture
def case(technician):
    return CaseFactory(assigned_to=technician, scheduled=True, scheduled_release_date=FROZEN.date().replace(day=12))


def test_two_runs_at_once_make_one_email(case):
    with held_open(queue_reminders):
        other = Thread(queue_reminders)
        assert other.result() == 0  # it skips people who are locked
    assert queue_reminders() == 0
    assert (OutgoingEmail.objects.count(), Reminder.objects.count()) == (1, 1)


def test_a_case_that_changes_hands_meanwhile_is_told_to_the_new_technician(
    case, technician, other_technician, mailoutbox
):
    other_technician.set_password("x")
    other_technician.save()

    def hand_over():
        assignment.hand_over_case(case=case, to=other_technician, by=technician, source="web")

    with held_open(hand_over):
        assert Thread(queue_reminders).result() == 0  # both are locked
    queue_reminders()
    outbox.deliver()
    assert [mail.to for mail in mailoutbox] == [["otto@example.com"]]
