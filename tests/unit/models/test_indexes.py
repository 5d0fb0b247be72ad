"""A wave writes to every index of three tables, so none may be there by accident."""

import pytest
from django.db import connection

from cases.models import Case, CaseEvent, OutgoingEmail

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

# Created by Django from a field, and wanted: unique case numbers, and the history of a case.
OF_FIELDS = {"cases_case_external_case_id_key", "cases_caseevent_case_id_6c6031ac"}


@pytest.mark.parametrize("model", [Case, CaseEvent, OutgoingEmail])
def test_there_is_no_index_but_the_declared_ones(model):
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table)
    indexes = {name for name, about in found.items() if about["index"] or about["unique"]}
    declared = {index.name for index in model._meta.indexes} | {
        constraint.name for constraint in model._meta.constraints if hasattr(constraint, "fields")
    }
    assert indexes - OF_FIELDS == declared | {f"{model._meta.db_table}_pkey"}
