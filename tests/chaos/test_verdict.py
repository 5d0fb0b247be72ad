"""The verdict finds what is wrong and nothing else. The observations are made up. The fault lasts from 100 to 110."""

import dataclasses
from typing import Any

import pytest

from cases.releases.undo_and_recall import TAKEN_BACK
from tests.chaos.devices.smtp_server import Mail
from tests.chaos.observations import KnownCase, Observations, StoredCase, StoredEvent
from tests.chaos.recalls import FOR_NOTHING, judge_recalls
from tests.chaos.verdict import Rule, Verdict, judge, lateness
from tests.chaos.watchers import Look

RULE = Rule(begin=100.0, end=110.0, allowance=12.0)
MEMBER = 7
ADDRESS = "mia@example.com"


def known(pk: int = 1, *, instant: float | None = 105.0, late: float = 0.2, **changes: Any) -> KnownCase:
    """Return a case that was released correctly, except for `changes`."""
    stamp = (instant or 0) + late - 0.05
    completed = StoredEvent("completed", at=50.0, batch="None", revision=1, release_number=0)
    released = StoredEvent("released", at=stamp, batch="b", revision=1, release_number=1, source="eta")
    stored = StoredCase(
        instant=instant,
        stamp=stamp,
        batch="b",
        revision=1,
        release_number=1,
        events=(completed, released),
        email_states=("sent",),
    )
    case = KnownCase(
        pk=pk,
        number=f"C-{pk}",
        member=MEMBER,
        address=ADDRESS,
        instant=instant,
        known=50.0,
        seen=(instant or 0) + late,
        stored=stored,
    )
    of_row = {name: value for name, value in changes.items() if name in StoredCase.__dataclass_fields__}
    of_case = {name: value for name, value in changes.items() if name not in of_row}
    return dataclasses.replace(case, stored=dataclasses.replace(stored, **of_row), **of_case)


def mail(
    *pks: int, at: float = 150.0, message_id: str = "<one@portal>", recipient: str = ADDRESS, outcome: str = "accepted"
) -> Mail:
    return Mail(number=1, time=at, outcome=outcome, recipient=recipient, message_id=message_id, cases=pks)


def look(start: float, *shown: int, status: int = 200) -> Look:
    return Look(member=MEMBER, start=start, end=start + 0.1, status=status, shown=frozenset(shown))


def verdict_on(
    *cases: KnownCase, mails: list[Mail] | None = None, looks: tuple[Look, ...] = (), rule: Rule = RULE
) -> Verdict:
    sent = [mail(*(case.pk for case in cases))] if mails is None else mails
    return judge(Observations(list(cases), list(looks), sent), rule)


def broken(*cases: KnownCase, **others: Any) -> dict[str, int]:
    """Return the broken requirements with their counts."""
    return {one.name: one.count for one in verdict_on(*cases, **others).broken}


def counted(verdict: Verdict, name: str) -> int:
    (count,) = [one.count for one in verdict.requirements if one.name == name]
    return count


def test_what_is_as_it_should_be_is_not_condemned() -> None:
    looks = (look(104.0), look(105.5, 1), look(120.0, 1, 2))
    assert (
        broken(
            known(1),
            known(2, instant=108.0),
            looks=looks,
            mails=[mail(1, at=105.4), mail(2, at=109.0, message_id="<two@portal>")],
        )
        == {}
    )


def test_lost() -> None:
    lost = known(stamp=None, seen=None, release_number=0, events=known().stored.events[:1], email_states=())
    assert broken(lost, mails=[]) == {"lost": 1}


def test_never_scheduled() -> None:
    assert broken(known(instant=None), mails=[]) == {"unscheduled": 1}


def test_early_by_what_was_seen() -> None:
    assert broken(known(seen=104.9)) == {"early": 1}


def test_early_by_its_stamp() -> None:
    early = known(late=-0.5, seen=105.1)
    assert broken(early) == {"early": 1}


