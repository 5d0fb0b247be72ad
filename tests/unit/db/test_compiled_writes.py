"""Statements that write, compiled once."""

import pytest
from django.db.models import BigIntegerField, CharField, F

from cases.db.bulk import id_list, listed_rows
from cases.db.compiled_queries import DAY, MOMENT, CompiledQuery, Parameter
from cases.db.compiled_writes import CompiledWrite
from cases.models import Case, FirstView
from tests.conftest import FROZEN
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db

IDS = Parameter("ids", CharField())
NUMBER = Parameter("number", BigIntegerField())
KIND = Parameter("kind", CharField())
COLUMNS = {"case_id": F("pk"), "release_number": F("version") + NUMBER, "kind": KIND, "at": MOMENT}


def test_update_writes_the_rows_of_its_condition_and_counts_them():
    cases = CaseFactory.create_batch(3)
    statement = CompiledWrite.update(
        Case.objects.filter(pk__in=listed_rows(IDS)).order_by("pk"), version=F("version") + NUMBER, title="new"
    )
    assert statement.run(ids=id_list([case.pk for case in cases[:2]]), number=5) == 2
    assert statement.run(ids=id_list([cases[0].pk]), number=-2) == 1
    assert statement.run(ids=id_list([]), number=1) == 0
    found = list(Case.objects.order_by("pk").values_list("version", "title"))
    versions = [case.version for case in cases]
    assert found == [(versions[0] + 3, "new"), (versions[1] + 5, "new"), (versions[2], cases[2].title)]


def test_insert_select_derives_a_row_of_each():
    cases = CaseFactory.create_batch(2)
    statement = CompiledWrite.insert_select(FirstView, Case.objects.filter(pk__in=listed_rows(IDS)), COLUMNS)
    given = {"number": 1, "kind": FirstView.Kind.PAGE, "moment": FROZEN}
    assert statement.run(ids=id_list([case.pk for case in cases]), **given) == 2
    assert statement.run(ids=id_list([]), **given) == 0
    rows = FirstView.objects.order_by("case_id").values_list("case_id", "release_number", "kind", "at")
    assert list(rows) == [(case.pk, case.version + 1, "page", FROZEN) for case in cases]


@pytest.mark.parametrize("columns", [COLUMNS | {"other": 1}, {key: COLUMNS[key] for key in ("case_id", "at")}])
def test_insert_select_names_every_column_and_no_other(columns):
    with pytest.raises(TypeError, match="missing or unknown"):
        CompiledWrite.insert_select(FirstView, Case.objects.all(), columns)


def test_a_parameter_that_is_not_given_is_an_error():
    statement = CompiledWrite.update(Case.objects.filter(scheduled_release_date=DAY), title="new")
    with pytest.raises(KeyError):
        statement.run(number=1)


@pytest.mark.parametrize("limit", [0, 1, 3, 10])
def test_a_statement_with_a_limit_returns_no_more_rows(limit):
    keys = sorted(case.pk for case in CaseFactory.create_batch(4))
    statement = CompiledQuery.limited(Case.objects.order_by("pk").values_list("pk", flat=True))
    assert [pk for (pk,) in statement.fetch(limit=limit)] == keys[:limit]
