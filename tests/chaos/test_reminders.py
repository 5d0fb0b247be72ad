"""What is reported about reminders after a fault. The mails are made up: C-1 and C-2 are Tom's, C-3 is Uma's."""

import dataclasses

import pytest

from tests.chaos.devices.smtp_server import Mail
from tests.chaos.reminders import Reminders, count

TOM, UMA, SUCCESSOR = "tom@staff.example", "uma@staff.example", "otto@staff.example"
CASES = {"C-1": TOM, "C-2": TOM, "C-3": UMA}
CLEAN = dict.fromkeys(("lost", "doubled", "told_twice", "stale", "astray", "second_digests"), 0)


def mail(to: str, *numbers: str, at: float = 10.0, message_id: str = "", outcome: str = "accepted") -> Mail:
    return Mail(1, at, outcome, to, message_id or f"<{to}>", numbers=numbers)


GOOD = [mail(TOM, "C-1", "C-2"), mail(UMA, "C-3")]
FOUND = [
    (GOOD, {}),
    ([*GOOD, mail("mia@example.com", "C-1")], {}),  # about a release, which is checked elsewhere
    (GOOD[:1], {"lost": 1}),
    ([GOOD[0], mail(UMA, "C-3", outcome="later")], {"lost": 1}),
    ([*GOOD, GOOD[0]], {"doubled": 1}),
    ([*GOOD, mail(TOM, "C-1", message_id="<another>")], {"told_twice": 1, "second_digests": 1}),
    ([*GOOD, mail(SUCCESSOR, "C-1")], {"astray": 1}),
]


@pytest.mark.parametrize(("mails", "wrong"), FOUND)
def test_what_is_wrong_is_found_and_nothing_else(mails: list[Mail], wrong: dict[str, int]) -> None:
    assert _wrong(Reminders(CASES, SUCCESSOR, mark=0), mails) == CLEAN | wrong


# C-1 is handed over, or otherwise changed, at 20.
CHANGED = [
    ([mail(TOM, "C-2")], set(), {}),
    ([mail(TOM, "C-1", "C-2", at=19.0)], set(), {}),  # told before
    ([mail(TOM, "C-1", "C-2", at=21.0)], set(), {"stale": 1}),
    ([mail(TOM, "C-2")], {"C-1"}, {"lost": 1}),
    ([mail(TOM, "C-2"), mail(SUCCESSOR, "C-1", at=30.0)], {"C-1"}, {}),
]


@pytest.mark.parametrize(("mails", "handed_over", "wrong"), CHANGED)
def test_what_was_changed_is_told_to_nobody_but_the_successor(
    mails: list[Mail], handed_over: set[str], wrong: dict[str, int]
) -> None:
    wanted = Reminders(CASES, SUCCESSOR, mark=0, changed={"C-1": 20.0}, handed_over=handed_over)
    assert _wrong(wanted, [*mails, GOOD[1]]) == CLEAN | wrong


def _wrong(wanted: Reminders, mails: list[Mail]) -> dict[str, int]:
    found = dataclasses.asdict(count(wanted, mails))
    return {name: len(found[name]) for name in CLEAN}
