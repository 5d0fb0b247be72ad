"""Bulk operations in the demo data: one that is done, and a preview that waits for a decision."""

from cases.models import Case, User
from cases.models.case_states import SCHEDULED
from cases.releases import bulk
from cases.releases.bulk import Parameters

SHIFTED, HELD = 8, 5


def add(*, technician: User, administrator: User) -> None:
    """Shift the last releases of the technician by two working days, and preview a hold of the others."""
    latest = Case.objects.filter(SCHEDULED, assigned_to=technician).order_by("-scheduled_release_date", "pk")
    keys = list(latest.values_list("pk", flat=True)[: SHIFTED + HELD])
    days = Parameters(days=2, working_days=True)
    run = bulk.preview(by=technician, action="shift", keys=keys[:SHIFTED], parameters=days)
    bulk.start(by=technician, run=run)
    bulk.work_off()
    why = "The new tables come on Monday."
    bulk.preview(by=administrator, action="hold", keys=keys[-HELD:], parameters=Parameters(), reason=why)
