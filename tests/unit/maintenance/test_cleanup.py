"""The weekly cleanup: expired rows are deleted, everything else stays, and no failed step stops another."""

import datetime as dt
import os
from itertools import pairwise

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings as real
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.maintenance import cleanup
from cases.maintenance.cleanup import STEPS, CleanupStep
from cases.models import Notification, SecurityState, UsedFormToken
from tasks.cleanup import clean_up
from tests.conftest import FROZEN

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HOUR = dt.timedelta(hours=1)
DAY = 24 * HOUR


def session(key: str, expires_in: dt.timedelta) -> Session:
    return Session.objects.create(session_key=key, session_data="", expire_date=FROZEN + expires_in)


def listed(user, key: str, created: dt.timedelta) -> UserSession:
    return UserSession.objects.create(
        user=user, session_key=key, ip="192.0.2.7", user_agent="A browser", created_at=FROZEN + created
    )


def state(key: str, expires_in: dt.timedelta) -> SecurityState:
    return SecurityState.objects.create(digest=key, value="1", expires_at=FROZEN + expires_in)


def keys(model: type, name: str) -> set[str]:
    return set(model.objects.values_list(name, flat=True))


def test_expired_sessions_go_and_what_is_listed_of_them(member, settings):
    settings.CLEANUP_SESSIONS = 7 * DAY
    session("alive", DAY)
    session("expired lately", -6 * DAY)
    session("expired", -8 * DAY)
    for key in ("alive", "expired lately", "expired", "signed out long ago"):
        listed(member, key, -30 * DAY)
    listed(member, "being made", -DAY)
    assert cleanup.clean_up(FROZEN)["sessions"] == 3
    assert keys(Session, "session_key") == {"alive", "expired lately"}
    assert keys(UserSession, "session_key") == {"alive", "expired lately", "being made"}


def test_who_is_signed_in_stays_so(client, member):
    client.force_login(member)
    cleanup.clean_up(FROZEN + dt.timedelta(seconds=real.SESSION_COOKIE_AGE - 60))
    assert SessionStore(client.session.session_key).get("_auth_user_id") == str(member.pk)


def test_expired_security_state_goes(settings):
    settings.CLEANUP_SECURITY_STATE = 2 * DAY
    for key, expires_in in (("alive", DAY), ("expired lately", -DAY), ("expired", -3 * DAY)):
        state(key, expires_in)
    assert cleanup.clean_up(FROZEN)["security_state"] == 1
    assert keys(SecurityState, "digest") == {"alive", "expired lately"}


def test_many_go_in_short_transactions(monkeypatch):
    monkeypatch.setattr(cleanup, "BATCH", 10)
    for number in range(35):
        session(f"session {number}", -30 * DAY)
        state(f"state {number}", -30 * DAY)
    with CaptureQueriesContext(connection) as queries:
        deleted = cleanup.clean_up(FROZEN)
    assert deleted == {"sessions": 35, "security_state": 35, "files": 0, "forms": 0, "previews": 0, "notifications": 0}
    deletes = [query["sql"] for query in queries if query["sql"].startswith("DELETE")]
    assert len([sql for sql in deletes if "session" in sql or "security" in sql]) == 8


def test_files_without_a_document_go(stored, tmp_path):
    path = tmp_path / "ab" / "abcd"
    path.parent.mkdir()
    path.write_bytes(b"x")
    os.utime(path, (0, 0))
    assert cleanup.clean_up(FROZEN)["files"] == 1
    assert stored() == []


def test_what_forms_leave_behind_goes(member):
    for days, token in ((29, "young"), (31, "old")):
        UsedFormToken.objects.create(user=member, token=token, content="c" * 64, at=FROZEN - days * DAY)
    assert cleanup.clean_up(FROZEN)["forms"] == 1
    assert keys(UsedFormToken, "token") == {"young"}


