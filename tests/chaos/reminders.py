"""Reminders during a fault: technicians with cases that are released soon, and what happened to each reminder.

They are independent of the fault's load, whose waves continue in the meantime.
"""

import datetime as dt
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.chaos.devices.smtp_server import Mail
from tests.chaos.run import Run

if TYPE_CHECKING:
    from cases.models import Case, User

# After the last reminders and before the next ones, which are due in 23 hours (tests.chaos.stack).
RELEASED_IN = dt.timedelta(hours=6)
# Addresses of these technicians end like this. The mail server can treat them differently.
STAFF = "@staff.example"
# The lease of a dead sender, beat's minute, a sweep, and the sending of all.
PATIENCE = 240.0
Pair = tuple[str, str]


@dataclass
class Reminders:
    """Which address should be told about which case, by its number, and from when on one should no longer be told.

    `changed` has the time (seconds since the epoch) at which a case was released, moved, held or handed over.
    """

    cases: dict[str, str]
    successor: str
    mark: int
    changed: dict[str, float] = field(default_factory=dict)
    handed_over: set[str] = field(default_factory=set)

    @property
    def expected(self) -> set[Pair]:
        """Who should be told what in the end. A changed case may have been reported before the change, but need not
        have been."""
        kept = {(address, number) for number, address in self.cases.items() if number not in self.changed}
        return kept | {(self.successor, number) for number in self.handed_over}


@dataclass(frozen=True)
class Counts:
    """The outcome: lists of what is wrong, and the numbers of `expected` and `sent` reminders."""

    expected: int
    sent: int
    lost: list[str]
    doubled: list[str]
    told_twice: list[str]
    stale: list[str]
    astray: list[str]
    second_digests: list[str]


def count(wanted: Reminders, mails: Iterable[Mail]) -> Counts:
    """Return what `mails` say about the reminders `wanted`. No side effects."""
    addresses = {*wanted.cases.values(), wanted.successor}
    accepted = [mail for mail in mails if mail.outcome == "accepted" and mail.recipient in addresses]
    messages: dict[Pair, set[str]] = defaultdict(set)
    of_address: dict[str, set[str]] = defaultdict(set)
    stale, astray = [], []
    for mail in accepted:
        of_address[mail.recipient].add(mail.message_id)
        for number in mail.numbers:
            pair = (mail.recipient, number)
            messages[pair].add(mail.message_id)
            if pair in wanted.expected:
                continue
            if wanted.cases.get(number) != mail.recipient:
                astray.append(f"{number} to {mail.recipient}")
            elif mail.time > wanted.changed[number]:
                stale.append(f"{number}, {mail.time - wanted.changed[number]:.2f} s after its change")
    times = Counter(mail.message_id for mail in accepted)
    return Counts(
        expected=len(wanted.expected),
        sent=len(messages),
        lost=[f"{number} to {address}" for address, number in wanted.expected if (address, number) not in messages],
        doubled=[message_id for message_id, taken in times.items() for _ in range(taken - 1)],
        told_twice=[f"{number} to {address}" for (address, number), ids in messages.items() if len(ids) > 1],
        stale=stale,
        astray=astray,
        second_digests=[address for address, ids in of_address.items() if len(ids) > 1],
    )


def make(run: Run, *, technicians: int, each: int) -> Reminders:
    """Create technicians who have not been reminded today, with `each` cases that are released in a few hours."""
    from cases.models import Case, User
    from tests.chaos.load import wall_clock
    from tests.factories import CaseFactory, UserFactory

    prefix = f"{run.fault.name}-{int(run.plan.start)}"
    names = [f"{prefix}-r{number}" for number in range(technicians)]
    moment = wall_clock(float(int(time.time()) + int(RELEASED_IN.total_seconds())))
    on = {"scheduled_release_date": moment.date(), "scheduled_release_time": moment.time()}
    member = UserFactory(username=f"{prefix}-m")
    people = User.objects.bulk_create(
        UserFactory.build(username=name, email=name + STAFF, role="technician") for name in names
    )
    rows = Case.objects.bulk_create(
        CaseFactory.build(scheduled=True, member=member, assigned_to=person, **on)
        for person in people
        for _ in range(each)
    )
    addresses = {person.pk: person.email for person in people}
    successor = UserFactory(username=f"{prefix}-successor", email=f"{prefix}-successor{STAFF}", role="technician")
    successor.set_password("x")
    successor.save()
    cases = {row.external_case_id: addresses[row.assigned_to_id or 0] for row in rows}
    return Reminders(cases, successor.email, run.stack.mail.mark())


