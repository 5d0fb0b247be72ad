"""The timeline of a release: from the verbs, from rows that no verb wrote, and after an undo or recall."""

import datetime as dt
import itertools

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import releases
from cases.core.schedule import Schedule
from cases.lifecycle.history import EventRecorder
from cases.models import Case, CaseEvent, FirstView, OutgoingEmail
from cases.selectors.release_timeline import Known, release_timelines
from tests.conftest import FROZEN
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db

SECOND, DAY = dt.timedelta(seconds=1), dt.timedelta(days=1)
INSTANT = dt.datetime(2025, 6, 18, tzinfo=dt.UTC)
WEEK = Schedule(dt.date(2025, 6, 18))


@pytest.fixture
def case(member, technician, clock):
    """In progress."""
    return CaseFactory(member=member, assigned_to=technician)


@pytest.fixture
def scheduled(case, technician, clock):
    """Completed for next week by Tom, and armed a second later."""
    releases.complete(case=case, by=technician, source="web", release_on=WEEK)
    Case.objects.update(armed_revision=1, armed_at=FROZEN + SECOND)
    return case


def timelines(case):
    return release_timelines(Case.objects.get(pk=case.pk))


def told(timeline):
    """Return what each moment says about its time: the time itself, or why there is none."""
    return {moment.key: moment.at or moment.known for moment in timeline.moments}


def release_as_scheduled(clock):
    """The wake-up comes on time, the row is written a little later, the mail is sent, and Mia visits."""
    clock.move_to(INSTANT + SECOND / 4)
    releases.release_due(by="release_case 1", source="eta")


def test_what_is_still_to_come(scheduled):
    (timeline,) = timelines(scheduled)
    assert timeline.is_to_come
    assert told(timeline) == {
        "planned": FROZEN,
        "armed": FROZEN + SECOND,
        "due": INSTANT,
        "visible": Known.NOT_YET,
    }
    assert [moment.person for moment in timeline.moments] == ["tom", "", "", ""]


def test_a_release_by_schedule_from_plan_to_first_view(scheduled, clock):
    release_as_scheduled(clock)
    (email,) = OutgoingEmail.objects.all()
    at = INSTANT + SECOND / 4
    assert told(timelines(scheduled)[0])["mail"] is Known.NOT_YET
    OutgoingEmail.objects.filter(pk=email.pk).update(state="sent", sent=at + SECOND, group=email.claim or "0" * 32,
                                                     message_id="<1@x>")  # fmt: skip
    FirstView.objects.create(case=scheduled, release_number=1, kind="page", at=at + DAY)
    FirstView.objects.create(case=scheduled, release_number=1, kind="document", at=at + 2 * DAY)

    (timeline,) = timelines(scheduled)

    assert not timeline.is_to_come
    assert told(timeline) == {
        "planned": FROZEN,
        "armed": FROZEN + SECOND,
        "due": INSTANT,
        "woken": at,
        "visible": at,
        "mail": at + SECOND,
        "seen": at + DAY,
        "seen-document": at + 2 * DAY,
    }
    after = {moment.key: moment.after for moment in timeline.moments}
    assert after["planned"] is None
    assert after["due"] == INSTANT - FROZEN - SECOND
    assert (after["woken"], after["visible"], after["mail"], after["seen"]) == (
        SECOND / 4,
        SECOND * 0,
        SECOND,
        DAY - SECOND,
    )
    notes = {moment.key: str(moment.note) for moment in timeline.moments if moment.note}
    assert notes == {"woken": "Scheduled task", "seen": "Page"}


def test_each_batch_of_a_run_names_the_beginning_of_the_run(clock, monkeypatch):
    CaseFactory.create_batch(3, due=True)
    moments = (FROZEN + number * SECOND for number in itertools.count())
    monkeypatch.setattr("cases.releases.release_batch.portal_now", lambda: next(moments))
    releases.release_due(by="sweep", source="sweep", batch_size=1)
    events = CaseEvent.objects.filter(kind="released").order_by("pk").values_list("woken_at", "at")
    assert list(events) == [(FROZEN, FROZEN), (FROZEN, FROZEN + SECOND), (FROZEN, FROZEN + 2 * SECOND)]


def test_a_look_of_the_member_wakes_its_own_release(clock, member):
    case = CaseFactory(due=True, member=member)
    releases.release_due_of(member)
    assert case.events.get().woken_at == FROZEN
    assert {moment.key: str(moment.note) for moment in timelines(case)[0].moments}["woken"] == "Member's visit"


def test_a_release_by_a_person_has_no_wake_up(case, technician, clock):
    releases.complete(case=case, by=technician, source="web", release_on=None)
    (timeline,) = timelines(case)
    assert told(timeline) == {"visible": FROZEN, "mail": Known.NOT_YET, "seen": Known.NOT_YET}
    assert timeline.moments[0].person == "tom"
    assert case.events.latest("pk").woken_at is None


def test_an_early_release_says_how_much_earlier(scheduled, administrator, clock):
    clock.shift(DAY)
    case = Case.objects.get(pk=scheduled.pk)
    releases.release_now(case=case, by=administrator, source="web", reason="a meeting")
    (timeline,) = timelines(scheduled)
    visible = next(moment for moment in timeline.moments if moment.key == "visible")
    assert visible.is_earlier
    assert visible.distance == INSTANT - FROZEN - DAY