@pytest.mark.parametrize("batch", [1, 2, 3, 1000])
def test_notifications_go_some_time_after_they_were_read_and_unread_ones_after_a_year(batch, technician, monkeypatch):
    monkeypatch.setattr(cleanup, "BATCH", batch)
    facts = [(500, 91), (500, None), (499, 89), (370, None), (364, None), (100, 91), (100, 89), (0, None)]
    made = [
        Notification.objects.create(
            recipient=technician,
            kind="queue",
            at=FROZEN - at * DAY,
            read_at=None if read is None else FROZEN - read * DAY,
        )
        for at, read in facts
    ]
    assert cleanup.clean_up(FROZEN)["notifications"] == 4
    left = Notification.objects.order_by("pk").values_list("pk", flat=True)
    assert list(left) == [made[number].pk for number in (2, 4, 6, 7)]
    assert cleanup.clean_up(FROZEN)["notifications"] == 0


def test_unread_notifications_are_kept_as_long_as_read_ones(technician, settings):
    settings.CLEANUP_NOTIFICATIONS = 1000 * DAY
    Notification.objects.create(recipient=technician, kind="queue", at=FROZEN - 999 * DAY)
    assert cleanup.clean_up(FROZEN)["notifications"] == 0


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_a_step_that_fails_stops_no_other(failing, monkeypatch):
    def fail(now: dt.datetime) -> int:
        raise ZeroDivisionError

    steps = [*STEPS]
    steps.insert(failing, CleanupStep("failing", fail))
    monkeypatch.setattr(cleanup, "STEPS", steps)
    session("expired", -30 * DAY)
    state("expired", -30 * DAY)
    with pytest.raises(ZeroDivisionError):
        cleanup.clean_up(FROZEN)
    assert not Session.objects.exists()
    assert not SecurityState.objects.exists()


def test_task_and_command_do_the_same(capsys):
    session("expired", -30 * DAY)
    assert clean_up() == 1
    state("expired", -30 * DAY)
    call_command("clean_up")
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["sessions: 0 deleted", "security_state: 1 deleted"]
    assert len(lines) == len(STEPS)


# --- Once a week ------------------------------------------------------------------------------------------------------


@pytest.fixture
def runs(monkeypatch) -> list[dt.timedelta]:
    """Return when the steps ran, counted from FROZEN."""
    begun: list[dt.timedelta] = []

    def run(now: dt.datetime) -> int:
        begun.append(now - FROZEN)
        return 1

    monkeypatch.setattr(cleanup, "STEPS", [CleanupStep("noted", run)])
    return begun


def test_beat_asks_every_hour():
    entry = real.CELERY_BEAT_SCHEDULE["clean-up"]
    assert (entry["task"], entry["schedule"], entry["options"]) == (clean_up.name, 3600, {"queue": "mail"})


@pytest.mark.parametrize("every", [5 * HOUR, DAY, 3 * DAY, 6 * DAY + 23 * HOUR], ids=str)
def test_it_runs_once_a_week_whatever_message_is_lost(every, runs, clock):
    for number in range(40 * DAY // every):
        clock.move_to(FROZEN + number * every)
        deleted = [clean_up(), clean_up()]
        assert deleted == [int(runs[-1] == number * every), 0]
    assert runs[0] == dt.timedelta()
    between = [later - earlier for earlier, later in pairwise(runs)]
    assert between
    assert all(7 * DAY < time <= 7 * DAY + every for time in between)


@pytest.mark.parametrize("error", [ZeroDivisionError, SystemExit])
def test_a_run_that_does_not_come_to_its_end_is_repeated_after_a_day(error, runs, clock, monkeypatch):
    def fail(now: dt.datetime) -> int:
        raise error

    monkeypatch.setattr(cleanup, "STEPS", [*cleanup.STEPS, CleanupStep("failing", fail)])
    with pytest.raises(error):
        clean_up()
    monkeypatch.setattr(cleanup, "STEPS", cleanup.STEPS[:1])
    assert runs == [dt.timedelta()]
    for hours in range(1, 24 * 9):
        clock.move_to(FROZEN + hours * HOUR)
        clean_up()
    assert runs == [dt.timedelta(), DAY + HOUR, 8 * DAY + 2 * HOUR]


def test_the_command_runs_whenever_it_is_called(runs, clock, capsys):
    assert clean_up() == 1
    call_command("clean_up")
    assert len(runs) == 2
