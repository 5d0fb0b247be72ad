"""Foreign keys that PostgreSQL checks once for each statement (migration 0005), as strictly as row by row."""

import threading

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, models, transaction

from cases.models import Case, CaseEvent, Notification, OutgoingEmail, PersonWords, User
from tests.conftest import FROZEN
from tests.factories import CaseFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

NOBODY = 10**9


def event(case, person):
    return CaseEvent(case_id=case, kind="accepted", at=FROZEN, source="web", schedule_revision=0, system_actor="test")


def email(case, person):
    dates = {"next_try": FROZEN, "created": FROZEN}
    return OutgoingEmail(case_id=case, recipient_id=person, kind="released", release_number=1, **dates)


def notification(case, person):
    return Notification(case_id=case, recipient_id=person, kind="released", ref=1, at=FROZEN)


ROWS = [event, email, notification]
# For each table, the keys that are checked by statement.
KEYS = [(event, "case"), (email, "case"), (email, "person"), (notification, "case"), (notification, "person")]


def person_without_words():
    """A person that no other row points to."""
    person = UserFactory()
    PersonWords.objects.filter(person=person).delete()
    return person


def test_every_foreign_key_is_checked_by_row_or_by_statement():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, attname FROM pg_constraint"
            " JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey) WHERE contype = 'f'"
        )
        by_row = set(cursor.fetchall())
    declared = {
        (model._meta.db_table, field.column)
        for model in apps.get_app_config("cases").get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.db_constraint
    }
    by_statement = {
        (make(1, 1)._meta.db_table, {"case": "case_id", "person": "recipient_id"}[key]) for make, key in KEYS
    }
    assert declared - by_row == by_statement


@pytest.mark.parametrize(("make", "key"), KEYS)
def test_no_row_points_to_nothing(make, key, member):
    case = CaseFactory(member=member)
    there = {"case": case.pk, "person": member.pk}
    good, bad = make(**there), make(**there | {key: NOBODY})
    bad.ref = bad.release_number = 2
    with pytest.raises(IntegrityError, match="is not there"), transaction.atomic():
        type(bad).objects.bulk_create([good, bad])
    assert not type(bad).objects.exists()
    type(good).objects.bulk_create([make(**there)])


@pytest.mark.parametrize("make", ROWS)
def test_what_a_row_points_to_stays(make, member):
    case = CaseFactory(member=member)
    row = make(case.pk, member.pk)
    row.save()
    with pytest.raises(IntegrityError, match="points to"), transaction.atomic():
        Case.objects.filter(pk=case.pk)._raw_delete("default")
    assert Case.objects.filter(pk=case.pk).exists()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # pending checks prevent a TRUNCATE
        with pytest.raises(IntegrityError, match="truncate both"), transaction.atomic():
            cursor.execute("TRUNCATE cases_case CASCADE")
    with pytest.raises(DatabaseError), transaction.atomic():
        type(row).objects.filter(pk=row.pk).update(case=NOBODY)


@pytest.mark.parametrize("make", [email, notification])
def test_a_person_to_whom_rows_point_stays(make):
    member = person_without_words()
    make(CaseFactory().pk, member.pk).save()
    with pytest.raises(IntegrityError, match="points to"), transaction.atomic():
        User.objects.filter(pk=member.pk)._raw_delete("default")
    rows = type(make(1, 1)).objects
    with pytest.raises(IntegrityError, match="is not there"), transaction.atomic():
        rows.update(recipient=NOBODY)
    assert rows.update(recipient=UserFactory()) == 1
    assert User.objects.filter(pk=member.pk)._raw_delete("default") == 1
    unknown = person_without_words()
    assert User.objects.filter(pk=unknown.pk)._raw_delete("default") == 1


@pytest.mark.django_db(transaction=True)
def test_who_deletes_a_person_waits_for_a_row_that_is_being_written():
    member, case = person_without_words(), CaseFactory()
    outcome = []

    def delete():
        try:
            User.objects.filter(pk=member.pk)._raw_delete("default")
        except IntegrityError as error:
            outcome.append(error)
        finally:
            connection.close()

    with transaction.atomic():
        notification(case.pk, member.pk).save()
        thread = threading.Thread(target=delete)
        thread.start()
        thread.join(0.5)
        assert thread.is_alive(), "it waits"
    thread.join(10)
    assert "points to" in str(outcome)
    assert User.objects.filter(pk=member.pk).exists()
