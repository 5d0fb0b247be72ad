"""release_due: everything due, once, in batches; one bad row never stops the others."""

import pytest

from cases import releases
from cases.models import OutgoingEmail, ReleaseEvent
from tests.factories import CaseFactory


def release_all(**options):
    return releases.release_due(by="test", source="command", **options)


@pytest.mark.django_db
def test_releases_due_cases_once_with_history_and_email(mia):
    due = CaseFactory.create_batch(3, due=True, member=mia)
    waiting = CaseFactory(scheduled=True, member=mia)

    first, second = release_all(batch_size=2), release_all()

    assert sorted(first.released) == [case.pk for case in due]
    assert second.released == []
    assert ReleaseEvent.objects.filter(kind="released").count() == OutgoingEmail.objects.count() == 3
    waiting.refresh_from_db()
    assert waiting.actual_release_date is None
