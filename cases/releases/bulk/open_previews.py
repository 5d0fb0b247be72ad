"""Previews that nobody has started: how many a person keeps, and deleting them."""

from django.db import transaction

from cases.models import BulkRun, User
from cases.models.bulk_run import BulkRunQuerySet

# The page lists fewer. A preview has up to limits.BULK_CASES rows, so a program that makes one after the other would
# fill the disk before the cleanup.
KEPT = 20


def keep_latest(by: User) -> None:
    """Delete the previews of `by` except the latest KEPT."""
    own = BulkRun.objects.filter(by=by, state=BulkRun.State.PREVIEWED).order_by("-pk")
    delete(own.filter(pk__in=list(own.values_list("pk", flat=True)[KEPT:])))


def delete(previews: BulkRunQuerySet) -> int:
    """Delete `previews`, one transaction each, and return how many rows. One that is being started stays."""
    return sum(_delete(key) for key in list(previews.values_list("pk", flat=True)))


@transaction.atomic
def _delete(key: int) -> int:
    still = BulkRun.objects.filter(pk=key, state=BulkRun.State.PREVIEWED)
    run = still.select_for_update(skip_locked=True, of=("self",)).first()
    return run.delete()[0] if run else 0
