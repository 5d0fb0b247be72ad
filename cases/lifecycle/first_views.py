"""First views: when the member first saw a release, on the page, by download and through the API.

A view is recorded after the response is built, and a failure changes nothing for the reader (docs/rules.md, 11).
Previews and staff never get here with a member's case, and pages that a browser prefetches don't count.
"""

from typing import TypeVar

import structlog
from django.db import Error
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import HttpRequest

from cases.core.clock import portal_now
from cases.db.time_budget import transaction_within
from cases.models import Case, CaseDocument, FirstView, User
from cases.models.case_states import UNOPENED

logger = structlog.get_logger(__name__)
Rows = TypeVar("Rows", bound=QuerySet[Model])

# A reader waits no longer than this for a lock on the case.
WAIT = 1.0
RECORDED = "is_view_recorded"


def with_recorded(rows: Rows, *, kind: FirstView.Kind, by: User, case: str = "") -> Rows:
    """Annotate `rows` with whether the view of their case's release is recorded, so that later views need no more
    queries.

    `case` is the lookup from a row to its case, such as "case__". For staff the rows are returned unchanged.
    """
    if not by.is_member:
        return rows
    views = FirstView.objects.filter(
        case_id=OuterRef(f"{case}pk"), release_number=OuterRef(f"{case}release_number"), kind=kind
    )
    return rows.annotate(**{RECORDED: Exists(views)})


def record(fetched: Case | CaseDocument, *, kind: FirstView.Kind, by: User, request: HttpRequest) -> None:
    """Record that `by` saw the release of the case in this way, unless it is recorded. Log a failure.

    `fetched` is the row that `with_recorded` returned, with the release number that was shown.
    """
    case = fetched if isinstance(fetched, Case) else fetched.case
    if not _is_in_person(case, by) or not _is_looked_at(request):
        return
    if case.first_viewed_at and getattr(fetched, RECORDED, False):
        return
    try:
        mark_seen(case, kind)
    except Error:
        logger.exception("first view not recorded", case_id=case.pk, release_number=case.release_number, kind=str(kind))


def mark_seen(case: Case, kind: FirstView.Kind) -> None:
    """Add the row if it is the first of its `kind`, and mark the case if that release has not been opened yet.

    `case` is as it was shown. Even if it has been taken back since, it was seen, and the row says so.
    """
    with transaction_within(WAIT):
        at = portal_now()
        view = FirstView(case_id=case.pk, release_number=case.release_number, kind=kind, at=at)
        FirstView.objects.bulk_create([view], ignore_conflicts=True)
        shown = Case.objects.filter(UNOPENED, pk=case.pk, release_number=case.release_number)
        shown.update(first_viewed_at=at)


def _is_in_person(case: Case, by: User) -> bool:
    return by.is_member and case.member_id == by.pk and case.is_released


def _is_looked_at(request: HttpRequest) -> bool:
    purposes = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose"))
    return request.method == "GET" and not any("prefetch" in purpose.lower() for purpose in purposes)