@pytest.mark.parametrize(
    ("instant", "late", "condemned"),
    [
        (80.0, 11.9, {}),
        (80.0, 12.1, {"late": 1}),  # the fault began after the case's deadline
        (95.0, 26.9, {}),  # due before the fault and delayed by it: counted from its end
        (95.0, 27.1, {"late": 1}),
        (105.0, 16.9, {}),
        (105.0, 17.1, {"late": 1}),
        (115.0, 11.9, {}),
        (115.0, 12.1, {"late": 1}),
    ],
)
def test_late(instant: float, late: float, condemned: dict[str, int]) -> None:
    assert broken(known(instant=instant, late=late)) == condemned


def test_a_portal_that_has_to_work_meanwhile_is_not_given_the_time_of_the_fault() -> None:
    rule = dataclasses.replace(RULE, works_meanwhile=True)
    assert broken(known(late=12.1), rule=rule) == {"late": 1}
    assert broken(known(late=11.9), rule=rule) == {}


def test_lateness_counts_from_when_it_was_scheduled() -> None:
    assert lateness([known(known=105.15)])["max"] == pytest.approx(0.05)


@pytest.mark.parametrize(
    "changes",
    [
        {"release_number": 2},
        {"email_states": ("sent", "sent")},
        {"events": (*known().stored.events, known().stored.events[1])},
    ],
)
def test_released_twice(changes: dict[str, Any]) -> None:
    assert broken(known(**changes))["released twice"] == 1


@pytest.mark.parametrize(
    "events",
    [
        known().stored.events[:1],  # released without an entry
        known().stored.events[1:],  # completed without one
        (known().stored.events[0], dataclasses.replace(known().stored.events[1], at=106.0)),
        (known().stored.events[0], dataclasses.replace(known().stored.events[1], batch="another")),
        (known().stored.events[0], dataclasses.replace(known().stored.events[1], revision=2)),
    ],
)
def test_history_gaps(events: tuple[StoredEvent, ...]) -> None:
    assert broken(known(events=events)) == {"history gaps": 1}


def test_mail_missing() -> None:
    assert broken(known(1), known(2), mails=[mail(1)]) == {"mails missing": 1}


def test_mail_that_the_server_did_not_take() -> None:
    assert broken(known(), mails=[mail(1, outcome="later")]) == {"mails missing": 1}


def test_mail_before_the_instant() -> None:
    assert broken(known(), mails=[mail(1, at=104.0)]) == {"mails early": 1}


def test_mail_not_recorded() -> None:
    assert broken(known(email_states=("sending",))) == {"mails not recorded": 1}


def test_mail_to_somebody_else() -> None:
    assert broken(known(), mails=[mail(1, recipient="olga@example.com")]) == {"mails astray": 1}


def test_mail_doubled() -> None:
    assert broken(known(), mails=[mail(1), mail(1), mail(1)]) == {"mails doubled": 2}
    assert broken(known(), mails=[mail(1), mail(1)], rule=dataclasses.replace(RULE, doubles_at_most=1)) == {}


def test_a_case_in_two_mails_is_never_allowed() -> None:
    rule = dataclasses.replace(RULE, doubles_at_most=None)
    mails = [mail(1), mail(1, message_id="<another@portal>")]
    assert broken(known(), mails=mails, rule=rule) == {"cases in two mails": 1}


def test_late_for_a_looker() -> None:
    assert broken(known(), looks=(look(105.1),)) == {"looks late": 1}
    assert broken(known(), looks=(look(104.95),)) == {}, "it was not yet due when the member asked"


def test_early_for_a_looker() -> None:
    assert broken(known(), looks=(look(104.8, 1),)) == {"looks early": 1}
    assert broken(known(), looks=(look(104.95, 1),)) == {}, "it had come when the answer was there"


def test_other_members_cases_are_not_missed() -> None:
    assert broken(known(member=MEMBER + 1), looks=(look(106.0),)) == {}


def test_a_fault_that_holds_the_rows_excuses_looks_while_it_is_on() -> None:
    rule = dataclasses.replace(RULE, excuses_looks=True)
    verdict = verdict_on(known(), looks=(look(106.0), look(106.0, status=503)), rule=rule)
    assert verdict.broken == []
    assert counted(verdict, "looks late, excused by the fault") == 1
    assert counted(verdict, "answers 503, excused by the fault") == 1
    assert broken(known(), looks=(look(110.1), look(111.0, status=503)), rule=rule) == {
        "looks late": 1,
        "answers 503": 1,
    }


