"""Pre-flight: checks before a case is completed and while it waits for its release.

A failed check only warns. The verbs reject what is not allowed.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.core.release_days import ClosedDay
from cases.lifecycle.answers import is_required
from cases.lifecycle.closed_days import days_between
from cases.lifecycle.conversation import is_open_after_completion
from cases.models import Case, CaseAnswer, CaseDocument, CaseQuerySet, Condition


class Remedy(StrEnum):
    """What a person can do about a failed check. The pages know where to do it."""

    ANSWER = "answer"
    REPORT = "report"
    CONDITIONS = "conditions"
    CONVERSATION = "conversation"


@dataclass(frozen=True)
class Check:
    """One finding. A failed one says what follows from it and how to fix it."""

    is_ok: bool
    text: str
    consequence: str = ""
    remedies: tuple[Remedy, ...] = ()


@dataclass(frozen=True)
class Preflight:
    """The findings about one case, both passed and failed."""

    passed: list[Check]
    failed: list[Check]

    @property
    def has_unmet(self) -> bool:
        """Whether a condition is open that completing the case will not settle."""
        return any(Remedy.CONDITIONS in check.remedies for check in self.failed)


@dataclass(frozen=True)
class Subject:
    """The data for the checks. `case` comes with its member and its answer, so that the checks read nothing."""

    case: Case
    reports: int
    conditions: Collection[Condition]
    closed: ClosedDay | None

    @property
    def has_answer(self) -> bool:
        """Whether the answer has been written."""
        answer: CaseAnswer | None = getattr(self.case, "answer", None)
        return bool(answer and answer.text)

    @property
    def unmet(self) -> list[Condition]:
        """The conditions that completing the case will not settle."""
        settled: dict[str, bool] = {Condition.Kind.ANSWER: self.has_answer, Condition.Kind.REPORT: bool(self.reports)}
        is_pending = self.case.is_pending
        return [each for each in self.conditions if each.is_open and (is_pending or not settled.get(each.kind))]


def _content(subject: Subject) -> Iterator[Check]:
    if subject.has_answer:
        yield Check(True, _("Answer written"))
    elif not subject.case.is_pending and is_required(subject.case):
        yield Check(False, _("No answer"), _("You can't complete this case without one."), (Remedy.ANSWER,))
    elif not subject.reports:
        words = _("The member will see only their own question.")
        yield Check(False, _("No report and no answer"), words, (Remedy.ANSWER, Remedy.REPORT))
    if subject.reports:
        words = ngettext("%(count)s report attached", "%(count)s reports attached", subject.reports)
        yield Check(True, words % {"count": subject.reports})


def _conversation(subject: Subject) -> Iterator[Check]:
    """Warn before a completion, which ends the conversation for a while, that someone waits for a reply."""
    if subject.case.is_pending or not subject.case.waiting_for:
        return
    if subject.case.waiting_for == Case.WaitingFor.MEMBER:
        text = _("The member hasn't replied to a question")
        later = _("They can still reply after the case is completed.")
        closed = _("They can't reply between completion and release.")
    else:
        text = _("A message from the member is unanswered")
        later = _("You can still reply after the case is completed.")
        closed = _("You can't reply between completion and release.")
    yield Check(False, text, later if is_open_after_completion() else closed, (Remedy.CONVERSATION,))


def _conditions(subject: Subject) -> Iterator[Check]:
    count = len(subject.unmet)
    if count:
        yield Check(
            False,
            ngettext("%(count)s condition is open", "%(count)s conditions are open", count) % {"count": count},
            _("The case won't be released until every condition is met or waived."),
            (Remedy.CONDITIONS,),
        )
    elif subject.conditions:
        yield Check(True, _("All conditions are met"))


def _member(subject: Subject) -> Iterator[Check]:
    if subject.case.member.is_active:
        yield Check(True, _("The member's account is active"))
    else:
        words = _("They can't sign in and won't get an email.")
        yield Check(False, _("The member's account is deactivated"), words)


def _address(subject: Subject) -> Iterator[Check]:
    if not subject.case.member.is_active:
        return
    if not subject.case.member.email:
        words = _("They will see the case but won't get an email about it.")
        yield Check(False, _("The member has no email address"), words)
    elif subject.case.member.email_bounced:
        words = _("They will see the case but won't get the email. An administrator can correct the address.")
        yield Check(False, _("Email to the member is bouncing"), words)
    else:
        yield Check(True, _("The member has an email address"))


def _day(subject: Subject) -> Iterator[Check]:
    if subject.closed:
        words = _("%(why)s This case keeps its date unless you change it.") % {"why": subject.closed.sentence}
        yield Check(False, _("The release day is closed"), words)


# Each entry is one check, which may find nothing, one thing or several.
CHECKS: tuple[Callable[[Subject], Iterator[Check]], ...] = (
    _content,
    _conversation,
    _conditions,
    _member,
    _address,
    _day,
)


def preflight(
    case: Case, *, reports: int, conditions: Collection[Condition], closed: ClosedDay | None = None
) -> Preflight:
    """Check `case`, which comes with its member and its answer.

    `reports` counts its reports. Reads nothing else. `closed` says why its present date could not be chosen now.
    """
    subject = Subject(case, reports, conditions, closed)
    found = [check for checked in CHECKS for check in checked(subject)]
    return Preflight([check for check in found if check.is_ok], [check for check in found if not check.is_ok])


def with_facts(cases: CaseQuerySet) -> CaseQuerySet:
    """Return `cases`, which are scheduled, with what `preflights` looks at."""
    reports = Count("documents", filter=Q(documents__kind=CaseDocument.Kind.REPORT), distinct=True)
    found = cases.select_related("member", "assigned_to", "answer", "case_type").prefetch_related("conditions")
    return found.annotate(report_count=reports)


def preflights(cases: Sequence[Case]) -> dict[int, Preflight]:
    """Return by key what is found about each of `cases`, which come from `with_facts`. Takes one statement."""
    if not cases:
        return {}
    dates = [cast(dt.date, case.scheduled_release_date) for case in cases]
    days = days_between(min(dates), max(dates))
    return {
        case.pk: preflight(
            case,
            reports=case.report_count,  # type: ignore[attr-defined]  # annotated
            conditions=list(case.conditions.all()),
            closed=days.closed(date),
        )
        for case, date in zip(cases, dates, strict=True)
    }
