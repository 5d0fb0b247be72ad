"""Undo and recall: what each reverts, what it refuses, what happens to the email, and the release after it."""

import datetime as dt

import pytest

from cases import releases
from cases.accounts import people
from cases.core.errors import NotAllowed, ReasonRequired, Stale, WrongState
from cases.core.schedule import Schedule
from cases.delivery import celery_publisher, email_claims, outbox, resend
from cases.delivery.results import DeliveryResult, Outcome
from cases.models import Case, CaseEvent, OutgoingEmail
from cases.monitoring import daily_statistics
from cases.releases.conditions import add_condition, approve
from cases.releases.undo_and_recall import TAKEN_BACK
from tests.conftest import FROZEN
from tests.factories import CaseFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

SECOND = dt.timedelta(seconds=1)
Kind = OutgoingEmail.Kind


@pytest.fixture
def case(member, technician):
    """Completed and released by Tom just now. The email is waiting."""
    accepted = CaseFactory(member=member, assigned_to=technician)
    return releases.complete(case=accepted, by=technician, source="web", release_on=None)


def undo(case, by, **more):
    return releases.undo(case=case, by=by, source="web", **more)


def recalled(case, by, **more):
    return releases.recall(case=case, by=by, source="web", **{"reason": "The wrong member's figures"} | more)


def email(case, kind=Kind.RELEASED, number=1):
    return OutgoingEmail.objects.get(case=case, kind=kind, release_number=number)


def notices(case):
    return OutgoingEmail.objects.filter(case=case, kind=Kind.RECALLED)


def everything():
    return [list(model.objects.order_by("pk").values()) for model in (Case, CaseEvent, OutgoingEmail)]


def refused(error, verb, *args, **more):
    """Assert that the verb raises `error` and changes nothing. Return what it says."""
    before = everything()
    with pytest.raises(error) as caught:
        verb(*args, **more)
    assert everything() == before
    return caught.value.message


def is_hidden(case, member):
    case.refresh_from_db()
    assert case.is_held
    assert (case.release_batch, case.first_viewed_at, case.scheduled_release_time) == (None, None, None)
    return not Case.objects.visible_to(member).exists()


def send_all(clock):
    """Send what is waiting, once no email of a release by hand still waits for a possible undo."""
    clock.shift(31)
    return outbox.deliver()


# --- Undo -------------------------------------------------------------------------------------------------------------


def test_undo_returns_the_case_to_hold_and_sends_nothing(case, member, technician, clock, mailoutbox):
    undone = undo(case, technician)

    assert is_hidden(undone, member)
    assert (undone.release_number, undone.version) == (1, case.version + 1)
    event = undone.events.first()
    assert (event.kind, event.actor, event.source, event.release_number) == ("undone", technician, "web", 1)
    assert event.details == {"email": "waiting"}
    assert (email(case).state, email(case).last_error) == ("dropped", TAKEN_BACK)
    send_all(clock)
    assert mailoutbox == []
    assert not notices(case).exists()


def test_the_email_of_a_release_by_hand_waits_as_long_as_it_can_be_undone(case, clock, mailoutbox):
    clock.shift(29.9)
    assert outbox.deliver().sent == 0
    clock.shift(0.1)
    assert outbox.deliver().sent == 1


def test_a_release_before_its_date_can_be_undone_too(member, technician, administrator):
    case = CaseFactory(scheduled=True, member=member, assigned_to=technician)
    released = releases.release_now(case=case, by=administrator, source="api", reason="asked")
    assert email(released).next_try == FROZEN + 30 * SECOND
    assert is_hidden(undo(released, administrator), member)
    assert case.events.first().from_date == case.scheduled_release_date


def test_the_email_of_a_release_by_date_waits_for_nothing(member):
    case = CaseFactory(due=True, member=member)
    releases.release_due(by="a sweep", source="sweep")
    assert email(case).next_try == FROZEN


@pytest.mark.parametrize(("after", "is_late"), [(0, False), (29.999, False), (30, True), (3600, True)])
def test_undo_has_its_seconds_by_the_portals_clock(case, technician, clock, after, is_late):
    clock.shift(after)
    if is_late:
        assert "recall" in refused(WrongState, undo, case, technician)
    else:
        undo(case, technician)


def test_without_undo_the_email_goes_at_once(member, technician, settings, mailoutbox):
    settings.RELEASE_UNDO_SECONDS = 0
    accepted = CaseFactory(member=member, assigned_to=technician)
    case = releases.complete(case=accepted, by=technician, source="web", release_on=None)
    assert outbox.deliver().sent == 1
    refused(WrongState, undo, case, technician)


