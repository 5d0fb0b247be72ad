"""Verdict on a fault: turn observations into counts and compare them with the requirements."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.bench.figures import percentile
from tests.chaos.observations import KnownCase, Observations, StoredEvent
from tests.chaos.watchers import Look

EXAMPLES = 5
# Allows for two programs on one machine, and for rounded timestamps.
ROUNDING = 0.002


@dataclass(frozen=True)
class Rule:
    """The rule for a fault: its begin and end in seconds since the epoch, the allowance in seconds."""

    begin: float
    end: float
    allowance: float
    doubles_at_most: int | None = 0
    works_meanwhile: bool = False
    excuses_looks: bool = False
    excused_members: frozenset[int] = frozenset()
    refused: frozenset[str] = frozenset()  # addresses that the mail server refuses with 550

    def deadline(self, case: KnownCase) -> float:
        """Return until when the case must be seen: the allowance after its instant or after the fault."""
        due = due_of(case)
        if self.works_meanwhile or due + self.allowance < self.begin:
            return due + self.allowance
        return max(due, self.end) + self.allowance

    def excuses(self, look: Look) -> bool:
        """Return whether the fault was active during the look and excuses what was missing on the page."""
        excused = self.excuses_looks or look.member in self.excused_members
        return excused and look.end >= self.begin and look.start <= self.end


@dataclass(frozen=True)
class Requirement:
    """A count and its maximum. Without a maximum it is only reported."""

    name: str
    count: int
    at_most: int | None = 0

    @property
    def met(self) -> bool:
        return self.at_most is None or self.count <= self.at_most


@dataclass
class Verdict:
    """The requirements, with some examples of what breaks them."""

    requirements: list[Requirement] = field(default_factory=list)
    examples: dict[str, list[str]] = field(default_factory=dict)

    @property
    def broken(self) -> list[Requirement]:
        """The requirements that are not met."""
        return [requirement for requirement in self.requirements if not requirement.met]

    def count(self, name: str, found: Iterable[object], *, at_most: int | None = 0) -> None:
        """Add the count of what was found under `name`."""
        listed = [str(one) for one in found]
        self.requirements.append(Requirement(name, len(listed), at_most))
        if listed:
            self.examples[name] = listed[:EXAMPLES]


def judge(found: Observations, rule: Rule) -> Verdict:
    """Return the verdict: every count with its maximum."""
    verdict = Verdict()
    promised = [case for case in found.cases if case.instant is not None]
    verdict.count("unscheduled", (case.number for case in found.cases if case.instant is None))
    verdict.count("lost", (case.number for case in promised if case.stored.stamp is None or case.seen is None))
    verdict.count("early", _early(promised))
    verdict.count("late", _late(promised, rule))
    verdict.count("released twice", (case.number for case in promised if _is_released_twice(case)))
    verdict.count("history gaps", (gap for case in promised for gap in _history_gaps(case)))
    _judge_mails(verdict, promised, found, rule)
    _judge_looks(verdict, promised, found.looks, rule)
    return verdict


def due_of(case: KnownCase) -> float:
    """Return when the case should be visible: at its instant, or later if its request took that long."""
    assert case.instant is not None
    return max(case.instant, case.known)


def first_mails(found: Observations) -> dict[int, float]:
    """Return when the server first accepted a mail about each case, by its id."""
    first: dict[int, float] = {}
    for mail in found.mails:
        if mail.outcome == "accepted":
            first |= {pk: min(mail.time, first.get(pk, mail.time)) for pk in mail.cases}
    return first


def lateness(cases: list[KnownCase], moments: dict[int, float] | None = None) -> dict[str, float]:
    """Return the lateness from due to seen, or to `moments` by id: count, median, p95, p99 and maximum, in seconds."""
    until = {case.pk: case.seen for case in cases} if moments is None else moments
    pairs = [(until.get(case.pk), due_of(case)) for case in cases if case.instant is not None]
    late = [moment - due for moment, due in pairs if moment is not None]
    if not late:
        return {"cases": 0}
    return {
        "cases": len(late),
        "p50": round(percentile(late, 0.5), 3),
        "p95": round(percentile(late, 0.95), 3),
        "p99": round(percentile(late, 0.99), 3),
        "max": round(max(late), 3),
    }


def _early(cases: list[KnownCase]) -> list[str]:
    early = []
    for case in cases:
        moments = [moment for moment in (case.seen, case.stored.stamp) if moment is not None]
        if moments and min(moments) < case.instant - ROUNDING:  # type: ignore[operator]
            early.append(f"{case.number} by {case.instant - min(moments):.3f} s")  # type: ignore[operator]
    return early


def _late(cases: list[KnownCase], rule: Rule) -> list[str]:
    return [
        f"{case.number} due {due_of(case):.1f}, {case.seen - due_of(case):.1f} s late"
        for case in cases
        if case.seen is not None and case.seen > rule.deadline(case)
    ]


def _released_events(case: KnownCase) -> list[StoredEvent]:
    return [event for event in case.stored.events if event.kind == "released"]


def _is_released_twice(case: KnownCase) -> bool:
    return len(_released_events(case)) > 1 or case.stored.release_number > 1 or len(case.stored.email_states) > 1


def _history_gaps(case: KnownCase) -> list[str]:
    """Return what is missing: each case has one completion, and one release that agrees with its row."""
    gaps = []
    if (completed := sum(event.kind == "completed" for event in case.stored.events)) != 1:
        gaps.append(f"{case.number}: {completed} entries of its completion")
    row = case.stored
    if row.stamp is None:
        return gaps
    agreeing = [
        event
        for event in _released_events(case)
        if abs(event.at - row.stamp) < ROUNDING
        and (event.batch, event.revision, event.release_number) == (row.batch, row.revision, row.release_number)
    ]
    if not agreeing:
        gaps.append(f"{case.number}: no entry of its release that agrees with its row")
    return gaps


def _judge_mails(verdict: Verdict, cases: list[KnownCase], found: Observations, rule: Rule) -> None:
    message_ids: dict[int, set[str]] = defaultdict(set)
    recipients: dict[int, set[str]] = defaultdict(set)
    accepted = [mail for mail in found.mails if mail.outcome == "accepted"]
    for mail in accepted:
        for pk in mail.cases:
            message_ids[pk].add(mail.message_id)
            recipients[pk].add(mail.recipient)
    released = [case for case in cases if case.stored.stamp is not None]
    to_arrive = [case for case in released if case.address not in rule.refused]
    to_fail = [case for case in released if case.address in rule.refused]
    verdict.count("mails missing", (case.number for case in to_arrive if not message_ids[case.pk]))
    verdict.count("mails not recorded", (c.number for c in to_arrive if set(c.stored.email_states) != {"sent"}))
    verdict.count("refusals not recorded", (case.number for case in to_fail if not _says_refused(case)))
    verdict.count("mails refused, as expected", (case.number for case in to_fail), at_most=None)
    verdict.count("mails astray", (case.number for case in cases if recipients[case.pk] - {case.address}))
    verdict.count("cases in two mails", (case.number for case in cases if len(message_ids[case.pk]) > 1))
    first = first_mails(found)
    verdict.count("mails early", (c.number for c in cases if c.pk in first and first[c.pk] < c.instant - ROUNDING))
    acceptances = Counter(mail.message_id for mail in accepted)
    doubled = [message_id for message_id, times in acceptances.items() for _ in range(times - 1)]
    verdict.count("mails doubled", doubled, at_most=rule.doubles_at_most)


def _says_refused(case: KnownCase) -> bool:
    """Return whether the row says that the mail failed, with the server's reason."""
    return set(case.stored.email_states) == {"failed"} and all("550" in error for error in case.stored.email_errors)


