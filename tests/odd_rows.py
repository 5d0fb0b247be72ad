"""Rows that no verb leaves: they come from a shell, a load or a restore. The constraints allow each of them."""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cases.models import Case, CaseEvent, Heartbeat, OutgoingEmail, ReleaseDay, User
from tests.factories import CaseFactory, UserFactory

NOW = dt.datetime(2025, 6, 11, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
FIRST, LAST = dt.datetime(1900, 1, 1, tzinfo=dt.UTC), dt.datetime(8999, 12, 31, 23, 59, 59, 999999, tzinfo=dt.UTC)
COMPLETED = {"status": "completed"}
RELEASED = COMPLETED | {"actual_release_date": NOW - DAY}
SCHEDULED = COMPLETED | {"scheduled_release_date": NOW.date() + 7 * DAY}
DUE = COMPLETED | {"scheduled_release_date": NOW.date()}


def with_event(**columns: Any) -> Callable[[Case], None]:
    """An event in the case's history that no verb would write."""

    def make(case: Case) -> None:
        values = {"kind": "released", "at": NOW, "source": "web", "schedule_revision": 0, "system_actor": "a shell"}
        CaseEvent.objects.create(case=case, **values | columns)

    return make


def with_email(**columns: Any) -> Callable[[Case], None]:
    """An email row of the case that no verb would write."""

    def make(case: Case) -> None:
        values = {"kind": "released", "release_number": 1, "recipient": case.member, "next_try": NOW, "created": NOW}
        OutgoingEmail.objects.create(case=case, **values | columns)

    return make


def of_member(**columns: Any) -> Callable[[Case], None]:
    """The case's member, as changed in a shell."""

    def change(case: Case) -> None:
        User.objects.filter(pk=case.member_id).update(**columns)

    return change


@dataclass
class Odd:
    """The columns of a case, and what is done to it once it exists."""

    columns: dict[str, Any] = field(default_factory=dict)
    then: tuple[Callable[[Case], None], ...] = ()


ODD: dict[str, Odd] = {
    "released in a shell": Odd(RELEASED),
    "released, everything else empty": Odd(RELEASED | {"title": "", "description": "", "assigned_to": None}),
    "released, with a number and a batch": Odd(RELEASED | {"release_number": 4, "release_batch": uuid.UUID(int=1)}),
    "released, scheduled for later": Odd(RELEASED | {"scheduled_release_date": NOW.date() + 9 * DAY}),
    "released, scheduled for the end of time": Odd(RELEASED | {"scheduled_release_date": LAST.date()}),
    "released tomorrow": Odd(COMPLETED | {"actual_release_date": NOW + DAY}),
    "released at the beginning of time": Odd(COMPLETED | {"actual_release_date": FIRST}),
    "released at the end of time": Odd(COMPLETED | {"actual_release_date": LAST}),
    "released before it was completed": Odd(RELEASED | {"date_completed": NOW}),
    "released, and armed": Odd(RELEASED | {"schedule_revision": 3, "armed_revision": 3, "announced_revision": 3}),
    "released by hand after failures": Odd(
        RELEASED | {"release_attempts": 3, "release_error": "?", "release_next_try": NOW + DAY}
    ),
    "released, history of another release": Odd(RELEASED, (with_event(release_number=7, at=NOW - 3 * DAY),)),
    "released twice over": Odd(
        RELEASED | {"release_number": 2}, (with_event(release_number=1), with_event(release_number=2))
    ),
    "released, the email was dropped": Odd(RELEASED | {"release_number": 1}, (with_email(state="dropped"),)),
    "released, the email waits without an address": Odd(RELEASED, (with_email(state="waiting", address=""),)),
    "released, the email is another person's": Odd(
        RELEASED, (lambda case: with_email(state="failed", recipient=UserFactory(email=""))(case),)
    ),
    "released, the email was undeliverable and tried": Odd(
        RELEASED, (with_email(state="undeliverable", attempts=9, last_error=""),)
    ),
    "completed, nobody knows when": Odd(COMPLETED),
    "completed, by nobody": Odd(COMPLETED | {"assigned_to": None}),
    "completed tomorrow": Odd(COMPLETED | {"date_completed": NOW + DAY}),
    "held, not yet released, of release 3": Odd(COMPLETED | {"release_number": 3, "release_batch": uuid.UUID(int=2)}),
    "scheduled in the past": Odd(SCHEDULED | {"scheduled_release_date": NOW.date() - 30 * DAY}),
    "scheduled at the beginning of time": Odd(SCHEDULED | {"scheduled_release_date": FIRST.date()}),
    "scheduled at the end of time": Odd(
        SCHEDULED | {"scheduled_release_date": LAST.date(), "scheduled_release_time": dt.time.max}
    ),
    "scheduled with microseconds": Odd(SCHEDULED | {"scheduled_release_time": dt.time(9, 30, 45, 123456)}),
    "scheduled, by nobody": Odd(SCHEDULED | {"assigned_to": None, "date_completed": None}),
    "due, of a member without an address": Odd(DUE, (of_member(email=""),)),
    "due, of a deactivated member": Odd(DUE, (of_member(is_active=False),)),
    "due, of somebody who is no member any more": Odd(DUE, (of_member(role="technician"),)),
    "due, its number is in history already": Odd(DUE, (with_event(release_number=1),)),
    "due, its email is there already": Odd(DUE, (with_email(state="waiting", address="x@example.com"),)),
    "failing for a long time": Odd(
        SCHEDULED | {"release_attempts": 99, "release_error": "", "release_next_try": FIRST}
    ),
    "failing until the end of time": Odd(SCHEDULED | {"release_attempts": 1, "release_next_try": LAST}),
    "accepted by nobody": Odd({"status": "accepted", "assigned_to": None}),
    "accepted, with dates of the future": Odd({"status": "accepted", "date_accepted": LAST, "date_submitted": LAST}),
    "submitted, and assigned": Odd({"status": "submitted"}),
    "a draft that was completed": Odd({"status": "draft", "date_completed": NOW, "date_submitted": NOW}),
    "urgent, with an old number": Odd({"external_case_id": "2011/7 b", "urgency": "urgent"}),
    "events of every kind": Odd(
        RELEASED,
        tuple(
            with_event(kind=kind, source=source, release_number=number, from_time=dt.time(9), reason="\n")
            for number, (kind, source) in enumerate(
                (kind, source) for kind in CaseEvent.Kind for source in CaseEvent.Source
            )
        ),
    ),
}


def make_odd_rows(*, technician: User) -> dict[str, Case]:
    """All of them, by name."""
    made = {}
    for number, (name, odd) in enumerate(ODD.items()):
        columns = {"assigned_to": technician, "member__username": f"odd-{number}"} | odd.columns
        made[name] = CaseFactory(**columns)
        for act in odd.then:
            act(made[name])
    Case.objects.filter(pk=made["urgent, with an old number"].pk).update(date_created=LAST)
    Heartbeat.objects.create(name="sweep", at=LAST, host="", released=0)
    counts = dict.fromkeys(("released", "delay_cases", "delay_seconds", "pending", "mailed"), 0)
    ReleaseDay.objects.create(day=NOW.date() - DAY, zone="Nowhere/Else", counted_at=NOW, released_by={"?": 1}, **counts)
    return made
