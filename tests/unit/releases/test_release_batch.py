"""release_due: everything due, once, in batches. One bad row never stops the others."""

import datetime as dt

import pytest
import time_machine
from django.db import OperationalError, connection
from django.db.models.sql.compiler import SQLCompiler
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases import releases
from cases.db.compiled_writes import CompiledWrite
from cases.models import Case, CaseEvent, OutgoingEmail, User
from cases.releases import release_batch
from cases.releases.batch_statements import batch_statements
from tests.conftest import FROZEN
from tests.factories import CaseFactory, UserFactory
from tests.triggers import foreign_keys_off, refuse

pytestmark = pytest.mark.django_db

IN_PG = pytest.mark.postgresql


def release_all(**options):
    return releases.release_due(by="test", source="command", **options)


def released_pks():
    return set(Case.objects.filter(actual_release_date__isnull=False).values_list("pk", flat=True))


def statements(work):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        work()
    return len(queries)


def test_releases_due_cases_once_with_history_and_email(member):
    due = CaseFactory.create_batch(3, due=True, member=member)
    waiting = CaseFactory(scheduled=True, member=member)

    first, second = release_all(batch_size=2), release_all()

    assert sorted(first.released) == [case.pk for case in due]
    assert second.released == []
    assert CaseEvent.objects.filter(kind="released").count() == OutgoingEmail.objects.count() == 3
    waiting.refresh_from_db()
    assert waiting.actual_release_date is None


@pytest.mark.parametrize("state", ["draft", "submitted", "held", "scheduled", "released"])
def test_leaves_what_is_not_due(state):
    case = CaseFactory(**{state: True})
    before = Case.objects.values().get(pk=case.pk)

    assert release_all().released == []
    assert Case.objects.values().get(pk=case.pk) == before


def test_a_case_is_due_from_its_instant_on_and_not_before(clock):
    case = CaseFactory(
        held=True, scheduled_release_date=FROZEN.date(), scheduled_release_time=dt.time(12, 30), schedule_revision=1
    )
    clock.move_to(FROZEN + dt.timedelta(minutes=30, microseconds=-1))
    assert release_all().released == []

    clock.move_to(FROZEN + dt.timedelta(minutes=30))
    assert release_all().released == [case.pk]


@IN_PG
def test_a_host_whose_clock_is_ahead_of_the_databases_does_not_release_early(member):
    tomorrow = timezone.now() + dt.timedelta(days=1)
    CaseFactory(scheduled=True, member=member, scheduled_release_date=tomorrow.date())
    with time_machine.travel(tomorrow + dt.timedelta(days=1)):
        assert release_all().released == []
        assert releases.release_due_of(member).released == []


@IN_PG
def test_a_host_whose_clock_is_behind_the_databases_releases_in_time(member, technician):
    case = CaseFactory(due=True, member=member)
    with time_machine.travel(timezone.now() - dt.timedelta(days=7)):
        assert releases.release_due_of(member).released == [case.pk]
        at_once = releases.complete(
            case=CaseFactory(member=member, assigned_to=technician), by=technician, source="web", release_on=None
        )
    assert at_once.actual_release_date > timezone.now() - dt.timedelta(hours=1)


def test_what_it_writes(clock, member):
    case = CaseFactory(due=True, member=member, schedule_revision=4, scheduled_release_time=dt.time(8, 15))

    releases.release_due(by="the night watch", source="sweep")

    case.refresh_from_db()
    assert (case.actual_release_date, case.release_number, case.schedule_revision) == (FROZEN, 1, 4)
    event = case.events.get()
    assert (event.kind, event.at, event.source) == ("released", FROZEN, "sweep")
    assert (event.actor, event.system_actor) == (None, "the night watch")
    assert (event.from_status, event.to_status, event.schedule_revision) == ("completed", "completed", 4)
    assert (event.from_date, event.from_time) == (event.to_date, event.to_time)
    assert (event.to_date, event.to_time) == (case.scheduled_release_date, dt.time(8, 15))
    assert event.release_batch == case.release_batch
    email = case.emails.get()
    assert (email.kind, email.release_number, email.recipient, email.address) == ("released", 1, member, member.email)
    assert (email.state, email.attempts, email.next_try, email.created) == ("waiting", 0, FROZEN, FROZEN)
    assert (email.group, email.message_id, email.last_error, email.sent) == (None, "", "", None)


def test_one_batch_bears_one_mark_and_the_next_another():
    CaseFactory.create_batch(4, due=True)

    batches = list(releases.release_batches(by="test", source="command", batch_size=2))

    assert [len(batch.released) for batch in batches] == [2, 2]
    marks = [
        set(Case.objects.filter(pk__in=batch.released).values_list("release_batch", flat=True)) for batch in batches
    ]
    assert [len(mark) for mark in marks] == [1, 1]
    assert marks[0] != marks[1]