def _judge_looks(verdict: Verdict, cases: list[KnownCase], looks: list[Look], rule: Rule) -> None:
    of_member: dict[int, list[KnownCase]] = defaultdict(list)
    for case in cases:
        of_member[case.member].append(case)
    answered = [look for look in looks if look.status == 200]
    late = [(look, lacking) for look in answered if (lacking := _lacking(look, of_member[look.member]))]
    verdict.count("looks late", (_told(look, lacking) for look, lacking in late if not rule.excuses(look)))
    verdict.count(
        "looks late, excused by the fault",
        (_told(look, lacking) for look, lacking in late if rule.excuses(look)),
        at_most=None,
    )
    verdict.count("looks early", (_told(look) for look in answered if _leaks(look, of_member[look.member])))
    errors = [look for look in looks if look.status not in (0, 200, 503)]
    away = [look for look in looks if look.status == 503]
    verdict.count("error pages", (f"{look.status} {_told(look)}" for look in errors))
    verdict.count("answers 503", (_told(look) for look in away if not rule.excuses(look)))
    verdict.count(
        "answers 503, excused by the fault", (_told(look) for look in away if rule.excuses(look)), at_most=None
    )
    verdict.count("looks refused or reset", (_told(look) for look in looks if look.status == 0), at_most=None)


def _lacking(look: Look, cases: list[KnownCase]) -> list[KnownCase]:
    """Return the cases that were due when the member asked but are not on the page."""
    return [case for case in cases if due_of(case) <= look.start and case.pk not in look.shown]


def _leaks(look: Look, cases: list[KnownCase]) -> bool:
    """Return whether the page shows a case whose instant had not come when the response arrived."""
    return any(case.instant is not None and case.instant > look.end and case.pk in look.shown for case in cases)


def _told(look: Look, lacking: Iterable[KnownCase] = ()) -> str:
    missed = "".join(f"; {case.number} due {due_of(case):.2f}, seen {case.seen}" for case in lacking)
    return f"member {look.member} at {look.start:.2f}, {look.end - look.start:.2f} s{missed}"