@pytest.mark.parametrize(
    ("state", "known"),
    [
        ("waiting", Known.NOT_YET),
        ("undeliverable", Known.NEVER),
        ("dropped", Known.NEVER),
    ],
)
def test_mail_that_was_not_accepted_says_what_became_of_it(state, known, scheduled, clock):
    release_as_scheduled(clock)
    OutgoingEmail.objects.update(state=state)
    mail = next(moment for moment in timelines(scheduled)[0].moments if moment.key == "mail")
    assert (mail.at, mail.known) == (None, known)
    assert str(mail.note) == OutgoingEmail.State(state).label


def test_only_the_plan_that_was_followed_is_told(scheduled, technician, clock):
    clock.shift(DAY)
    later = Schedule(WEEK.date + 3 * DAY)
    releases.schedule(case=Case.objects.get(pk=scheduled.pk), by=technician, source="web", release_on=later)
    (timeline,) = timelines(scheduled)
    assert told(timeline) == {
        "planned": FROZEN + DAY,
        "armed": Known.NOT_YET,
        "due": INSTANT + 3 * DAY,
        "visible": Known.NOT_YET,
    }


# --- Several releases -------------------------------------------------------------------------------------------------


def take_back(case, by, kind):
    row = Case.objects.get(pk=case.pk)
    recorder = EventRecorder(row, by=by, source="web", at=FROZEN + 20 * DAY)
    Case.objects.filter(pk=case.pk).update(actual_release_date=None, scheduled_release_date=None)
    recorder.record(kind, reason="wrong file")


def test_each_release_has_its_own_and_the_latest_comes_first(scheduled, administrator, clock):
    release_as_scheduled(clock)
    FirstView.objects.create(case=scheduled, release_number=1, kind="page", at=INSTANT + DAY)
    take_back(scheduled, administrator, CaseEvent.Kind.RECALLED)

    coming, first = timelines(scheduled)
    assert (coming.number, coming.is_to_come, told(coming)) == (2, True, {"visible": Known.NOT_YET})
    assert told(first)["seen"] == INSTANT + DAY
    assert told(first)["recalled"] == FROZEN + 20 * DAY

    clock.move_to(FROZEN + 21 * DAY)
    case = Case.objects.get(pk=scheduled.pk)
    releases.release_now(case=case, by=administrator, source="web", reason="corrected")
    second, first = timelines(scheduled)
    assert (second.number, told(second)["visible"]) == (2, FROZEN + 21 * DAY)
    assert told(second)["seen"] is Known.NOT_YET
    assert told(first)["visible"] == INSTANT + SECOND / 4


def test_a_release_that_was_taken_back_unseen_stays_unseen(scheduled, administrator, clock):
    release_as_scheduled(clock)
    take_back(scheduled, administrator, CaseEvent.Kind.UNDONE)
    assert told(timelines(scheduled)[1])["seen"] is Known.NEVER


# --- Rows that no verb wrote ------------------------------------------------------------------------------------------


def test_what_nobody_recorded_is_said_to_be_missing(clock):
    case = CaseFactory(released=True, actual_release_date=FROZEN - DAY)
    (timeline,) = timelines(case)
    assert told(timeline) == {
        "planned": Known.NOT_RECORDED,
        "armed": Known.NOT_RECORDED,
        "due": dt.datetime(2025, 6, 18, tzinfo=dt.UTC),
        "woken": Known.NOT_RECORDED,
        "visible": FROZEN - DAY,
        "mail": Known.NOT_RECORDED,
        "seen": Known.NOT_YET,
    }


def test_a_field_set_in_a_shell_is_when_it_became_visible(clock):
    case = CaseFactory(held=True, actual_release_date=FROZEN - 100 * DAY)
    assert told(timelines(case)[0]) == {
        "woken": Known.NOT_RECORDED,
        "visible": FROZEN - 100 * DAY,
        "mail": Known.NOT_RECORDED,
        "seen": Known.NOT_RECORDED,
    }


@pytest.mark.parametrize("state", ["draft", "submitted", "accepted"])
def test_before_completion_there_is_none(state, clock):
    assert timelines(CaseFactory(**{} if state == "accepted" else {state: True})) == []


# --- The page ---------------------------------------------------------------------------------------------------------


def test_the_page_says_it_to_staff(scheduled, client, technician, clock):
    release_as_scheduled(clock)
    client.force_login(technician)
    page = " ".join(client.get(f"/cases/{scheduled.pk}/release-timeline/").content.decode().split())
    for text in (
        "Planned",
        "Due",
        "Release started",
        "Visible to the member",
        "Scheduled task",
        "250 ms later",
        "Not yet",
    ):
        assert text in page
    case_page = client.get(f"/cases/{scheduled.pk}/").content.decode()
    assert f'href="/cases/{scheduled.pk}/release-timeline/"' in case_page


def test_it_takes_three_statements_whatever_has_happened(scheduled, administrator, clock):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            release_timelines(case)
        return len(queries)

    case = Case.objects.get(pk=scheduled.pk)
    assert cost() == 3
    for number in range(2, 15):
        releases.release_now(case=case, by=administrator, source="web", reason="now")
        FirstView.objects.create(case=case, release_number=case.release_number, kind="page", at=FROZEN)
        take_back(case, administrator, CaseEvent.Kind.RECALLED)
        case.refresh_from_db()
        assert case.release_number == number - 1
    assert cost() == 3
    assert len(release_timelines(case)) == 10
