"""change_time_zone: schedules keep their wall-clock time or their moment, as requested, are never early, and all
changes are reported."""

import datetime as dt
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from cases import releases
from cases.core.errors import WrongState
from cases.core.wall_clock import WallClock, time_text
from cases.lifecycle import stored_clock
from cases.lifecycle.case_conditions import digest
from cases.models import Case, CaseEvent, Condition, Notification, PortalClock, PortalEvent
from cases.releases import notices, portal_clock_change
from tests.conftest import FROZEN
from tests.factories import CaseAnswerFactory, CaseDocumentFactory, CaseFactory
from tests.stored_clock import store

pytestmark = pytest.mark.django_db

CHICAGO, MIDNIGHT = "America/Chicago", dt.time(0)


@pytest.fixture
def chicago(settings, clock):
    """A portal in Chicago, where it is Wednesday, June 11, 2025, seven in the morning."""
    settings.TIME_ZONE = CHICAGO


def change(*arguments: str) -> str:
    out = StringIO()
    call_command("change_time_zone", *arguments, stdout=out)
    return out.getvalue()


def pending(member, date: str, time: str | None = None, **columns) -> Case:
    return CaseFactory(
        scheduled=True,
        member=member,
        scheduled_release_date=dt.date.fromisoformat(date),
        scheduled_release_time=dt.time.fromisoformat(time) if time else None,
        **columns,
    )


def schedule_of(case: Case) -> tuple[str, str | None]:
    case.refresh_from_db()
    time = case.scheduled_release_time
    return case.scheduled_release_date.isoformat(), time_text(time) if time else None


def test_without_apply_it_says_what_would_change_and_changes_nothing(chicago, member):
    case = pending(member, "2025-06-20")
    out = change(CHICAGO, "UTC")
    assert f"{case.external_case_id}  2025-06-20 00:00:00 → 2025-06-20 00:00:00  (5 h earlier)" in out
    assert "Scheduled releases: 1. Changed: 1 (1 earlier, 0 later). Due now: 0." in out
    assert "Nothing was changed. Add --apply to make this change." in out
    assert PortalClock.objects.get().time_zone == CHICAGO
    assert (schedule_of(case), case.schedule_revision) == (("2025-06-20", None), 1)
    assert not CaseEvent.objects.exists()
    assert not PortalEvent.objects.exists()


def test_apply_keeps_the_wall_clock(chicago, member):
    case = pending(member, "2025-06-20", "09:30", armed_revision=1)
    out = change(CHICAGO, "Europe/Berlin", "--apply")
    assert (
        "Now set TIME_ZONE=Europe/Berlin and RELEASE_TIME_OF_DAY=00:00 for every process and restart them all." in out
    )
    assert schedule_of(case) == ("2025-06-20", "09:30")
    # Announced dates and open forms refer to another moment.
    assert (case.schedule_revision, case.armed_revision) == (2, 1)
    assert PortalClock.objects.get().time_zone == "Europe/Berlin"


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        (("2025-06-20", None), "UTC", ("2025-06-20", "05:00")),
        (("2025-06-20", "09:30:45"), "UTC", ("2025-06-20", "14:30:45")),
        (("2025-06-20", "22:00"), "Europe/Berlin", ("2025-06-21", "05:00")),
        (("2025-06-20", None), "Pacific/Honolulu", ("2025-06-19", "19:00")),
        # A time that Chicago's clock skips is reached when the clock jumps.
        (("2026-03-08", "02:30"), "UTC", ("2026-03-08", "08:00")),
        # One that comes twice is reached the first time.
        (("2025-11-02", "01:30"), "UTC", ("2025-11-02", "06:30")),
        # In the second of the two hours: not before the hour is over.
        (("2025-11-02", "01:30"), "America/New_York", ("2025-11-02", "02:00")),
        (("2025-10-25", "20:30"), "Europe/Berlin", ("2025-10-26", "03:00")),
    ],
    ids=str,
)
def test_apply_keeps_the_instants(chicago, member, old, new, kept):
    case = pending(member, *old)
    before = case.release_instant
    change(CHICAGO, new, "--keep", "instants", "--apply")
    assert schedule_of(case) == kept
    after = WallClock(ZoneInfo(new), MIDNIGHT).instant(case.scheduled_release_date, case.scheduled_release_time)
    assert after == before or (after > before and before.astimezone(ZoneInfo(new)).fold)


