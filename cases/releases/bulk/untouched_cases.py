"""Which cases staff have left alone since a run changed them. Work on a case does not change its version."""

import datetime as dt
from collections.abc import Iterator, Sequence

from django.db.models import Max, Q, QuerySet

from cases.db.bulk import ids_as_rows
from cases.models import BulkRun, CaseAnswer, CaseEvent, CaseMessage, CaseNote

Kind = CaseEvent.Kind
OF_DOCUMENTS = Q(kind__in=[Kind.DOCUMENT_ATTACHED, Kind.DOCUMENT_REMOVED])


def untouched_since(run: BulkRun | None, kind: CaseEvent.Kind, cases: Sequence[int]) -> set[int]:
    """Return those of `cases` that have an event of `kind` by that run, and that no one has worked on since.

    A changed answer, changed documents, a note and a message from staff count as work. Five statements.
    """
    events = CaseEvent.objects.filter(bulk_run=run, kind=kind, case__in=ids_as_rows(cases))
    moments = dict(events.order_by().values_list("case_id", "at"))
    return set(moments) - {case for case, at in _last_work(list(moments)) if at > moments[case]}


def _last_work(cases: Sequence[int]) -> Iterator[tuple[int, dt.datetime]]:
    """Yield for each kind of work the case and when that was last done."""
    keys = ids_as_rows(cases)
    yield from CaseAnswer.objects.filter(case__in=keys).values_list("case_id", "updated_at")
    work: list[QuerySet[CaseEvent] | QuerySet[CaseNote] | QuerySet[CaseMessage]] = [
        CaseEvent.objects.filter(OF_DOCUMENTS, case__in=keys),
        CaseNote.objects.filter(case__in=keys),
        CaseMessage.objects.filter(case__in=keys, is_from_member=False),
    ]
    for rows in work:
        yield from rows.order_by().values_list("case_id").annotate(Max("at"))