def test_a_member_without_an_address_or_deactivated_gets_the_case_and_the_email_says_why_not():
    nowhere = CaseFactory(due=True, member=UserFactory(email=""))
    gone = CaseFactory(due=True, member=UserFactory(is_active=False))

    assert set(release_all().released) == {nowhere.pk, gone.pk}

    told = {email.case_id: (email.state, email.last_error) for email in OutgoingEmail.objects.all()}
    assert told == {
        nowhere.pk: ("undeliverable", "The member has no email address."),
        gone.pk: ("undeliverable", "The member's account is deactivated."),
    }


# --- Poison: rows that the database refuses ---------------------------------------------------------------------------


def email_exists_already(case):
    """An email row for a future release: the unique constraint refuses the second one."""
    OutgoingEmail.objects.create(
        case=case, kind="released", release_number=1, recipient=case.member, next_try=timezone.now(),
        created=timezone.now(), state="dropped",
    )  # fmt: skip
    return lambda: OutgoingEmail.objects.filter(case=case, state="dropped").delete()


def history_refused(case):
    """A trigger that refuses the case's history row."""
    return refuse("cases_caseevent", "INSERT", f"NEW.case_id = {case.pk}")


def refused_at_commit(case):
    """Behaves like a deferred foreign key: nothing at the statement, everything at the commit."""
    return refuse("cases_outgoingemail", "INSERT", f"NEW.case_id = {case.pk}", deferred=True)


POISONS = [email_exists_already, history_refused, pytest.param(refused_at_commit, marks=IN_PG)]


@pytest.mark.parametrize("poison", POISONS)
@pytest.mark.parametrize("places", [(0,), (49,), (0, 25, 49)], ids=["first", "last", "three"])
def test_bad_rows_are_found_and_the_others_released(clock, poison, places):
    cases = CaseFactory.create_batch(50, due=True)
    bad = {cases[place].pk for place in places}
    for place in places:
        poison(cases[place])

    batch = release_all()

    assert released_pks() == set(batch.released) == {case.pk for case in cases} - bad
    assert set(batch.failed) == bad
    good_emails = OutgoingEmail.objects.filter(state="waiting").values_list("case_id", flat=True)
    assert sorted(good_emails) == sorted(batch.released)
    assert CaseEvent.objects.filter(kind="released").count() == len(batch.released)
    for case in Case.objects.filter(pk__in=bad):
        assert case.release_error == batch.failed[case.pk] != ""
        assert (case.release_attempts, case.release_number, case.release_batch) == (1, 0, None)
        assert case.release_next_try == FROZEN + release_batch.RETRY.first


@IN_PG
@pytest.mark.django_db(transaction=True)
def test_a_case_whose_member_is_gone_is_not_released_without_an_email_row():
    good, orphan = CaseFactory.create_batch(2, due=True)
    with foreign_keys_off():  # as in a restore
        User.objects.filter(pk=orphan.member.pk)._raw_delete(using="default")

    batch = release_all()

    assert released_pks() == set(batch.released) == {good.pk}
    assert set(batch.failed) == {orphan.pk}
    events = CaseEvent.objects.filter(kind="released")
    assert [event.case_id for event in events] == [email.case_id for email in OutgoingEmail.objects.all()] == [good.pk]


@pytest.mark.parametrize("poison", POISONS)
def test_a_bad_row_waits_for_its_next_try_and_is_released_once_it_is_mended(clock, poison):
    case = CaseFactory(due=True)
    mend = poison(case)
    release_all()

    assert not Case.objects.due(timezone.now()).exists(), "it must leave `due` until its next try"
    mend()
    assert release_all().released == []

    clock.shift(release_batch.RETRY.first)
    assert release_all().released == [case.pk]
    case.refresh_from_db()
    assert (case.release_error, case.release_attempts, case.release_next_try) == ("", 0, None)
    assert case.release_number == 1


def test_pauses_between_tries_double_up_to_an_hour(clock):
    case = CaseFactory(due=True)
    email_exists_already(case)
    pauses = []
    for attempt in range(1, 10):
        release_all()
        case.refresh_from_db()
        assert case.release_attempts == attempt
        pauses.append(case.release_next_try - timezone.now())
        clock.move_to(case.release_next_try)

    minutes = [pause / dt.timedelta(minutes=1) for pause in pauses]
    assert minutes == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize("batch_size", [1, 2, 5], ids="batch of {}".format)
def test_bad_rows_that_fill_a_whole_batch_do_not_stop_the_rest(batch_size):
    cases = CaseFactory.create_batch(10, due=True)
    for case in [*cases[:5], cases[9]]:
        email_exists_already(case)

    batch = release_all(batch_size=batch_size)

    assert set(batch.released) == {case.pk for case in cases[5:9]}
    assert len(batch.failed) == 6


