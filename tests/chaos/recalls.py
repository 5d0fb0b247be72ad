"""Verdict on cases that were recalled during a fault: they stay hidden, and members who were told about them are told
about the recall."""

from tests.chaos.observations import KnownCase, Observations
from tests.chaos.verdict import Rule, Verdict

# Only reported if a mail worker was killed, because no one knows what it had sent.
FOR_NOTHING = "members told of a recall for nothing"


def judge_recalls(verdict: Verdict, found: Observations, recalled: dict[int, float], rule: Rule) -> None:
    """Add the counts about the cases that were `recalled`, by id with the time. Each is recalled once."""
    from cases.releases.undo_and_recall import TAKEN_BACK

    cases = [case for case in found.cases if case.pk in recalled]
    accepted = [mail for mail in found.mails if mail.outcome == "accepted"]
    told = {pk for mail in accepted for pk in mail.cases}
    told_of_recall = {number for mail in accepted if not mail.cases for number in mail.numbers}
    shown_late = [pk for look in found.looks for pk in look.shown if look.start > recalled.get(pk, look.end)]
    verdict.count("recalled", (case.number for case in cases), at_most=None)
    verdict.count("recalled cases that are released", (case.number for case in cases if case.stored.stamp is not None))
    verdict.count("recalled cases shown after it", shown_late)
    verdict.count("recalls not in the history", (case.number for case in cases if _recalls(case) != 1))
    verdict.count(
        "mails that a recall had dropped",
        (case.number for case in cases if case.pk in told and TAKEN_BACK in case.stored.email_errors),
    )
    verdict.count(
        "members not told of a recall",
        (case.number for case in cases if case.pk in told and case.number not in told_of_recall),
    )
    for_nothing = [case.number for case in cases if case.pk not in told and case.number in told_of_recall]
    was_killed = rule.doubles_at_most != 0
    verdict.count(FOR_NOTHING, for_nothing, at_most=None if was_killed else 0)


def _recalls(case: KnownCase) -> int:
    return sum(event.kind == "recalled" for event in case.stored.events)
