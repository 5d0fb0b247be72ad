"""The notes of one case are read along their index, however many there are of others."""

import pytest
from django.db import connection

from cases.models import Case, CaseNote, User
from cases.views.note_panel import note_panel
from tests.factories import CaseFactory, CaseNoteFactory
from tests.plans import Plans

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


@pytest.fixture
def noted_case(technician):
    cases = Case.objects.bulk_create(CaseFactory.build_batch(2000, member=technician, assigned_to=technician))
    CaseNote.objects.bulk_create(
        CaseNoteFactory.build(case=case, author=technician) for case in cases for _ in range(2)
    )
    busy = cases[1000]
    CaseNote.objects.bulk_create(CaseNoteFactory.build(case=busy, author=technician) for _ in range(400))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE cases_case, cases_casenote, cases_user")
    return busy


@pytest.mark.parametrize("person", ["technician", "administrator"])
@pytest.mark.parametrize("page", ["the latest", "older"])
def test_a_page_of_notes_is_one_range_of_the_index(page, person, noted_case, request):
    user: User = request.getfixturevalue(person)
    before = "" if page == "the latest" else str(noted_case.notes.order_by("-pk")[50].pk)
    plans = Plans(lambda: note_panel(noted_case, user, before=before))
    assert "note_of_case" in plans.indexes
    assert plans.whole_table == []
    # The notes of the page and one more, each with its author and, for technicians, the case that must be no draft.
    assert plans.rows_touched <= 51 * 3
