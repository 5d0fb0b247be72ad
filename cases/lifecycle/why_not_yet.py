"""The verdict on a case: released, due, or what it waits for.

It is computed from the rows as they are now and never stored (docs/rules.md, 13). `Case.objects.due` is the same rule
for many rows at once, without the stop. A property test compares the two.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.core import schedule
from cases.core.text import isolated
from cases.lifecycle import release_stop, stored_clock
from cases.lifecycle.condition_owners import owner_can_act, read_completed_by
from cases.lifecycle.deputies import named_deputies
from cases.lifecycle.former_technicians import has_left
from cases.models import Case, CaseEvent, Condition, ReleaseStop, User

# The events after which a completed case has its present date, or none.
SETS_THE_DATE = [
    CaseEvent.Kind.COMPLETED,
    CaseEvent.Kind.SCHEDULED,
    CaseEvent.Kind.RESCHEDULED,
    CaseEvent.Kind.HELD,
    CaseEvent.Kind.UNDONE,
    CaseEvent.Kind.RECALLED,
]


class ReasonKind(StrEnum):
    STOP = "stop"
    CLOCK = "clock"
    DRAFT = "draft"
    WORK = "work"
    HOLD = "hold"
    DATE = "date"
    FAILURE = "failure"
    CONDITION = "condition"


@dataclass(frozen=True)
class Reason:
    """One thing that a release waits for.

    `text` is a sentence without its period, and `who` can change it. `since` is when it began, and `by` is the person
    who caused it. `until` is when it ends automatically: the release instant, or the next attempt after a failure.
    """

    kind: ReasonKind
    text: str
    who: str
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    by: User | None = None
    condition: Condition | None = None
    # The reason, in the words of the person who put the case on hold.
    why: str = ""

    @property
    def without_peoples_words(self) -> str:
        """The sentence for output that people other than staff may read, such as the mail of a cron job."""
        if self.condition is None:
            return self.text
        return _is_open(str(Condition.Kind(self.condition.kind).label))


@dataclass(frozen=True)
class Verdict:
    """Whether a case is released or due, or else why not."""

    is_released: bool
    reasons: tuple[Reason, ...] = ()

    @property
    def is_due(self) -> bool:
        """Whether the next batch releases it."""
        return not self.is_released and not self.reasons

    @property
    def sentences(self) -> str:
        """All reasons, as sentences. Empty if it is released or due."""
        return " ".join(f"{reason.text}." for reason in self.reasons)


@dataclass(frozen=True)
class Facts:
    """The rows that verdicts on some cases depend on, read once for all of them."""

    stop: ReleaseStop | None = None
    conditions: Mapping[int, Collection[Condition]] = field(default_factory=dict)
    changes: Mapping[int, CaseEvent] = field(default_factory=dict)
    completed_by: Mapping[int, int] = field(default_factory=dict)
    # By technician.
    deputies: Mapping[int, Collection[User]] = field(default_factory=dict)


def verdict(
    case: Case,
    *,
    now: dt.datetime,
    conditions: Iterable[Condition] = (),
    stop: ReleaseStop | None = None,
    changed: CaseEvent | None = None,
    completed_by: int | None = None,
    deputies: Collection[User] = (),
) -> Verdict:
    """Return the verdict on `case` at the aware datetime `now`.

    Reads only its technician and member. `conditions` are those of the case, and `stop` is the present one. `changed`
    is the event that set the present date (one of SETS_THE_DATE). Without it no one is named, and the date is as old as
    the completion. `completed_by` is the person who completed the case last, which matters for the owner of an approval
    (cases.lifecycle.condition_owners). `deputies` stand in for its technician today.
    """
    if case.is_released:
        return Verdict(is_released=True)
    unmet = [(each, owner_can_act(each, case, completed_by=completed_by)) for each in conditions if each.is_open]
    whose = _technician_or_administrator(case, deputies)
    return Verdict(is_released=False, reasons=tuple(_reasons(case, now, unmet, stop, changed, whose)))


def verdicts(cases: Collection[Case], *, now: dt.datetime) -> dict[int, Verdict]:
    """Return the verdicts on `cases` by key, in the statements of `read_facts` and `unless_paused`.

    The cases come with `assigned_to` and `member`.
    """
    facts = read_facts(cases)
    found = {
        case.pk: verdict(
            case,
            now=now,
            conditions=facts.conditions.get(case.pk, ()),
            stop=facts.stop,
            changed=facts.changes.get(case.pk),
            completed_by=facts.completed_by.get(case.pk),
            deputies=facts.deputies.get(case.assigned_to_id or 0, ()),
        )
        for case in cases
    }
    return unless_paused(found)


def unless_paused(found: dict[int, Verdict]) -> dict[int, Verdict]:
    """Return the verdicts `found`, without calling a case due by a clock that is not the portal's.

    One statement if one of them is due.
    """
    if not any(each.is_due for each in found.values()) or not stored_clock.mismatch():
        return found
    words = _("Releases and scheduling are paused until the settings are corrected")
    paused = Verdict(is_released=False, reasons=(Reason(ReasonKind.CLOCK, words, _("Administrators")),))
    return {pk: paused if each.is_due else each for pk, each in found.items()}


def verdict_now(case: Case, *, now: dt.datetime) -> Verdict:
    """Return the verdict on one case, after reading what it depends on."""
    return verdicts([case], now=now)[case.pk]


def read_facts(cases: Collection[Case]) -> Facts:
    """Read what the verdicts on `cases` depend on, in four statements. Open approvals with owners take two more, and
    absences a few."""
    keys = [case.pk for case in cases]
    conditions: dict[int, list[Condition]] = defaultdict(list)
    for condition in Condition.objects.filter(case__in=keys).select_related("owner"):
        conditions[condition.case_id].append(condition)
    latest = (
        CaseEvent.objects.filter(case__in=keys, kind__in=SETS_THE_DATE)
        .order_by()
        .values("case")
        .annotate(latest=Max("pk"))
        .values("latest")
    )
    events = CaseEvent.objects.filter(pk__in=latest).select_related("actor").order_by()
    changes = {event.case_id: event for event in events}
    completed_by = read_completed_by(each for some in conditions.values() for each in some)
    deputies = named_deputies(case.assigned_to_id for case in cases if case.assigned_to_id)
    return Facts(release_stop.current(), conditions, changes, completed_by, deputies)


def last_change(events: Iterable[CaseEvent]) -> CaseEvent | None:
    """Return the event that set the present date, of the `events` of a case, latest first."""
    return next((event for event in events if event.kind in SETS_THE_DATE), None)


def _reasons(
    case: Case,
    now: dt.datetime,
    unmet: Iterable[tuple[Condition, bool]],
    stop: ReleaseStop | None,
    changed: CaseEvent | None,
    whose: str,
) -> Iterator[Reason]:
    """`whose`: who can do what the technician of the case can."""
    if stop:
        yield Reason(ReasonKind.STOP, _("All releases are stopped"), _("Administrators"), stop.at, by=stop.actor)
    if not case.is_pending:
        yield _unfinished(case, whose)
    elif case.release_instant is None:
        yield _on_hold(case, changed, whose)
    elif case.release_instant > now:
        yield _ahead(case, case.release_instant, now, changed, whose)
    if case.release_next_try and case.release_next_try > now:
        yield _failed(case)
    for condition, is_owners in unmet:
        yield _unmet(condition, is_owners, whose)


def _unfinished(case: Case, whose: str) -> Reason:
    if case.status == Case.Status.DRAFT:
        text, member = _("The member hasn't submitted it"), isolated(case.member.display_name)
        return Reason(ReasonKind.DRAFT, text, member, case.date_created)
    if case.status == Case.Status.SUBMITTED:
        return Reason(ReasonKind.WORK, _("No technician has accepted it"), _("Technicians"), case.date_submitted)
    return Reason(ReasonKind.WORK, _("The work isn't completed"), whose, case.date_accepted)


def _on_hold(case: Case, changed: CaseEvent | None, whose: str) -> Reason:
    return Reason(
        ReasonKind.HOLD,
        _("No release date is set"),
        whose,
        changed.at if changed else case.date_completed,
        by=changed.actor if changed else None,
        why=changed.reason if changed else "",
    )


def _ahead(case: Case, instant: dt.datetime, now: dt.datetime, changed: CaseEvent | None, whose: str) -> Reason:
    return Reason(
        ReasonKind.DATE,
        _days_ahead((schedule.date_of(instant) - schedule.date_of(now)).days),
        whose,
        changed.at if changed else case.date_completed,
        until=instant,
        by=changed.actor if changed else None,
    )


def _days_ahead(days: int) -> str:
    if days < 1:
        return _("The release time is later today")
    # Late in the evening, a date that is one day away is near.
    if days == 1:
        return _("The date is tomorrow")
    return ngettext("The date is %(days)s day away", "The date is %(days)s days away", days) % {"days": days}


def _failed(case: Case) -> Reason:
    times = case.release_attempts
    words = ngettext("The release failed %(times)s time", "The release failed %(times)s times", times)
    return Reason(
        ReasonKind.FAILURE,
        words % {"times": times},
        _("Retried automatically"),
        case.release_instant,
        until=case.release_next_try,
    )


def _unmet(condition: Condition, is_owners: bool, whose: str) -> Reason:
    return Reason(
        ReasonKind.CONDITION,
        _is_open(f"“{isolated(condition.name)}”" if condition.name else str(condition)),
        isolated(condition.owner.display_name) if is_owners and condition.owner else _who_settles(condition, whose),
        condition.since,
        by=condition.owner,
        condition=condition,
    )


def _is_open(name: str) -> str:
    return _("Condition still open: %(name)s") % {"name": name}


def _who_settles(condition: Condition, whose: str) -> str:
    """Say who settles a condition without an owner who can."""
    kind = Condition.Kind
    if condition.kind == kind.APPROVAL:
        return _("A colleague who didn't work on it")
    if condition.kind == kind.EXTERNAL:
        return _("Anyone with the link")
    return whose


def _technician_or_administrator(case: Case, deputies: Collection[User]) -> str:
    technician = case.assigned_to
    names = [isolated(technician.display_name)] if technician and not has_left(technician) else []
    names += [_("%(name)s (deputy)") % {"name": isolated(each.display_name)} for each in deputies]
    return _("%(name)s or an administrator") % {"name": ", ".join(names)} if names else _("Administrators")