def test_only_the_person_who_released_a_case_can_undo_it(case, technician, other_technician, administrator, member):
    for other in (other_technician, administrator, member):
        refused(NotAllowed, undo, case, other)
    technician.is_active = False
    technician.save()
    with pytest.raises(Case.DoesNotExist):
        undo(case, technician)


def test_nobody_undoes_what_its_date_released(technician, administrator):
    case = CaseFactory(due=True, assigned_to=technician)
    releases.release_due(by="a sweep", source="sweep")
    refused(NotAllowed, undo, case, technician)
    refused(NotAllowed, undo, case, administrator)


@pytest.mark.parametrize("state", ["held", "scheduled"])
def test_there_is_nothing_to_undo_before_a_release(state, technician, administrator):
    case = CaseFactory(**{state: True}, assigned_to=technician)
    refused(WrongState, undo, case, technician)
    refused(WrongState, recalled, case, administrator)


def test_undo_after_the_member_has_looked_says_so_in_the_history(case, member, technician):
    Case.objects.filter(pk=case.pk).update(first_viewed_at=FROZEN)
    assert is_hidden(undo(case, technician), member)
    assert case.events.first().details == {"email": "waiting", "seen_at": FROZEN.isoformat()}


@pytest.mark.parametrize("state", ["sending", "sent"])
def test_undo_is_refused_once_the_email_has_left_and_names_recall(case, technician, administrator, clock, state):
    has_left(case, state)
    assert "recall" in refused(WrongState, undo, case, technician)
    recalled(case, administrator)


def test_an_email_whose_sender_died_counts_as_left(case, technician, administrator, clock, settings, mailoutbox):
    settings.RELEASE_UNDO_SECONDS = 3600
    batch = has_left(case, "sending")
    clock.shift(email_claims.lease())
    (again,) = email_claims.claim(limit=1)
    email_claims.record(again, DeliveryResult(Outcome.DEFERRED, "451 later"))
    assert again.message_id == batch.message_id
    assert "recall" in refused(WrongState, undo, case, technician)
    recalled(case, administrator)
    outbox.deliver()
    assert len(mailoutbox) == 1
    assert "no longer available" in mailoutbox[0].subject


def test_undo_of_another_version_is_refused(case, technician):
    refused(Stale, undo, case, technician, version=case.version - 1)
    undo(case, technician, version=case.version)


def has_left(case, state):
    """The email is claimed, and perhaps recorded as sent."""
    OutgoingEmail.objects.filter(case=case).update(next_try=FROZEN)
    (batch,) = email_claims.claim(limit=1)
    if state == "sent":
        email_claims.record(batch, DeliveryResult(Outcome.SENT))
    return batch


# --- Recall -----------------------------------------------------------------------------------------------------------


def test_recall_hides_the_case_and_drops_what_has_not_left(case, member, administrator, clock, mailoutbox):
    clock.shift(10)
    assert is_hidden(recalled(case, administrator), member)
    event = case.events.first()
    assert (event.kind, event.actor, event.reason) == ("recalled", administrator, "The wrong member's figures")
    assert (event.release_number, event.details) == (1, {"email": "waiting"})
    send_all(clock)
    assert mailoutbox == []
    assert (email(case).state, notices(case).count()) == ("dropped", 0)


def test_recall_needs_an_administrator_and_a_reason(case, technician, administrator, member):
    refused(NotAllowed, recalled, case, technician)
    refused(NotAllowed, recalled, case, member)
    refused(ReasonRequired, recalled, case, administrator, reason=" ")
    refused(Stale, recalled, case, administrator, version=case.version - 1)


def test_recall_tells_the_member_whom_the_release_email_has_reached(case, member, administrator, clock, mailoutbox):
    send_all(clock)
    Case.objects.filter(pk=case.pk).update(first_viewed_at=FROZEN)
    recalled(case, administrator)
    assert case.events.first().details == {"email": "sent", "seen_at": FROZEN.isoformat()}
    assert outbox.deliver().sent == 1

    _, message = mailoutbox
    assert message.to == [member.email]
    assert message.subject == f"Your case {case.external_case_id} is no longer available"
    html = message.alternatives[0][0]
    for text in (message.body, html):
        assert case.external_case_id in text
        assert case.title not in text
        assert "wrong member" not in text
        assert "/cases/" not in text
    assert (email(case).state, notices(case).get().state) == ("sent", "sent")


