"""Members and cases for one fault: most are pending, as the verbs leave them, and some wait for a technician."""

import datetime as dt
import random
import time
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from tests.chaos.plan import Plan


@dataclass
class PlannedCase:
    """A case and its promise: `instant`, and `known`, the time when the promise was made. Seconds since the epoch, or 0
    if not yet."""

    pk: int
    number: str
    member: int
    instant: float = 0.0
    known: float = 0.0


@dataclass
class Load:
    """The cases of a fault by id, the ids for technicians to complete, and the members who look.

    `staff` is the address of the technician of all cases, who may be reminded of them.
    """

    cases: dict[int, PlannedCase]
    to_complete: list[int]
    token: str
    sessions: dict[int, str]
    addresses: dict[int, str]
    staff: str
    chance: random.Random
    plan: Plan = field(repr=False)

    def of_member(self, member: int) -> list[PlannedCase]:
        """Return the cases of `member`."""
        return [case for case in self.cases.values() if case.member == member]


def make_load(name: str, plan: Plan) -> Load:
    """Write the rows. `name` seeds the random choices."""
    chance = random.Random(name)
    scale = plan.scale
    prefix = f"{name}-{int(plan.start)}"
    members, technician = _people(prefix, scale.members)
    pending = _pending_cases(members, technician, plan, chance, scale.cases - scale.scheduled)
    accepted = _accepted_cases(members, technician, scale.scheduled)
    return Load(
        cases={case.pk: case for case in [*pending, *accepted]},
        to_complete=[case.pk for case in accepted],
        token=_token(technician),
        sessions={member.pk: _session(member) for member in members[: scale.lookers]},
        addresses={member.pk: member.email for member in members},
        staff=technician.email,
        chance=chance,
        plan=plan,
    )


def _people(prefix: str, count: int) -> tuple[list[Any], Any]:
    from cases.models import User
    from tests.factories import UserFactory

    names = [f"{prefix}-{number}" for number in range(count)]
    members = User.objects.bulk_create(UserFactory.build(username=name, email=f"{name}@example.com") for name in names)
    return members, UserFactory(username=f"{prefix}-technician", role=User.Role.TECHNICIAN)


def _pending_cases(
    members: list[Any], technician: Any, plan: Plan, chance: random.Random, count: int
) -> list[PlannedCase]:
    """Create completed, scheduled cases with the history of `releases.complete`. None is armed."""
    from cases.models import Case, CaseEvent
    from tests.factories import CaseFactory

    instants = [plan.instant(chance, after=plan.waves[0]) for _ in range(count)]
    rows = Case.objects.bulk_create(
        CaseFactory.build(
            held=True,
            member=members[number % len(members)],
            assigned_to=technician,
            schedule_revision=1,
            scheduled_release_date=wanted.date(),
            scheduled_release_time=wanted.time(),
        )
        for number, wanted in enumerate(wall_clock_reaching(instant, chance) for instant in instants)
    )
    CaseEvent.objects.bulk_create(_completed_event(row, technician) for row in rows)
    now = time.time()
    return [
        PlannedCase(pk=row.pk, number=row.external_case_id, member=row.member_id, instant=instant, known=now)
        for row, instant in zip(rows, instants, strict=True)
    ]


def _completed_event(row: Any, technician: Any) -> Any:
    from cases.models import CaseEvent

    return CaseEvent(
        case=row,
        kind=CaseEvent.Kind.COMPLETED,
        at=row.date_completed,
        source=CaseEvent.Source.WEB,
        actor=technician,
        from_status="accepted",
        to_status="completed",
        to_date=row.scheduled_release_date,
        to_time=row.scheduled_release_time,
        schedule_revision=1,
    )


def _accepted_cases(members: list[Any], technician: Any, count: int) -> list[PlannedCase]:
    from cases.models import Case
    from tests.factories import CaseFactory

    rows = Case.objects.bulk_create(
        CaseFactory.build(member=members[number % len(members)], assigned_to=technician) for number in range(count)
    )
    return [PlannedCase(pk=row.pk, number=row.external_case_id, member=row.member_id) for row in rows]


def _token(technician: Any) -> str:
    from cases.accounts import api_tokens

    return api_tokens.create(user=technician, by=technician, name="Technicians", days=1)[1]


def _session(member: Any) -> str:
    """Sign `member` in and return the key of the session."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def wall_clock(instant: float) -> dt.datetime:
    """Return the portal's wall clock at that moment, naive."""
    moment = dt.datetime.fromtimestamp(instant, tz=dt.UTC)
    return moment.astimezone(timezone.get_default_timezone()).replace(tzinfo=None)


def wall_clock_reaching(instant: float, chance: random.Random) -> dt.datetime:
    """Return a naive wall clock time that the portal's clock reaches at that moment.

    If the clock is set forward just then, `chance` may pick one of the times it skips."""
    shown = wall_clock(instant)
    skipped = shown - wall_clock(instant - 1) - dt.timedelta(seconds=1)
    return shown - skipped * chance.random() if skipped > dt.timedelta() else shown
