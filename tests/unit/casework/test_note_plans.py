"""The notes of a case are read along their index, however many other notes there are."""

from itertools import product

import pytest
from django.db import connection
from django.utils import timezone

from cases.models import Case, CaseNote
from cases.views.case_page.note_panel import note_panel
from tests.factories import CaseFactory
from tests.plans import Plans

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


@pytest.fixture
def noted_case(technician):
    cases = Case.objects.bulk_create(CaseFactory.build_batch(2000, member=technician, assigned_to=technician))
    busy = cases[1000]
    of = [case for case in cases for _ in range(2)] + [busy] * 400
    CaseNote.objects.bulk_create(
        CaseNote(case=case, author=technician, text="Mia called.", at=timezone.now()) for case in of
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE cases_case, cases_casenote, cases_user")
    return busy


def test_a_page_of_notes_is_one_range_of_the_index(noted_case, technician, administrator):
    older = str(noted_case.notes.order_by("-pk")[50].pk)
    for person, before in product([technician, administrator], ["", older]):
        plans = Plans(lambda person=person, before=before: note_panel(noted_case, person, before=before))
        assert "note_of_case" in plans.indexes, (person, before)
        assert plans.whole_table == [], (person, before)
        # The notes of the page and one more, each with its author and, for technicians, the case, which must not be a
        # draft.
        assert plans.rows_touched <= 51 * 3, (person, before)