def test_the_recall_email_is_in_the_members_language(case, member, administrator, clock, mailoutbox):
    member.language = "es"
    member.save()
    send_all(clock)
    recalled(case, administrator)
    outbox.deliver()
    assert case.external_case_id in mailoutbox[1].subject


@pytest.mark.parametrize("state", ["failed", "undeliverable"])
def test_an_email_that_was_given_up_is_dropped_and_nobody_is_told(case, administrator, state):
    OutgoingEmail.objects.update(state=state, last_error="550 unknown")
    recalled(case, administrator)
    assert email(case).state == "dropped"
    assert not notices(case).exists()


def test_one_message_tells_of_several_recalled_cases(member, technician, administrator, clock, mailoutbox):
    cases = [CaseFactory(due=True, member=member, assigned_to=technician) for _ in range(2)]
    releases.release_due(by="a sweep", source="sweep")
    outbox.deliver()
    for case in cases:
        recalled(case, administrator)
    outbox.deliver()
    message = mailoutbox[1]
    assert message.subject == "2 of your cases are no longer available"
    assert all(case.external_case_id in message.body for case in cases)


def test_a_released_case_without_history_or_email_can_be_recalled(administrator):
    """A row that was loaded or edited by hand."""
    case = CaseFactory(released=True)
    recalled(case, administrator)
    assert case.events.get().details == {}
    assert not OutgoingEmail.objects.exists()


def test_a_person_without_an_account_is_not_told_until_it_is_resent(case, member, administrator, clock, mailoutbox):
    send_all(clock)
    recalled(case, administrator)
    people.deactivate(person=member, by=administrator)
    outbox.deliver()
    assert len(mailoutbox) == 1
    assert notices(case).get().state == "undeliverable"

    people.reactivate(person=member, by=administrator)
    resend.resend_to(person=member, by=administrator, source="web")
    outbox.deliver()
    assert withdrawn(mailoutbox) == [False, True]


# --- While the email is being sent ------------------------------------------------------------------------------------


def test_an_email_that_is_being_sent_counts_as_left_and_the_other_comes_after_it(
    case, administrator, clock, mailoutbox
):
    batch = has_left(case, "sending")
    recalled(case, administrator)
    assert case.events.first().details == {"email": "sending"}
    assert notices(case).get().next_try == FROZEN + email_claims.lease()
    email_claims.record(batch, DeliveryResult(Outcome.SENT))

    assert outbox.deliver().sent == 0
    clock.shift(email_claims.lease())
    assert outbox.deliver().sent == 1
    assert "no longer available" in mailoutbox[0].subject


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.DEFERRED, Outcome.UNREACHABLE])
def test_nobody_is_told_of_a_release_whose_email_the_server_did_not_take(
    case, administrator, clock, mailoutbox, outcome
):
    batch = has_left(case, "sending")
    recalled(case, administrator)
    email_claims.record(batch, DeliveryResult(outcome, "no"))
    clock.shift(email_claims.lease() - SECOND)
    outbox.deliver()
    clock.shift(SECOND)
    outbox.deliver()
    assert mailoutbox == []
    assert email(case).state == ("failed" if outcome is Outcome.REJECTED else "dropped")
    assert notices(case).get().state == "dropped"


def test_the_member_is_told_in_doubt_where_the_connection_was_lost(case, administrator, clock, mailoutbox):
    batch = has_left(case, "sending")
    email_claims.record(batch, DeliveryResult(Outcome.UNREACHABLE, "timed out", in_doubt=True))
    assert email(case).state == "waiting"
    recalled(case, administrator)
    outbox.deliver()
    assert (email(case).state, email(case).interrupted) == ("dropped", True)
    assert ["no longer available" in message.subject for message in mailoutbox] == [True]


def test_nobody_is_told_where_the_sender_gave_the_email_back(case, administrator, clock, mailoutbox):
    batch = has_left(case, "sending")
    recalled(case, administrator)
    email_claims.return_claim([batch])
    outbox.deliver()
    clock.shift(email_claims.lease())
    outbox.deliver()
    assert (email(case).state, notices(case).get().state, mailoutbox) == ("dropped", "dropped", [])


