"""Edits, releases and visits that race for one row: threads with their own transactions, on PostgreSQL.

The order is arranged, not left to chance: one side keeps its transaction open until the other is seen waiting.
"""

import datetime as dt
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress

import pytest
from django.db import OperationalError, connection, transaction

from cases import releases
from cases.core.errors import CaseError, WrongState
from cases.core.schedule import Schedule
from cases.models import Case, CaseEvent, OutgoingEmail, User
from cases.releases import on_read
from tests.conftest import FROZEN
from tests.factories import CaseFactory, UserFactory

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]

LATER = Schedule(FROZEN.date() + dt.timedelta(days=30))
# The schedule of a case at the threshold: an edit still finds it pending, but now it is due.
THRESHOLD = FROZEN + dt.timedelta(seconds=30)

EDITS = {
    "reschedule": lambda case, administrator: releases.schedule(
        case=case, by=administrator, source="web", release_on=LATER, reason="wait"
    ),
    "cancel": lambda case, administrator: releases.cancel_schedule(
        case=case, by=administrator, source="web", reason="wait"
    ),
    "return": lambda case, administrator: releases.return_to_accepted(case=case, by=administrator, source="web"),
    "release now": lambda case, administrator: releases.release_now(
        case=case, by=administrator, source="web", reason="asked"
    ),
}
edits = pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())


class Thread(threading.Thread):
    """Runs `work` with its own database connection. `result` waits and returns the result, or raises the error."""

    def __init__(self, work):
        super().__init__(daemon=True)
        self._work = work
        self._value = self._error = None
        self.start()

    def run(self):
        try:
            self._value = self._work()
        except Exception as error:  # noqa: BLE001  (raised again in `result`)
            self._error = error
        finally:
            connection.close()

    def result(self):
        self.join(timeout=20)
        assert not self.is_alive(), "it hangs"
        if self._error:
            raise self._error
        return self._value


@contextmanager
def held_open(work):
    """Do `work` in another connection, and commit it when the block ends."""
    done, commit = threading.Event(), threading.Event()

    def run():
        with transaction.atomic():
            work()
            done.set()
            assert commit.wait(20)

    thread = Thread(run)
    assert done.wait(20)
    try:
        yield
    finally:
        commit.set()
        thread.result()


def somebody_waits_for_a_lock():
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.005)
    raise AssertionError("nobody waits")


def sweep():
    return releases.release_due(by="a sweep", source="sweep", now=THRESHOLD)


@pytest.fixture
def case(member, technician) -> Case:
    """Completed, at the threshold of its schedule."""
    return CaseFactory(
        scheduled=True,
        member=member,
        assigned_to=technician,
        scheduled_release_date=THRESHOLD.date(),
        scheduled_release_time=THRESHOLD.time(),
    )


def kinds(case):
    return [event.kind for event in case.events.order_by("pk")]


# --- An edit and a release --------------------------------------------------------------------------------------------


@edits
def test_a_sweep_passes_by_what_is_being_edited_and_the_edit_stands(case, administrator, edit):
    with held_open(lambda: edit(case, administrator)):
        assert Thread(sweep).result().released == []
    after = Case.objects.values().get()

    sweep()

    assert Case.objects.values().get() == after
    assert len(kinds(case)) == 1
    assert OutgoingEmail.objects.count() == (1 if after["actual_release_date"] else 0)


@edits
def test_an_edit_that_comes_second_waits_and_finds_the_case_released(case, administrator, edit):
    with held_open(sweep):
        late = Thread(lambda: edit(case, administrator))
        somebody_waits_for_a_lock()
    with pytest.raises(WrongState):
        late.result()

    case.refresh_from_db()
    assert (case.actual_release_date, case.release_number, case.status) == (THRESHOLD, 1, "completed")
    assert kinds(case) == ["released"]
    assert OutgoingEmail.objects.count() == 1


@edits
def test_of_two_edits_the_second_works_on_what_the_first_left(case, administrator, edit):
    with held_open(lambda: releases.return_to_accepted(case=case, by=administrator, source="web")):
        second = Thread(lambda: edit(case, administrator))
        somebody_waits_for_a_lock()
    with pytest.raises(WrongState):
        second.result()
    assert kinds(case) == ["returned"]


def test_in_a_free_for_all_each_case_ends_in_one_consistent_state(member, administrator):
    cases = [
        CaseFactory(
            scheduled=True,
            member=member,
            scheduled_release_date=THRESHOLD.date(),
            scheduled_release_time=THRESHOLD.time(),
        )
        for _ in range(40)
    ]
    start = threading.Barrier(4)

    def editor(edit):
        def run():
            start.wait()
            refused = 0
            for case in cases:
                try:
                    edit(case, administrator)
                except CaseError:
                    refused += 1
            return refused

        return Thread(run)

    def sweeper():
        start.wait()
        for _ in range(20):
            releases.release_due(by="a sweep", source="sweep", now=THRESHOLD, batch_size=3)

    threads = [editor(EDITS["return"]), editor(EDITS["release now"]), Thread(sweeper), Thread(sweeper)]
    for thread in threads:
        thread.result()
    sweep()

    outcomes = Counter()
    for case in Case.objects.all():
        (kind,) = kinds(case)
        outcomes[kind] += 1
        assert case.is_released == (kind == "released") == case.emails.exists()
        assert case.status == ("completed" if case.is_released else "accepted")
    assert sum(outcomes.values()) == 40


# --- Releases and releases --------------------------------------------------------------------------------------------