def queue(times: int = 1) -> None:
    """Do what beat does every minute, `times` at once."""
    from cases.delivery import celery_publisher

    for _ in range(times):
        celery_publisher.app.send_task("tasks.reminders.queue_reminders")


def queued(wanted: Reminders) -> int:
    """Return how many reminders have been stored."""
    from cases.models import Reminder

    return Reminder.objects.filter(case__external_case_id__in=list(wanted.cases)).count()


def taken(run: Run, wanted: Reminders) -> int:
    """Return how many of their mails the server has accepted."""
    return sum(mail.recipient.endswith(STAFF) for mail in run.stack.mail.accepted(wanted.mark))


def change_some(wanted: Reminders, *, each: int) -> None:
    """Release, move, hold and hand over `each` of the cases, with different technicians if there are enough."""
    from cases.models import Case, User
    from tests.factories import UserFactory

    administrator = UserFactory(role="administrator", email="")
    successor = User.objects.get(email=wanted.successor)
    numbers = sorted(wanted.cases.keys() - wanted.changed.keys(), key=lambda number: number[::-1])
    for position, number in enumerate(numbers[: each * len(CHANGES)]):
        kind, change = CHANGES[position % len(CHANGES)]
        change(Case.objects.get(external_case_id=number), administrator, successor)
        wanted.changed[number] = time.time()
        if kind == "handed over":
            wanted.handed_over.add(number)


def _release(case: "Case", by: "User", _: "User") -> None:
    from cases import releases

    releases.release_now(case=case, by=by, source="web", reason="Chaos")


def _move(case: "Case", by: "User", _: "User") -> None:
    from cases import releases
    from cases.core.schedule import Schedule

    assert case.scheduled_release_date
    later = Schedule(case.scheduled_release_date + dt.timedelta(days=30))
    releases.schedule(case=case, by=by, source="web", release_on=later, reason="Chaos")


def _hold(case: "Case", by: "User", _: "User") -> None:
    from cases import releases

    releases.cancel_schedule(case=case, by=by, source="web", reason="Chaos")


def _hand_over(case: "Case", by: "User", to: "User") -> None:
    from cases.casework import assignment

    assignment.hand_over_case(case=case, to=to, by=by, source="web")


Change = Callable[["Case", "User", "User"], None]
CHANGES: list[tuple[str, Change]] = [
    ("released", _release),
    ("moved", _move),
    ("held", _hold),
    ("handed over", _hand_over),
]


def wait_until_sent(run: Run, wanted: Reminders) -> None:
    """Wait until everything that is expected is with the mail server, and nothing is left in the outbox."""

    def is_done() -> bool:
        found = count(wanted, run.stack.mail.mails(wanted.mark))
        return not found.lost and not _unsent().exists()

    run.until("all reminders are sent", _every_second(is_done), seconds=PATIENCE)


def judge(run: Run, wanted: Reminders, *, doubles_at_most: int = 0) -> None:
    """Require that none was lost or stale, and none doubled except those that a dead sender may have sent."""
    found = count(wanted, run.stack.mail.mails(wanted.mark))
    run.require("reminders lost", len(found.lost))
    run.require("reminder mails doubled", len(found.doubled), at_most=doubles_at_most)
    run.require("reminders told in two messages", len(found.told_twice))
    run.require("reminders stale", len(found.stale))
    run.require("reminders astray", len(found.astray))
    run.require("second digests of a day", len(found.second_digests))
    run.require("reminder mails not recorded", _unsent().count())
    run.note("reminders expected", found.expected)
    run.note("reminders sent", found.sent)
    run.note("reminders lost, mails doubled, stale", f"{len(found.lost)}, {len(found.doubled)}, {len(found.stale)}")
    run.note("cases released, moved, held or handed over meanwhile", len(wanted.changed))


def _unsent() -> Any:
    from cases.models import OutgoingEmail

    open_ones = OutgoingEmail.objects.filter(kind="reminder", recipient__email__endswith=STAFF)
    return open_ones.filter(state__in=["waiting", "sending", "failed"])


def _every_second(holds: Callable[[], bool]) -> Callable[[], bool]:
    """Ask only now and then, because it reads all mails."""

    def ask() -> bool:
        time.sleep(1)
        return holds()

    return ask