def test_what_does_not_change_is_left_alone(chicago, member):
    """The other zone has the same clock in winter. A time is given if the time of day changes."""
    winter, explicit = pending(member, "2026-01-20", "08:00"), pending(member, "2026-01-20", "00:00")
    without = pending(member, "2026-01-20")
    change(CHICAGO, "America/Mexico_City", "--time-of-day", "06:00", "--apply")
    assert [schedule_of(case) for case in (winter, explicit, without)] == [
        ("2026-01-20", "08:00"),
        ("2026-01-20", "00:00"),
        ("2026-01-20", None),
    ]
    assert list(CaseEvent.objects.values_list("case_id", flat=True)) == [without.pk]


def test_the_time_of_day_alone_can_be_changed_and_the_instants_kept(chicago, member):
    case, other = pending(member, "2025-06-20"), pending(member, "2025-06-20", "17:00")
    change(CHICAGO, CHICAGO, "--time-of-day", "09:00", "--keep", "instants", "--apply")
    assert (schedule_of(case), schedule_of(other)) == (("2025-06-20", "00:00"), ("2025-06-20", "17:00"))
    assert PortalClock.objects.get().release_time_of_day == dt.time(9)


def test_history_says_what_was_changed_by_what(chicago, member):
    case = pending(member, "2025-06-20")
    change(CHICAGO, "UTC", "--keep", "instants", "--apply")
    event = CaseEvent.objects.get()
    assert (event.case_id, event.kind, event.source, event.system_actor) == (
        case.pk, "rescheduled", "command", "change_time_zone",
    )  # fmt: skip
    assert (event.from_date, event.from_time, event.to_date, event.to_time) == (
        dt.date(2025, 6, 20), None, dt.date(2025, 6, 20), dt.time(5),
    )  # fmt: skip
    assert event.schedule_revision == 2
    assert "from America/Chicago, 00:00 to UTC, 00:00, keeping instants" in event.reason
    portal = PortalEvent.objects.get()
    assert (portal.kind, portal.system_actor, portal.source) == ("clock_changed", "change_time_zone", "command")
    assert portal.details == {
        "from": {"time_zone": CHICAGO, "release_time_of_day": "00:00"},
        "to": {"time_zone": "UTC", "release_time_of_day": "00:00"},
        "keep": "instants",
        "changed_cases": 1,
    }