def test_nobody_is_told_where_the_sender_had_not_begun(case, administrator, clock, mailoutbox, monkeypatch):
    """It has claimed the email, and drops it when it gets to it."""
    load = outbox.EmailContext.load

    def recall_and_load(batches):
        if not notices(case).exists():
            recalled(case, administrator)
        return load(batches)

    monkeypatch.setattr(outbox.EmailContext, "load", recall_and_load)
    send_all(clock)
    assert (email(case).state, notices(case).get().state) == ("dropped", "waiting")
    clock.shift(email_claims.lease())
    outbox.deliver()
    assert notices(case).get().state == "dropped"
    assert mailoutbox == []


def test_the_member_is_told_in_doubt_where_the_sender_has_died(case, administrator, clock, mailoutbox):
    """The server may have accepted the message before."""
    has_left(case, "sending")
    recalled(case, administrator)
    clock.shift(email_claims.lease())
    outbox.deliver()
    assert (email(case).state, email(case).interrupted) == ("dropped", True)
    assert [message.subject.partition(" is ")[2] for message in mailoutbox] == ["no longer available"]


# --- The release after it ---------------------------------------------------------------------------------------------


def test_the_next_release_has_its_own_number_email_and_history(case, member, technician, administrator, clock):
    undo(case, technician)
    releases.schedule(case=case, by=technician, source="web", release_on=Schedule(FROZEN.date() + dt.timedelta(days=7)))
    clock.shift(dt.timedelta(days=7))
    releases.release_due(by="a sweep", source="sweep")

    case.refresh_from_db()
    assert (case.release_number, case.is_released) == (2, True)
    assert [event.kind for event in case.events.order_by("pk")] == [
        "completed", "released", "undone", "scheduled", "released",
    ]  # fmt: skip
    assert (email(case, number=1).state, email(case, number=2).state) == ("dropped", "waiting")


def test_an_administrator_releases_again_from_hold(case, technician, administrator, clock):
    undo(case, technician)
    again = releases.release_now(case=case, by=administrator, source="web", reason="checked")
    assert again.release_number == 2
    refused(NotAllowed, undo, again, technician)
    undo(again, administrator)
    assert case.events.count() == 5


def test_no_email_tells_of_an_earlier_release_once_there_is_another(case, administrator, clock, mailoutbox):
    batch = has_left(case, "sending")
    recalled(case, administrator)
    email_claims.record(batch, DeliveryResult(Outcome.DEFERRED, "451 later"))
    releases.release_now(case=case, by=administrator, source="web", reason="checked")
    clock.shift(email_claims.lease())
    outbox.deliver()
    (message,) = mailoutbox
    assert "is ready" in message.subject
    assert [email(case, number=1).state, notices(case).get().state] == ["dropped", "dropped"]


def test_no_recall_email_once_the_case_is_back(case, administrator, clock, mailoutbox):
    send_all(clock)
    recalled(case, administrator)
    releases.release_now(case=case, by=administrator, source="web", reason="checked")
    send_all(clock)
    assert ["is ready" in message.subject for message in mailoutbox] == [True, True]


def told_then_released_again(case, administrator, clock):
    """The release email was sent, and the case was recalled and released again before the recall email could leave."""
    send_all(clock)
    recalled(case, administrator)
    releases.release_now(case=case, by=administrator, source="web", reason="checked")


def withdrawn(mailoutbox):
    return ["no longer available" in message.subject for message in mailoutbox]


@pytest.mark.parametrize("take_back", [undo, recalled])
def test_the_member_is_told_of_the_recall_where_the_next_release_was_taken_back_untold(
    take_back, case, administrator, clock, mailoutbox
):
    told_then_released_again(case, administrator, clock)
    outbox.deliver()
    assert notices(case).get().state == "dropped"
    take_back(case, administrator)
    send_all(clock)
    assert withdrawn(mailoutbox) == [False, True]
    assert [notices(case).get().state, email(case, number=2).state] == ["sent", "dropped"]


def test_the_member_is_told_of_the_recall_by_a_sender_that_still_saw_the_next_release(
    case, administrator, clock, mailoutbox, monkeypatch
):
    told_then_released_again(case, administrator, clock)
    drop = outbox.drop
    monkeypatch.setattr(outbox, "drop", lambda *what: (undo(case, administrator), drop(*what)))
    outbox.deliver()
    assert withdrawn(mailoutbox) == [False]
    clock.shift(email_claims.lease())
    outbox.deliver()
    assert withdrawn(mailoutbox) == [False, True]
    assert notices(case).get().state == "sent"


