"""What holds back the release of a case: its open conditions.

Call these with the case locked, before it is saved: they set `open_conditions` and do not store it. The verbs on
conditions are in cases.releases.conditions.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from cases.core.errors import WrongState
from cases.core.text import isolated
from cases.lifecycle import condition_sets
from cases.lifecycle.condition_sets import facts_of
from cases.lifecycle.history import EventRecorder
from cases.models import Case, CaseAnswer, CaseDocument, CaseEvent, Condition
from cases.models.condition import UNMET


def recount(case: Case) -> None:
    """Recount the open conditions of the locked `case` without saving it (docs/rules.md, 13).

    The function for many cases also stores the count, with one more statement. Here it is saved with the case.
    """
    case.open_conditions = case.conditions.filter(UNMET).count()


def has_open_row() -> Exists:
    """Match the cases of a queryset that have an open condition, whatever they count."""
    return Exists(Condition.objects.filter(UNMET, case=OuterRef("pk")))


def check_none_open(case: Case) -> None:
    """Raise WrongState, with the names of the open conditions, if there are any."""
    if unmet := list(case.conditions.filter(UNMET)):
        raise WrongState(open_conditions_text(unmet))


def open_conditions_text(conditions: Iterable[Condition]) -> str:
    """Return the sentence that these open conditions hold back their case."""
    names = ", ".join(isolated(str(condition)) for condition in conditions)
    return _("This case can't be released yet. These conditions are open: %(names)s.") % {"names": names}


def settle_by_work(case: Case, recorder: EventRecorder) -> list[Condition]:
    """Meet the conditions that the report and the answer of a case meet, when it is completed. Return them."""
    if not case.open_conditions:
        return []
    met, events = condition_sets.settle_by_work({case.pk: recorder})
    record_all(events, recorder)
    return met


def reopen_on_return(case: Case, recorder: EventRecorder) -> list[CaseEvent]:
    """Reopen the conditions that work on the case meets, and let approvals lapse, because work on the case resumes.

    Return the events.
    """
    events = condition_sets.reopen_on_return({case.pk: recorder})
    record_all(events, recorder)
    return events


def lapse_approvals(case: Case, recorder: EventRecorder) -> None:
    """Reopen the approvals, because what would be released is no longer what was approved."""
    record_all(condition_sets.lapse_approvals({case.pk: recorder}), recorder)


def record_all(events: Sequence[CaseEvent], recorder: EventRecorder) -> None:
    """Record what became of the conditions of one case, and recount them. Do nothing if nothing changed."""
    if not events:
        return
    CaseEvent.objects.bulk_create(events)
    for kind in dict.fromkeys(event.kind for event in events):
        recorder.log(CaseEvent.Kind(kind))
    recount(recorder.case)


# These two set the columns of the condition that a verb returns, and store them with one statement, as those of many
# cases do without it.


def settle(condition: Condition, state: str, recorder: EventRecorder, **columns: str) -> None:
    """Store the condition as met or waived by the person of `recorder`, with a `reason` or an `approved_digest`."""
    _store(condition, condition_sets.settled(recorder, state) | columns)


def reopen(condition: Condition, recorder: EventRecorder) -> None:
    """Store the condition as open from now on."""
    _store(condition, condition_sets.opened(recorder))


def _store(condition: Condition, columns: dict[str, Any]) -> None:
    for name, value in columns.items():
        setattr(condition, name, value)
    condition.save()


def record(
    kind: CaseEvent.Kind, condition: Condition, recorder: EventRecorder, *, reason: str = "", **facts: object
) -> None:
    """Add what became of `condition` to the history of the case, with more `facts`."""
    recorder.record(kind, reason=reason, details=facts_of(condition) | facts)


def digest(case: Case) -> str:
    """Return a digest of what a release would show: schedule, answer and reports."""
    return digests([case])[case.pk]


def digests(cases: Collection[Case]) -> dict[int, str]:
    """Return the `digest` of each of `cases`, by key. Two statements."""
    keys = [case.pk for case in cases]
    answers = {
        pk: (text, version)
        for pk, text, version in CaseAnswer.objects.filter(case__in=keys).values_list("case_id", "text", "version")
    }
    reports: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    attached = CaseDocument.objects.filter(case__in=keys, kind=CaseDocument.Kind.REPORT).order_by("pk")
    for pk, *report in attached.values_list("case_id", "pk", "file", "name"):
        reports[pk].append(tuple(report))
    return {case.pk: _digest(case, answers.get(case.pk), reports[case.pk]) for case in cases}


def _digest(case: Case, answer: tuple[str, int] | None, reports: list[tuple[int, str, str]]) -> str:
    facts = [str(case.scheduled_release_date), str(case.scheduled_release_time), answer, reports]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