def test_all_that_is_scheduled_is_moved_in_batches(chicago, member, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(portal_clock_change, "BATCH", 4)
    cases = [pending(member, f"2025-06-{20 + n % 3}") for n in range(10)]
    CaseFactory(held=True, member=member)
    CaseFactory(released=True, member=member)
    CaseFactory(member=member)
    with django_assert_max_num_queries(12 + 3 * (1 + 3 + 1 + 1)):
        out = change(CHICAGO, "UTC", "--keep", "instants", "--apply")
    assert "Scheduled releases: 10. Changed: 10 (0 earlier, 0 later)." in out
    assert {schedule_of(case)[1] for case in cases} == {"05:00"}
    assert CaseEvent.objects.count() == 10


def test_a_long_list_is_cut(chicago, member, monkeypatch):
    monkeypatch.setattr(portal_clock_change, "MAX_MOVES_LISTED", 2)
    CaseFactory.create_batch(5, scheduled=True, member=member)
    assert "… and 3 more" in change(CHICAGO, "UTC")


def test_it_says_what_would_be_due_at_once(settings, clock, member):
    """At noon in London, it is no longer seven in the morning."""
    settings.TIME_ZONE = CHICAGO
    pending(member, "2025-06-11", "11:00")
    pending(member, "2025-06-11", "18:00")
    assert "Changed: 2 (2 earlier, 0 later). Due now: 1." in change(CHICAGO, "UTC")


@pytest.mark.parametrize("keep", ["wall-clock", "instants"])
def test_after_it_the_portal_goes_by_the_new_clock_alone(settings, clock, member, keep):
    """Processes with the old settings release nothing, those with the new ones what is due."""
    settings.TIME_ZONE = CHICAGO
    pending(member, "2025-06-11", "07:00")
    change(CHICAGO, "UTC", "--keep", keep, "--apply")
    with pytest.raises(stored_clock.ClockMismatch):
        releases.release_due(by="test", source="sweep")
    settings.TIME_ZONE = "UTC"
    assert len(releases.release_due(by="test", source="sweep").released) == 1


def held_by_a_condition(member, date: str, time: str | None = None) -> Case:
    case = pending(member, date, time, open_conditions=1)
    Condition.objects.create(case=case, kind="manual", name="Payment", created=FROZEN, since=FROZEN)
    return case


def told_of_held() -> list[Case]:
    return [told.case for told in Notification.objects.filter(kind="held").order_by("case_id")]


@pytest.mark.parametrize("keep", ["wall-clock", "instants"])
def test_who_has_cases_that_it_makes_overdue_is_told_that_conditions_hold_them_back(settings, clock, member, keep):
    settings.TIME_ZONE = CHICAGO
    notices.tell_of_held()
    reached, ahead = held_by_a_condition(member, "2025-06-11", "11:00"), held_by_a_condition(member, "2025-06-12")
    pending(member, "2025-06-11", "11:00")
    change(CHICAGO, "UTC", "--keep", keep, "--apply")
    settings.TIME_ZONE = "UTC"
    clock.shift(dt.timedelta(minutes=1))
    notices.tell_of_held()
    assert told_of_held() == ([reached] if keep == "wall-clock" else [])
    clock.shift(dt.timedelta(days=2))
    notices.tell_of_held()
    assert told_of_held() == [reached, ahead]


@pytest.mark.parametrize(("old", "new"), [(CHICAGO, "UTC"), ("UTC", CHICAGO)])
def test_nobody_is_told_of_conditions_by_the_old_clock(settings, clock, member, old, new):
    """Until the processes are restarted, they use a clock by which nothing is released."""
    settings.TIME_ZONE = old
    notices.tell_of_held()
    case = held_by_a_condition(member, "2025-06-11", "14:00")
    change(old, new, "--apply")
    for _hour in range(7):
        clock.shift(dt.timedelta(hours=1))
        notices.tell_of_held()
    assert told_of_held() == []
    settings.TIME_ZONE = new
    notices.tell_of_held()
    assert told_of_held() == [case]


BAD = {
    "another zone is stored": (["UTC", "Europe/Berlin"], "The portal's time zone is America/Chicago, not UTC"),
    "no such old zone": (["America/Chigago", "UTC"], "Unknown time zone 'America/Chigago'"),
    "no such new zone": ([CHICAGO, "../etc/passwd"], "Unknown time zone"),
    "an empty zone": ([CHICAGO, ""], "Unknown time zone ''"),
    "a time that is none": ([CHICAGO, "UTC", "--time-of-day", "noon"], "Write the time as 09:30"),
    "a time with an offset": ([CHICAGO, "UTC", "--time-of-day", "09:30+02:00"], "Write the time as 09:30"),
    "keep what": ([CHICAGO, "UTC", "--keep", "both"], "invalid choice"),
    "no new zone": ([CHICAGO], "required"),
}


@pytest.mark.parametrize(("arguments", "sentence"), BAD.values(), ids=BAD.keys())
def test_a_bad_request_changes_nothing(chicago, member, arguments, sentence):
    pending(member, "2025-06-20")
    with pytest.raises(CommandError, match=sentence.replace("(", r"\(")):
        change(*arguments, "--apply")
    assert PortalClock.objects.get().time_zone == CHICAGO
    assert not CaseEvent.objects.exists()


@pytest.mark.parametrize("arguments", [[], ["--time-of-day", "00:00"], ["--keep", "instants", "--apply"], ["--apply"]])
def test_the_clock_that_is_there_is_no_change(chicago, member, arguments):
    pending(member, "2025-06-20")
    out = change(CHICAGO, CHICAGO, *arguments)
    assert out == "The portal's clock is already set to America/Chicago, 00:00. Nothing was changed.\n"
    assert not PortalEvent.objects.exists()


def test_who_has_made_the_change_is_told_again_what_to_set(settings, clock, member):
    settings.TIME_ZONE = CHICAGO
    change(CHICAGO, "UTC", "--apply")
    assert "Now set TIME_ZONE=UTC and RELEASE_TIME_OF_DAY=00:00" in change("UTC", "UTC")


def test_where_no_clock_is_stored_it_stores_one(settings, clock, member):
    """As in a database that has lost the row: the operator says what it was."""
    PortalClock.objects.all().delete()
    case = pending(member, "2025-06-20")
    change(CHICAGO, "UTC", "--keep", "instants", "--apply")
    assert schedule_of(case) == ("2025-06-20", "05:00")
    assert stored_clock.mismatch() == ""


@pytest.mark.parametrize("date", ["1900-01-01", "8999-12-31"])
@pytest.mark.parametrize("new", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_at_the_ends_of_the_calendar_a_date_stays_within_it(chicago, member, date, new):
    cases = [pending(member, date, time) for time in ("00:00", "23:59")]
    change(CHICAGO, new, "--keep", "instants", "--apply")
    for case in cases:
        assert schedule_of(case)[0][:4] == date[:4]


def test_the_history_of_the_portal_is_append_only(chicago):
    change(CHICAGO, "UTC", "--apply")
    event = PortalEvent.objects.get()
    with pytest.raises(TypeError):
        event.save()
    with pytest.raises(TypeError):
        event.delete()
    if connection.vendor == "postgresql":
        for sql in ("UPDATE cases_portalevent SET details = '{}'", "DELETE FROM cases_portalevent"):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                connection.cursor().execute(sql)


ZONES = st.sampled_from(
    ["UTC", CHICAGO, "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "Africa/Casablanca"]
)
MOMENTS = st.integers(0, 10**9).map(lambda seconds: dt.datetime.fromtimestamp(1_300_000_000 + seconds, dt.UTC))


@given(zone=ZONES, moment=MOMENTS)
def test_what_a_clock_shows_is_never_reached_before(zone, moment):
    """The same moment, or a later one in an hour that occurs twice, for every zone and moment."""
    wall = WallClock(ZoneInfo(zone), MIDNIGHT)
    shown = wall.showing(moment)
    reached = wall.instant(shown.date(), shown.time())
    assert moment <= reached <= moment + dt.timedelta(hours=1)
    assert reached == moment or moment.astimezone(wall.zone).fold


def test_it_is_the_way_back_too(chicago, member):
    cases = [pending(member, f"2025-{month:02}-20", "13:15") for month in (7, 9, 12)]
    change(CHICAGO, "Asia/Kathmandu", "--keep", "instants", "--apply")
    store("Asia/Kathmandu", MIDNIGHT)
    change("Asia/Kathmandu", CHICAGO, "--keep", "instants", "--apply")
    assert {schedule_of(case)[1] for case in cases} == {"13:15"}
    assert Case.objects.filter(schedule_revision=3).count() == 3


# --- Approvals -------------------------------------------------------------------------------------------------------


@pytest.fixture
def four_eyes(chicago, settings):
    settings.REQUIRE_SECOND_APPROVER = True


def approved(member, approver, date: str, time: str | None = None, **columns):
    """The met approval of a pending case with answer and report."""
    case = pending(member, date, time, **columns)
    CaseAnswerFactory(case=case)
    CaseDocumentFactory(case=case)
    condition = releases.add_condition(case=case, by=case.assigned_to, source="web", kind="approval")
    return releases.approve(condition=condition, by=approver, source="web")


def then_in(zone: str, settings) -> None:
    """The processes are restarted with the new settings."""
    settings.TIME_ZONE = zone


def release_early(case: Case, by) -> Case:
    return releases.release_now(case=Case.objects.get(pk=case.pk), by=by, source="web", reason="asked")


@pytest.mark.parametrize("keep", ["instants", "wall-clock"])
@pytest.mark.parametrize(("date", "time"), [("2025-06-20", "09:30"), ("2025-06-20", None), ("2025-12-20", "22:00")])
def test_an_approval_counts_for_the_same_release_by_the_new_clock(
    four_eyes, member, administrator, other_technician, settings, date, time, keep
):
    approval = approved(member, other_technician, date, time)
    case = approval.case
    for zone, other in ((CHICAGO, "Europe/Berlin"), ("Europe/Berlin", "Asia/Kathmandu")):
        change(zone, other, "--keep", keep, "--apply")
        then_in(other, settings)
        case.refresh_from_db()
        approval.refresh_from_db()
        assert (approval.state, approval.settled_by, case.open_conditions) == ("met", other_technician, 0)
        assert approval.approved_digest == digest(case)
    assert release_early(case, administrator).is_released
    assert not CaseEvent.objects.filter(kind="approval_lapsed").exists()


def test_an_approval_that_did_not_count_does_not_count_afterwards(
    four_eyes, member, administrator, other_technician, settings
):
    approval = approved(member, other_technician, "2025-06-20")
    CaseDocumentFactory(case=approval.case)  # as a manual change could, bypassing every verb
    change(CHICAGO, "UTC", "--keep", "instants", "--apply")
    then_in("UTC", settings)
    with pytest.raises(WrongState, match="second person"):
        release_early(approval.case, administrator)


@pytest.mark.parametrize(
    ("date", "time", "new"), [("2025-11-02", "01:30", "America/New_York"), ("2025-10-25", "20:30", "Europe/Berlin")]
)
def test_it_lapses_where_the_new_clock_releases_later_and_is_asked_for_again(
    four_eyes, member, administrator, other_technician, settings, date, time, new
):
    approval, other = approved(member, other_technician, date, time), approved(member, other_technician, "2025-06-20")
    case = approval.case
    Notification.objects.update(read_at=FROZEN)
    change(CHICAGO, new, "--keep", "instants", "--apply")
    then_in(new, settings)
    case.refresh_from_db()
    approval.refresh_from_db()
    assert (approval.state, approval.approved_digest, case.open_conditions) == ("open", "", 1)
    lapsed = CaseEvent.objects.get(kind="approval_lapsed")
    moved = CaseEvent.objects.get(case=case, kind="rescheduled")
    assert (lapsed.case, lapsed.system_actor, lapsed.source) == (case, "change_time_zone", "command")
    assert (lapsed.to_date, lapsed.to_time, lapsed.schedule_revision) == (moved.to_date, moved.to_time, 2)
    asked = Notification.objects.get(kind="approval", read_at=None)
    assert (asked.case, asked.recipient) == (case, administrator)
    with pytest.raises(WrongState, match="second person"):
        release_early(case, administrator)
    assert release_early(other.case, administrator).is_released


def test_approvals_are_kept_in_batches(chicago, member, other_technician, django_assert_max_num_queries):
    approvals = [approved(member, other_technician, f"2025-06-{20 + n % 3}") for n in range(9)]
    pending(member, "2025-06-20")
    with django_assert_max_num_queries(12 + (1 + 3 + 1) + 6):
        change(CHICAGO, "UTC", "--keep", "instants", "--apply")
    for approval in approvals:
        approval.refresh_from_db()
        assert approval.approved_digest == digest(Case.objects.get(pk=approval.case_id))
