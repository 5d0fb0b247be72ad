"""History is append-only and never anonymous (docs/rules.md, 10)."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from cases.models import CaseEvent, User
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db


def event(**columns) -> CaseEvent:
    case = columns.pop("case", None) or CaseFactory()
    values = {
        "kind": "accepted", "at": timezone.now(), "source": "web", "schedule_revision": 0, "system_actor": "a test",
    }  # fmt: skip
    return CaseEvent(case=case, **(values | columns))


@pytest.fixture
def stored() -> CaseEvent:
    row = event()
    row.save()
    return row


def test_a_stored_row_cannot_be_saved_again_or_deleted(stored):
    stored.reason = "I never said that"
    with pytest.raises(TypeError):
        stored.save()
    with pytest.raises(TypeError):
        stored.delete()
    assert CaseEvent.objects.get().reason == ""


@pytest.mark.postgresql
@pytest.mark.parametrize(
    "sql",
    ["UPDATE cases_caseevent SET reason = 'forged'", "DELETE FROM cases_caseevent"],
    ids=["update", "delete"],
)
def test_postgresql_refuses_sql_as_well(stored, sql):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert CaseEvent.objects.get().reason == ""


@pytest.mark.postgresql
def test_postgresql_refuses_bulk_changes_of_the_orm(stored):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        CaseEvent.objects.update(reason="forged")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        CaseEvent.objects.all()._raw_delete("default")


ACTORS = {
    "nobody": ({"system_actor": ""}, False),
    "a program": ({"system_actor": "sweep"}, True),
    "a person": ({"system_actor": "", "actor": "ada"}, True),
    "a person and a program": ({"system_actor": "sweep", "actor": "ada"}, False),
}


@pytest.mark.parametrize(("columns", "allowed"), ACTORS.values(), ids=ACTORS.keys())
def test_each_row_names_one_actor(administrator, columns, allowed):
    row = event(**(columns | ({"actor": administrator} if "actor" in columns else {})))
    if allowed:
        row.save()
        return
    with pytest.raises(IntegrityError, match="event_names_an_actor"), transaction.atomic():
        row.save()


@pytest.mark.parametrize("columns", [{"kind": "forgotten"}, {"source": "telepathy"}], ids=["kind", "source"])
def test_unknown_words_are_refused(columns):
    with pytest.raises(IntegrityError), transaction.atomic():
        event(**columns).save()


def test_one_release_of_a_case_is_told_once():
    case = CaseFactory(released=True)
    event(case=case, kind="released", release_number=1).save()
    event(case=case, kind="released", release_number=2).save()
    event(case=case, kind="rescheduled", release_number=1).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        event(case=case, kind="released", release_number=1).save()


def test_users_are_never_deleted(technician):
    with pytest.raises(TypeError):
        technician.delete()
    assert User.objects.filter(pk=technician.pk).exists()


def test_users_of_the_history_survive_a_bulk_delete(member):
    CaseFactory(member=member)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=member.pk).delete()


def test_cases_with_a_history_survive_a_delete(stored):
    with pytest.raises(IntegrityError), transaction.atomic():
        stored.case.delete()
