"""If the settings name a different clock than the database, nothing is released or scheduled through any door."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from cases import releases
from cases.core.schedule import Schedule
from cases.delivery import celery_publisher
from cases.lifecycle import stored_clock
from cases.lifecycle.stored_clock import ClockMismatch
from cases.models import Case, CaseEvent, PortalClock, User
from cases.releases import wakeups
from tasks.releases import release_case, sweep
from tests.factories import CaseFactory
from tests.stored_clock import store

pytestmark = pytest.mark.django_db

CHICAGO, MIDNIGHT = "America/Chicago", dt.time(0)
# Possible settings of a portal that was created for Chicago and midnight.
WRONG = {
    "a forgotten zone, which is ahead": ("UTC", MIDNIGHT),
    "a zone that is behind": ("Pacific/Honolulu", MIDNIGHT),
    "an alias, whose rules may be others one day": ("US/Central", MIDNIGHT),
    "another time of day": (CHICAGO, dt.time(6)),
    "a time of day with seconds": (CHICAGO, dt.time(0, 0, 1)),
}


@pytest.fixture(params=WRONG.values(), ids=WRONG.keys())
def wrong(request, settings):
    settings.TIME_ZONE, settings.RELEASE_TIME_OF_DAY = request.param
    store(CHICAGO, MIDNIGHT)


@pytest.fixture
def published(monkeypatch) -> list[int]:
    """Return the cases whose wake-up was published."""
    found: list[int] = []
    monkeypatch.setattr(
        celery_publisher, "publish_wake_up", lambda *, case_id, **_: bool(found.append(case_id) or True)
    )
    return found


def is_as_it_was(case: Case) -> bool:
    """Return whether it is not released, not armed, and has no history."""
    now = Case.objects.get(pk=case.pk)
    compared = ("status", "actual_release_date", "scheduled_release_date", "schedule_revision", "armed_revision")
    return not CaseEvent.objects.exists() and all(getattr(now, name) == getattr(case, name) for name in compared)


def refused_by(call) -> None:
    with pytest.raises(ClockMismatch, match=r"manage\.py change_time_zone") as caught:
        call()
    assert CHICAGO in caught.value.message
    assert caught.value.status == 503


PROGRAMS = {
    "release_due": lambda case: releases.release_due(by="test", source="sweep"),
    "with a moment given": lambda case: releases.release_due(
        by="test", source="sweep", now=dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    ),
    "an ETA task": lambda case: release_case(case.pk, case.schedule_revision),
    "the sweep": lambda case: sweep(),
    "the member's look": lambda case: releases.release_due_of(case.member),
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_no_program_releases(wrong, member, clock, program):
    case = CaseFactory(due=True, member=member)
    refused_by(lambda: program(case))
    assert is_as_it_was(case)


@pytest.mark.parametrize("arguments", [[], ["--dry-run"], ["--send-emails"]], ids=str)
def test_the_command_refuses_with_the_sentence(wrong, member, clock, arguments):
    case = CaseFactory(due=True, member=member)
    out = StringIO()
    with pytest.raises(CommandError, match=r"manage\.py change_time_zone"):
        call_command("release_scheduled_cases", *arguments, stdout=out)
    assert out.getvalue() == ""
    assert is_as_it_was(case)


def test_the_sweep_arms_nothing_by_the_wrong_clock(settings, member, clock, published):
    settings.TIME_ZONE = "UTC"
    case = CaseFactory(
        scheduled=True,
        member=member,
        scheduled_release_date=dt.date(2025, 6, 11),
        scheduled_release_time=dt.time(12, 0, 30),
    )
    store(CHICAGO, MIDNIGHT)
    assert wakeups.arm_upcoming(clock_now()) == 0
    assert not wakeups.arm_again(case_id=case.pk, revision=1)
    assert (published, is_as_it_was(case)) == ([], True)
    store("UTC", MIDNIGHT)
    assert wakeups.arm_again(case_id=case.pk, revision=1)
    assert wakeups.arm_upcoming(clock_now()) == 1


VERBS = {
    "complete, with a date": ({}, lambda case, by: releases.complete(case=case, by=by, source="web", release_on=MARCH)),
    "complete, at once": ({}, lambda case, by: releases.complete(case=case, by=by, source="api", release_on=None)),
    "schedule": (
        {"scheduled": True},
        lambda case, by: releases.schedule(case=case, by=by, source="web", release_on=MARCH, reason="Later."),
    ),
    "schedule, after a hold": (
        {"held": True},
        lambda case, by: releases.schedule(case=case, by=by, source="admin", release_on=MARCH, reason="Later."),
    ),
    "release early": (
        {"scheduled": True},
        lambda case, by: releases.release_now(case=case, by=by, source="admin", reason="They need it."),
    ),
}
MARCH = Schedule(dt.date(2026, 3, 1))


@pytest.mark.parametrize(("state", "verb"), VERBS.values(), ids=VERBS.keys())
def test_no_person_releases_or_schedules(wrong, member, administrator, clock, published, state, verb):
    case = CaseFactory(member=member, **state)
    refused_by(lambda: verb(case, administrator))
    assert is_as_it_was(case)
    assert published == []


def test_holding_back_is_safe_by_any_clock(wrong, member, administrator, clock):
    held, returned = CaseFactory.create_batch(
        2, scheduled=True, member=member, scheduled_release_date=dt.date(2025, 8, 1)
    )
    releases.cancel_schedule(case=held, by=administrator, source="web", reason="A letter is missing.")
    releases.return_to_accepted(case=returned, by=administrator, source="web")
    assert set(CaseEvent.objects.values_list("kind", flat=True)) == {"held", "returned"}


def test_demo_data_is_refused_whole(wrong, monkeypatch):
    monkeypatch.setenv("DEMO_PASSWORD", "secret of a test")
    with pytest.raises(CommandError, match=r"manage\.py change_time_zone"):
        call_command("demo_data", stdout=StringIO())
    assert not User.objects.exists()


def test_a_running_process_notices_the_change_between_two_batches(settings, member, clock):
    settings.TIME_ZONE = CHICAGO
    CaseFactory.create_batch(3, due=True, member=member)
    batches = releases.release_batches(by="test", source="sweep", batch_size=1)
    assert len(next(batches).released) == 1
    store("Pacific/Honolulu", MIDNIGHT)
    assert [len(batch.released) for batch in batches] == []
    assert Case.objects.filter(actual_release_date=None).count() == 2
    refused_by_any(lambda: releases.release_due(by="test", source="sweep"))


def refused_by_any(call) -> None:
    with pytest.raises(ClockMismatch):
        call()


def test_a_database_without_a_stored_clock_releases_nothing(member, clock):
    case = CaseFactory(due=True, member=member)
    PortalClock.objects.all().delete()
    refused_by_any(lambda: releases.release_due(by="test", source="sweep"))
    refused_by_any(lambda: releases.release_due_of(member))
    assert is_as_it_was(case)
    assert "an unknown time zone" in stored_clock.mismatch()


def test_there_is_one_clock(member):
    with pytest.raises(IntegrityError), transaction.atomic():
        PortalClock.objects.create(pk=2, time_zone="UTC", release_time_of_day=MIDNIGHT)


def test_the_first_migration_stored_what_the_settings_said(settings):
    stored = PortalClock.objects.get()
    assert (stored.time_zone, stored.release_time_of_day) == (settings.TIME_ZONE, settings.RELEASE_TIME_OF_DAY)


def test_comparing_the_clocks_costs_no_statement(member, clock, administrator):
    """For a wake-up, a wave, a visit and a person's verb, it is part of a statement that runs anyway."""
    with_case = CaseFactory(due=True, member=member)
    for work in (
        lambda: releases.release_due(by="test", source="sweep"),
        lambda: releases.release_due_of(member),
        lambda: releases.complete(case=CaseFactory(member=member), by=administrator, source="web", release_on=None),
    ):
        with CaptureQueriesContext(connection) as captured:
            work()
        alone = [
            query["sql"] for query in captured if "portalclock" in query["sql"] and "cases_case" not in query["sql"]
        ]
        assert alone == []
    with_case.refresh_from_db()
    assert with_case.actual_release_date is not None


# --- What operators see ---------------------------------------------------------------------------------------------


def checked(*arguments) -> str:
    err = StringIO()
    call_command("check", "--database", "default", *arguments, stdout=StringIO(), stderr=err)
    return err.getvalue()


def test_the_system_check_says_it(wrong):
    assert "change_time_zone" in checked()
    with pytest.raises(Exception, match=r"cases\.W001"):
        checked("--fail-level", "WARNING")


def test_the_system_check_is_silent_where_the_clocks_agree_and_without_a_database(settings):
    assert "W001" not in checked()
    store(CHICAGO, MIDNIGHT)
    err = StringIO()
    call_command("check", stdout=StringIO(), stderr=err)
    assert "W001" not in err.getvalue()


def test_neither_migrate_nor_the_remedy_is_blocked(wrong, settings):
    call_command("migrate", stdout=StringIO(), stderr=StringIO(), skip_checks=False)
    out = StringIO()
    call_command("change_time_zone", CHICAGO, settings.TIME_ZONE, stdout=out)
    assert "Nothing was changed." in out.getvalue()


def clock_now() -> dt.datetime:
    return dt.datetime(2025, 6, 11, 12, tzinfo=dt.UTC)
