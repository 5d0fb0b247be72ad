"""The work that every peer does for a case: the release, its history row and its mail row, in one transaction."""

from django.db import transaction
from django.utils import timezone

from tiny.models import Case, HistoryEntry, OutgoingMail


def release_by_id(pk: int, source: str) -> None:
    """Load the case and release it, unless that has been done."""
    case = Case.objects.select_related("member").get(pk=pk)
    if case.actual_release_date is None:
        release(case, source)


@transaction.atomic
def release(case: Case, source: str) -> None:
    """Make the case visible."""
    case.actual_release_date = timezone.now()
    case.save(update_fields=["actual_release_date"])
    HistoryEntry.objects.create(
        case=case,
        kind="released",
        at=case.actual_release_date,
        source=source,
        from_status=case.status,
        to_status=case.status,
    )
    OutgoingMail.objects.create(
        case=case,
        recipient=case.member,
        address=case.member.email,
        kind="released",
        state="waiting",
        created=case.actual_release_date,
    )
