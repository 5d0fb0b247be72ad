"""A reminder of many cases reads the facts of only those it checks, and counts the others."""

import datetime as dt

import pytest
from django.db.models.signals import post_init

from cases.delivery import outbox, reminder_email
from cases.models import Case, CaseAnswer, Reminder
from cases.releases.reminders import queue_reminders
from tests.conftest import FROZEN
from tests.factories import CaseAnswerFactory, CaseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

TODAY = FROZEN.date()
DAY = dt.timedelta(days=1)
MOST = 3


@pytest.fixture(autouse=True)
def _few_are_checked(monkeypatch):
    monkeypatch.setattr(reminder_email, "MAX_CHECKED", MOST)


def cases_of(technician, count):
    """Create `count` cases for the day after tomorrow, last one first."""
    times = [dt.time(20, 59 - number) for number in range(count)]
    facts = {"assigned_to": technician, "scheduled": True, "scheduled_release_date": TODAY + 2 * DAY}
    made = [CaseFactory(scheduled_release_time=time, **facts) for time in times]
    for case in made:
        CaseAnswerFactory(case=case)
    return made[::-1]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 9])
def test_what_is_read_whole_has_an_end(count, technician, mailoutbox):
    cases = cases_of(technician, count)
    queue_reminders()
    answers = []
    whole = []

    def answer_is_read(instance, **kwargs):
        answers.append(instance)

    def case_is_read(instance, **kwargs):
        if "description" not in instance.get_deferred_fields():
            whole.append(instance)

    post_init.connect(answer_is_read, CaseAnswer)
    post_init.connect(case_is_read, Case)
    try:
        outbox.deliver()
    finally:
        post_init.disconnect(answer_is_read, CaseAnswer)
        post_init.disconnect(case_is_read, Case)
    (mail,) = mailoutbox
    shown = [case.external_case_id in mail.body for case in cases]
    assert shown == [place < MOST for place in range(count)], "the next releases first"
    assert len(answers) == min(count, MOST)
    assert len(whole) <= MOST
    assert ("more case" in mail.body) == (count > MOST)
    assert (f"{count} cases will be released soon" in mail.subject) == (count > 1)
    assert Reminder.objects.count() == count, "all of them are told of"


def test_what_is_no_longer_to_be_told_is_forgotten_among_many(technician, other_technician, mailoutbox):
    cases = cases_of(technician, 9)
    queue_reminders()
    gone = {cases[0].pk, cases[8].pk}
    Case.objects.filter(pk__in=gone).update(assigned_to=other_technician)
    outbox.deliver()
    (mail,) = mailoutbox
    assert "7 cases will be released soon" in mail.subject
    assert set(Reminder.objects.values_list("case", flat=True)) == {case.pk for case in cases} - gone


def test_a_case_that_goes_between_the_two_looks_is_not_counted(technician, other_technician, mailoutbox, monkeypatch):
    cases = cases_of(technician, 2)
    queue_reminders()
    with_facts = reminder_email.with_facts

    def handed_over_meanwhile(found):
        Case.objects.filter(pk__in=going).update(assigned_to=other_technician)
        return with_facts(found)

    monkeypatch.setattr(reminder_email, "with_facts", handed_over_meanwhile)
    going = [cases[0].pk]
    outbox.deliver()
    (mail,) = mailoutbox
    assert mail.subject == f"Case {cases[1].external_case_id} will be released soon"