def test_a_fault_that_holds_one_row_excuses_its_member_alone() -> None:
    assert (
        broken(known(), looks=(look(106.0),), rule=dataclasses.replace(RULE, excused_members=frozenset({MEMBER}))) == {}
    )
    others = dataclasses.replace(RULE, excused_members=frozenset({MEMBER + 1}))
    assert broken(known(), looks=(look(106.0),), rule=others) == {"looks late": 1}


@pytest.mark.parametrize("status", [302, 404, 500])
def test_error_pages(status: int) -> None:
    rule = dataclasses.replace(RULE, excuses_looks=True)
    assert broken(known(), looks=(look(106.0, status=status),), rule=rule) == {"error pages": 1}


def test_looks_without_an_answer_are_counted_apart() -> None:
    verdict = verdict_on(known(), looks=(look(106.0, status=0),))
    assert verdict.broken == []
    assert counted(verdict, "looks refused or reset") == 1


RECALLED_AT = 106.0


def recalled(*, told: bool, told_of_recall: bool, **changes: Any) -> dict[str, int]:
    """Return the broken requirements of a case that was recalled."""
    event = StoredEvent("recalled", at=RECALLED_AT, batch="None", revision=2, release_number=1)
    case = known(**{"stamp": None, "events": (*known().stored.events, event)} | changes)
    mails = [mail(1, at=105.5)] if told else []
    if told_of_recall:
        mails.append(Mail(2, 140.0, "accepted", ADDRESS, "<two@portal>", numbers=("C-1",)))
    verdict = Verdict()
    looks = [look(105.8, 1), look(106.5)]
    judge_recalls(verdict, Observations([case], looks, mails), {1: RECALLED_AT}, RULE)
    return {one.name: one.count for one in verdict.broken}


def test_a_recalled_case_is_hidden_and_its_member_told_if_there_was_something_to_tell() -> None:
    assert recalled(told=True, told_of_recall=True) == {}
    assert recalled(told=False, told_of_recall=False) == {}
    assert recalled(told=True, told_of_recall=False) == {"members not told of a recall": 1}
    assert recalled(told=False, told_of_recall=True) == {FOR_NOTHING: 1}


def test_a_recall_that_did_not_last_is_condemned() -> None:
    assert recalled(told=False, told_of_recall=False, stamp=120.0) == {"recalled cases that are released": 1}
    assert recalled(told=False, told_of_recall=False, events=known().stored.events) == {"recalls not in the history": 1}


def test_a_mail_that_was_dropped_and_arrived_is_condemned() -> None:
    errors = {"email_errors": (TAKEN_BACK,)}
    assert recalled(told=True, told_of_recall=True, **errors) == {"mails that a recall had dropped": 1}


def test_a_case_on_a_page_after_its_recall_is_condemned() -> None:
    verdict = Verdict()
    seen = Observations([known(stamp=None)], [look(106.5, 1)], [])
    judge_recalls(verdict, seen, {1: RECALLED_AT}, RULE)
    assert "recalled cases shown after it" in {one.name for one in verdict.broken}


REFUSES = dataclasses.replace(RULE, refused=frozenset({ADDRESS}))


def test_a_mail_that_the_server_refuses_is_to_be_recorded_as_failed_with_its_words() -> None:
    failed = known(email_states=("failed",), email_errors=("550 5.1.1 No such mailbox here",))
    assert broken(failed, mails=[], rule=REFUSES) == {}


@pytest.mark.parametrize(
    "row", [{"email_states": ("sent",)}, {"email_states": ("failed",)}, {"email_errors": ("550 No",)}]
)
def test_a_refusal_that_is_not_on_its_row_is_condemned(row: dict[str, Any]) -> None:
    assert broken(known(**{"email_errors": ("",)} | row), mails=[], rule=REFUSES) == {"refusals not recorded": 1}