@pytest.mark.parametrize("batch_size", [1, 3, 100], ids="batch of {}".format)
def test_rows_that_cannot_even_be_marked_neither_stop_the_others_nor_loop_for_ever(batch_size):
    stones = CaseFactory.create_batch(3, due=True, title="stone")
    good = CaseFactory.create_batch(4, due=True)
    stones += CaseFactory.create_batch(3, due=True, title="stone")
    refuse("cases_case", "UPDATE", "NEW.title = 'stone'")

    batch = release_all(batch_size=batch_size)

    assert set(batch.released) == {case.pk for case in good}
    assert set(batch.failed) == {case.pk for case in stones}


@pytest.mark.parametrize("model", [CaseEvent, OutgoingEmail], ids=["after the cases", "after the history"])
def test_a_server_that_fails_midway_undoes_the_batch_and_blames_no_row(monkeypatch, model):
    cases = CaseFactory.create_batch(3, due=True)
    real = CompiledWrite.run

    def server_goes_away(statement, **values):
        if statement is batch_statements().derived[model]:
            raise OperationalError("the connection was closed")
        return real(statement, **values)

    monkeypatch.setattr(CompiledWrite, "run", server_goes_away)
    with pytest.raises(OperationalError):
        release_all()

    assert released_pks() == set()
    assert not CaseEvent.objects.exists()
    assert not OutgoingEmail.objects.exists()
    assert not Case.objects.filter(release_attempts__gt=0).exists()
    monkeypatch.undo()
    assert len(release_all().released) == len(cases)


# --- Cost -------------------------------------------------------------------------------------------------------------


def test_with_nothing_due_it_costs_one_probe(django_assert_max_num_queries):
    CaseFactory.create_batch(3, scheduled=True)
    CaseFactory(released=True)
    # On PostgreSQL, one statement reads the server's time as well.
    with django_assert_max_num_queries(2 if connection.vendor == "postgresql" else 1):
        release_all()


def test_a_wave_costs_as_many_statements_as_two_cases(member):
    CaseFactory.create_batch(2, due=True, member=member)
    for_two = statements(release_all)
    CaseFactory.create_batch(200, due=True, member=member)
    assert statements(release_all) == for_two
    assert len(released_pks()) == 202


def test_a_second_batch_compiles_no_statement_again(monkeypatch, member):
    """A wake-up for a case or two took five times as long when Django's query builder compiled each statement again."""
    CaseFactory(due=True, member=member)
    release_all()
    CaseFactory(due=True, member=member)
    compiled = []
    real = SQLCompiler.as_sql
    monkeypatch.setattr(SQLCompiler, "as_sql", lambda *args, **options: compiled.append(args) or real(*args, **options))
    assert len(release_all().released) == 1
    assert compiled == []


# --- A member's look --------------------------------------------------------------------------------------------------


def test_a_members_look_releases_what_is_due_of_theirs_and_nothing_else(member, other_member):
    due = CaseFactory.create_batch(2, due=True, member=member)
    CaseFactory(due=True, member=other_member)
    CaseFactory(scheduled=True, member=member)

    releases.release_due_of(member)

    assert released_pks() == {case.pk for case in due}
    events = CaseEvent.objects.filter(kind="released")
    assert {(event.source, event.system_actor) for event in events} == {("read", "release on read")}


def test_a_look_with_nothing_due_costs_one_probe(member, other_member, django_assert_max_num_queries):
    CaseFactory(due=True, member=other_member)
    CaseFactory(scheduled=True, member=member)
    with django_assert_max_num_queries(2 if connection.vendor == "postgresql" else 1):
        releases.release_due_of(member)


def test_a_look_passes_over_a_bad_row_and_records_it(member):
    good, bad = CaseFactory.create_batch(2, due=True, member=member)
    email_exists_already(bad)

    releases.release_due_of(member)

    assert released_pks() == {good.pk}
    bad.refresh_from_db()
    assert bad.release_attempts == 1


@pytest.mark.sqlite  # for PostgreSQL see test_query_plans
@pytest.mark.parametrize(("whose", "index"), [("everybody's", "case_ready"), ("mia's", "case_member_due")])
def test_sqlite_reads_the_index_too(clock, member, whose, index):
    cases = Case.objects.filter(member=member) if whose == "mia's" else Case.objects.all()
    plans = [index_range.explain() for index_range in cases.due_index_ranges(timezone.now())]
    assert len(plans) == 3
    for plan in plans:
        assert f"USING INDEX {index} " in plan or f"USING COVERING INDEX {index} " in plan, plan
        assert "TEMP B-TREE" not in plan, "it must not sort"