def test_a_recall_told_later_is_not_hidden_behind_one_that_was_told_in_time(
    case, member, technician, administrator, clock, mailoutbox
):
    """Both were one message."""
    other = CaseFactory(member=member, assigned_to=technician)
    releases.complete(case=other, by=technician, source="web", release_on=None)
    send_all(clock)
    recalled(other, administrator)
    recalled(case, administrator)
    releases.release_now(case=case, by=administrator, source="web", reason="checked")
    outbox.deliver()
    undo(case, administrator)
    outbox.deliver()
    _ready, first, second = mailoutbox
    assert [first.subject, second.subject] == [
        f"Your case {each.external_case_id} is no longer available" for each in (other, case)
    ]
    assert first.extra_headers["Message-ID"] != second.extra_headers["Message-ID"]


def test_the_member_is_told_of_each_recall_once(case, administrator, clock, mailoutbox):
    told_then_released_again(case, administrator, clock)
    send_all(clock)
    recalled(case, administrator)
    send_all(clock)
    for _ in range(2):
        releases.release_now(case=case, by=administrator, source="web", reason="checked")
        undo(case, administrator)
        send_all(clock)
    assert withdrawn(mailoutbox) == [False, False, True]
    assert [notice.state for notice in notices(case).order_by("release_number")] == ["dropped", "sent"]


def test_an_approval_lapses_with_the_release(technician, other_technician, administrator):
    case = CaseFactory(scheduled=True, assigned_to=technician)
    condition = add_condition(case=case, by=technician, source="web", kind="approval")
    approve(condition=condition, by=other_technician, source="web")
    undone = undo(releases.release_now(case=case, by=administrator, source="web", reason="asked"), administrator)
    condition.refresh_from_db()
    assert (condition.state, condition.lapsed_at) == ("open", FROZEN)
    assert (undone.open_conditions, Case.objects.get().open_conditions) == (1, 1)
    assert [event.kind for event in case.events.order_by("-pk")[:2]] == ["undone", "approval_lapsed"]


# --- Workers and figures ----------------------------------------------------------------------------------------------


def test_mail_workers_are_woken_when_the_undo_is_over(
    member, technician, monkeypatch, django_capture_on_commit_callbacks
):
    found = []
    monkeypatch.setattr(celery_publisher, "_publish", lambda task, **options: found.append((task, options)))
    with django_capture_on_commit_callbacks(execute=True):
        accepted = CaseFactory(member=member, assigned_to=technician)
        releases.complete(case=accepted, by=technician, source="web", release_on=None)
    assert found == [("tasks.emails.send_release_emails", {"countdown": 30})]


def test_figures_of_days_tell_what_happened_and_stay_so_after_a_recall(member, technician, administrator, clock):
    case = CaseFactory(member=member, assigned_to=technician)
    for back in range(3, -1, -1):
        clock.move_to(FROZEN - dt.timedelta(days=back))
        match back:
            case 3:
                releases.complete(case=case, by=technician, source="web", release_on=None)
            case 1:
                recalled(case, administrator)
    clock.move_to(FROZEN)

    daily_statistics.update(FROZEN, seconds=60)

    days = daily_statistics.period(7, FROZEN).counted[-4:]
    assert [day.released for day in days] == [1, 0, 0, 0]
    assert [day.pending for day in days] == [0, 0, 1, 1]
    assert [day.not_recorded for day in days] == [0, 0, 0, 0]


def test_the_pending_of_a_past_day_are_right_after_a_second_release(member, technician, administrator, clock):
    case = CaseFactory(member=member, assigned_to=technician)
    clock.move_to(FROZEN - dt.timedelta(days=3))
    releases.complete(case=case, by=technician, source="web", release_on=None)
    clock.move_to(FROZEN - dt.timedelta(days=2))
    recalled(case, administrator)
    clock.move_to(FROZEN)
    releases.release_now(case=case, by=administrator, source="web", reason="checked")

    daily_statistics.update(FROZEN, seconds=60)

    days = daily_statistics.period(7, FROZEN).counted[-4:]
    assert [day.released for day in days] == [1, 0, 0, 1]
    assert [day.pending for day in days] == [0, 1, 1, 0]


def test_another_persons_cases_are_left_alone(case, administrator, clock):
    other = CaseFactory(due=True, member=UserFactory(), assigned_to=case.assigned_to)
    releases.release_due(by="a sweep", source="sweep")
    before = Case.objects.values().get(pk=other.pk)
    recalled(case, administrator)
    assert Case.objects.values().get(pk=other.pk) == before
    assert email(other).state == "waiting"
