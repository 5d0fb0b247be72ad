"""A case changes hands on or after its release date, while something holds it back."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import releases
from cases.accounts.absences import set_absence
from cases.casework import assignment
from cases.conversation import messages
from cases.delivery import outbox
from cases.models import Condition, Notification, User
from cases.releases import bulk, notices
from cases.releases.bulk import Parameters
from cases.selectors import notifications
from tests.conftest import FROZEN
from tests.factories import CaseFactory, UserFactory
from tests.triggers import refuse

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

WEB = {"source": "web"}
HELD = "This case has reached its release date, but it is held by conditions."
FAILED = "The release of this case failed. It will be retried automatically."
ON_HOLD = "This case is on hold. No release date is set."
Kind = Notification.Kind


@pytest.fixture(autouse=True)
def everyone_signed_in(settings, technician, other_technician):
    settings.NOTIFICATION_EMAILS = True
    for person in (technician, other_technician):
        person.set_password("x")
        person.save()


@pytest.fixture
def deputy(technician):
    person = UserFactory(username="dora", role="technician", password=technician.password)
    set_absence(technician=technician, deputy=person, first_day=FROZEN.date(), last_day=FROZEN.date(), by=technician)
    return person


def held(technician):
    """Its technician is told, and so is a deputy."""
    case = CaseFactory(assigned_to=technician, held_by_conditions=True)
    Condition.objects.create(case=case, kind="manual", name="Payment received", created=FROZEN, since=FROZEN)
    notices.tell_of_reached_held([case], at=FROZEN)
    return case


def failed(technician):
    case = CaseFactory(assigned_to=technician, due=True)
    refuse("cases_case", "UPDATE", "NEW.actual_release_date IS NOT NULL")
    releases.release_due(by="sweep", source="sweep")
    case.refresh_from_db()
    return case


def one(case, to, by):
    assignment.hand_over_case(case=case, to=to, by=by, **WEB)


def all_of_a_person(case, to, by):
    assignment.hand_over_all(technician=case.assigned_to, to=to, by=by, **WEB)


def a_run(case, to, by):
    run = bulk.preview(by=by, action="hand_over", keys=[case.pk], parameters=Parameters(technician=to.pk), reason="x")
    bulk.start(by=by, run=run)
    bulk.work_off()


DOORS = [one, all_of_a_person, a_run]


def lines(person):
    return [line.text for group in notifications.unread(User.objects.get(pk=person.pk)) for line in group.lines]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("state", "words"), [(held, HELD), (failed, FAILED)])
def test_the_new_technician_is_told_and_the_former_no_longer(
    state, words, door, technician, other_technician, administrator, deputy, mailoutbox
):
    case = state(technician)
    outbox.deliver()
    mailoutbox.clear()
    assert lines(technician) == lines(deputy) == [words]
    for_administrators = lines(administrator)

    door(case, other_technician, administrator)

    assert lines(other_technician) == [f"ada handed this case over to you. {words}"]
    assert lines(technician) == lines(deputy) == []
    assert lines(administrator) == for_administrators == ([words] if state is failed else [])
    outbox.deliver()
    (email,) = mailoutbox
    assert email.to == [other_technician.email]
    assert email.subject == f"{case.external_case_id}: ada handed this case over to you"
    assert words in " ".join(email.body.split())


@pytest.mark.parametrize("door", DOORS)
def test_whoever_covers_for_the_new_technician_is_told_too(door, technician, other_technician, administrator, deputy):
    case = held(other_technician)
    door(case, technician, administrator)
    assert lines(technician) == [f"ada handed this case over to you. {HELD}"]
    assert lines(deputy) == [HELD]
    assert lines(other_technician) == []


def test_a_deputy_who_takes_the_case_keeps_the_notification(technician, deputy):
    case = held(technician)
    assignment.hand_over_case(case=case, to=deputy, by=deputy, **WEB)
    assert lines(deputy) == [HELD]
    assert lines(technician) == []


def test_administrators_no_longer_stand_in_for_one_who_left(technician, other_technician, administrator):
    User.objects.filter(pk=technician.pk).update(is_active=False)
    other = UserFactory(role="administrator")
    case = held(technician)
    assert lines(administrator) == lines(other) == [HELD]
    assignment.hand_over_case(case=case, to=other_technician, by=administrator, **WEB)
    assert lines(administrator) == lines(other) == []


def test_what_was_told_of_other_cases_stays(technician, other_technician, administrator):
    case, other = held(technician), held(technician)
    assignment.hand_over_case(case=case, to=other_technician, by=administrator, **WEB)
    assert lines(technician) == [HELD]
    assert Notification.objects.get(recipient=technician, read_at=None).case == other


def test_one_that_comes_back_says_so_again(technician, other_technician, administrator):
    case = held(technician)
    for to in (other_technician, technician):
        assignment.hand_over_case(case=case, to=to, by=administrator, **WEB)
    assert lines(technician) == [f"ada handed this case over to you. {HELD}"]
    assert lines(other_technician) == []


def test_it_says_no_more_than_is_so_when_it_is_read(technician, other_technician, administrator):
    case = held(technician)
    assignment.hand_over_case(case=case, to=other_technician, by=administrator, **WEB)
    releases.meet_condition(condition=case.conditions.get(), by=other_technician, **WEB)
    assert lines(other_technician) == ["ada handed this case over to you."]


def test_what_is_held_back_only_later_is_told_by_its_own_notification(
    technician, other_technician, administrator, clock
):
    case = CaseFactory(assigned_to=technician, scheduled=True)
    releases.add_condition(case=case, by=technician, kind="manual", name="Paid", **WEB)
    notices.tell_of_held()
    assignment.hand_over_case(case=case, to=other_technician, by=administrator, **WEB)
    clock.shift(dt.timedelta(days=8))
    notices.tell_of_held()
    assert lines(other_technician) == [HELD, "ada handed this case over to you."]


@pytest.mark.parametrize("door", DOORS)
def test_one_on_hold_says_so(door, technician, other_technician, administrator):
    case = CaseFactory(assigned_to=technician, held=True)
    door(case, other_technician, administrator)
    assert lines(other_technician) == [f"ada handed this case over to you. {ON_HOLD}"]
    outbox.deliver()


@pytest.mark.parametrize("door", DOORS)
def test_a_message_that_waits_for_a_reply_goes_with_the_case(door, technician, other_technician, administrator, deputy):
    case = CaseFactory(assigned_to=technician)
    messages.send(case=case, by=case.member, text="Original or copy?", **WEB)
    assert lines(technician) == lines(deputy) == ["The member asked a question."]
    case.refresh_from_db()
    door(case, other_technician, administrator)
    assert lines(other_technician) == ["ada handed this case over to you. The member is waiting for a reply."]
    assert lines(technician) == lines(deputy) == []
    messages.end_waiting(case=case, by=other_technician, **WEB)
    assert lines(other_technician) == ["ada handed this case over to you."]


def test_a_message_that_came_later_has_its_own_notification(technician, other_technician, administrator, clock):
    case = CaseFactory(assigned_to=technician)
    assignment.hand_over_case(case=case, to=other_technician, by=administrator, **WEB)
    clock.shift(dt.timedelta(minutes=1))
    messages.send(case=case, by=case.member, text="Original or copy?", **WEB)
    assert lines(other_technician) == ["The member asked a question.", "ada handed this case over to you."]


@pytest.mark.parametrize("options", [{}, {"scheduled": True}])
def test_others_say_nothing_more(options, technician, other_technician, administrator):
    case = CaseFactory(assigned_to=technician, open_conditions=1, **options)
    assignment.hand_over_case(case=case, to=other_technician, by=administrator, **WEB)
    assert lines(other_technician) == ["ada handed this case over to you."]


def test_many_take_no_more_statements_than_two(technician, other_technician, administrator):
    counts = []
    for number in (2, 20):
        for _each in range(number):
            held(technician)
        with CaptureQueriesContext(connection) as queries:
            assignment.hand_over_all(technician=technician, to=other_technician, by=administrator, **WEB)
        counts.append(len(queries))
    assert counts[1] <= counts[0] + 1
