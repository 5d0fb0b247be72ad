"""A bulk operation survives when its worker is killed in the middle of it."""

from collections import Counter

import pytest

from cases.models import BulkRow, BulkRun, CaseEvent, User
from cases.releases import bulk
from tests.factories import CaseFactory
from tests.integration.conftest import StartWorker
from tests.integration.steps import until

pytestmark = [pytest.mark.integration, pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

CASES = 3000


def test_a_run_goes_on_when_its_worker_is_killed(start_worker: StartWorker, member: User, technician: User) -> None:
    """The worker dies, parent and children, between two batches. Another one continues when the lease has ended.

    No row is done twice, and none is left out."""
    victim = start_worker("victim", queue="mail", concurrency=1)
    victim.ready()
    cases = CaseFactory.build_batch(CASES, scheduled=True, member=member, assigned_to=technician)
    keys = [case.pk for case in type(cases[0]).objects.bulk_create(cases)]
    run = bulk.preview(by=technician, action="shift", keys=keys, parameters=bulk.Parameters(days=3))
    bulk.start(by=technician, run=run)
    until("some rows are done", lambda: worked(run) > 0)
    victim.kill()
    assert worked(run) < CASES, "the kill came too late"

    BulkRun.objects.filter(pk=run.pk).update(lease_until=run.created)  # as if the lease had ended
    # The database may need a moment to notice that the worker is gone.
    until("the run is done", lambda: bulk.work_off() + worked(run) >= CASES)

    assert set(BulkRow.objects.filter(run=run).values_list("result", flat=True)) == {"done"}
    events = Counter(CaseEvent.objects.filter(bulk_run=run).values_list("case_id", flat=True))
    assert events == Counter(keys)
    assert worked(run) == CASES


def worked(run: BulkRun) -> int:
    run.refresh_from_db()
    return run.worked