def test_a_sweep_passes_by_what_another_is_releasing(case, member):
    other = CaseFactory(due=True, member=member)

    def first():
        releases.release_due_of(member)  # not the one at the threshold, which is not due by the clock

    with held_open(first):
        batch = Thread(sweep).result()
    assert batch.released == [case.pk]
    assert kinds(other) == ["released"]


def test_two_sweeps_at_once_release_each_case_once(technician):
    members = [UserFactory() for _ in range(10)]
    cases = [CaseFactory(due=True, member=members[n % 10], assigned_to=technician) for n in range(300)]
    start = threading.Barrier(2)

    def sweeper():
        start.wait()
        return releases.release_due(by="a sweep", source="sweep", batch_size=20).released

    first, second = (Thread(sweeper) for _ in range(2))
    found = first.result() + second.result()
    # A sweep that finds the rest locked by the other stops. What the other gave up is left to the next one.
    found += releases.release_due(by="a sweep", source="sweep").released

    assert sorted(found) == [case.pk for case in cases]
    assert CaseEvent.objects.filter(kind="released").count() == OutgoingEmail.objects.count() == 300
    assert set(Case.objects.values_list("release_number", flat=True)) == {1}


def test_everybody_at_once_releases_a_case_once(member, administrator):
    case = CaseFactory(due=True, member=member)
    start = threading.Barrier(6)

    def at_once(work):
        def run():
            start.wait()
            with suppress(CaseError):
                work()

        return Thread(run)

    def wake_up():
        releases.release_due(by="release_case", source="eta")

    threads = [at_once(work) for work in [sweep, wake_up, sweep, lambda: releases.release_due_of(member)]]
    threads += [at_once(lambda: EDITS["release now"](case, administrator)) for _ in range(2)]
    for thread in threads:
        thread.result()

    case.refresh_from_db()
    assert case.release_number == 1
    assert kinds(case) == ["released"]
    assert OutgoingEmail.objects.count() == 1


# --- A member's look --------------------------------------------------------------------------------------------------


def lock(case):
    return lambda: Case.objects.select_for_update().get(pk=case.pk)


def held_for(seconds, work) -> Thread:
    """Do `work` in another connection, which commits after that many seconds."""
    done = threading.Event()

    def run():
        with transaction.atomic():
            work()
            done.set()
            time.sleep(seconds)

    thread = Thread(run)
    assert done.wait(20)
    return thread


def test_a_look_waits_for_a_row_that_is_soon_free(member):
    case = CaseFactory(due=True, member=member)
    with held_open(lock(case)):
        look = Thread(lambda: releases.release_due_of(member))
        somebody_waits_for_a_lock()
    assert look.result().released == [case.pk]


def test_a_look_that_waited_for_a_release_does_not_release_again(member):
    case = CaseFactory(due=True, member=member)
    with held_open(sweep):
        look = Thread(lambda: releases.release_due_of(member))
        somebody_waits_for_a_lock()
    assert look.result().released == []
    assert kinds(case) == ["released"]


def test_a_look_waits_a_second_at_most(member, caplog):
    case = CaseFactory(due=True, member=member)
    with held_open(lock(case)):
        began = time.monotonic()
        with pytest.raises(OperationalError):
            Thread(lambda: releases.release_due_of(member)).result()
        assert time.monotonic() - began > 0.9

        Thread(lambda: on_read.release_on_read(member)).result()
    assert "release on read failed" in caplog.text

    case.refresh_from_db()
    assert (case.actual_release_date, case.release_attempts) == (None, 0), "no row is to blame"
    assert releases.release_due_of(member).released == [case.pk]


@pytest.mark.parametrize("locked", ["its cases", "its cases, then its member"])
def test_the_second_of_a_look_is_for_all_that_it_waits_for(member, locked):
    """Each row is free after less than a second, but all of them together are not."""
    cases = CaseFactory.create_batch(4, due=True, member=member)
    # The email rows refer to the member, so the visit waits for that lock in a later statement.
    locks = [lock(case) for case in cases]
    if "member" in locked:
        locks = [locks[0], lambda: User.objects.select_for_update().get(pk=member.pk)]
    holders = [held_for(0.6 * place, work) for place, work in enumerate(locks, 1)]
    with pytest.raises(OperationalError):
        Thread(lambda: releases.release_due_of(member)).result()
    for holder in holders:
        holder.result()
    assert not Case.objects.filter(actual_release_date__isnull=False).exists()
    assert not Case.objects.filter(release_attempts__gt=0).exists(), "no row is to blame"
    assert len(releases.release_due_of(member).released) == 4


def test_a_look_has_time_left_for_a_bad_row_after_waiting(member):
    """Between the statements of a failed savepoint, nothing is sent to the server."""
    bad, good = CaseFactory.create_batch(2, due=True, member=member)
    OutgoingEmail.objects.create(
        case=bad, kind="released", release_number=1, recipient=member, state="dropped", next_try=FROZEN, created=FROZEN
    )
    holder = held_for(0.2, lock(good))
    batch = Thread(lambda: releases.release_due_of(member)).result()
    holder.result()
    assert batch.released == [good.pk]
    assert set(batch.failed) == {bad.pk}


def test_the_patience_of_a_look_ends_with_it(member):
    """The timeout must not stay on the connection, which serves other requests later, nor in a surrounding
    transaction."""
    CaseFactory(due=True, member=member)
    with transaction.atomic(), connection.cursor() as cursor:
        releases.release_due_of(member)
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


def test_a_look_at_nothing_due_waits_for_nobody(member):
    case = CaseFactory(scheduled=True, member=member)
    # A visit that waited would end with an error, because the lock is held for longer than its patience.
    with held_open(lock(case)):
        assert Thread(lambda: releases.release_due_of(member)).result().released == []
