"""The story behind the demo data: what people would have done over the last weeks, told through the verbs.

Each step runs with the clock set to its moment, and under the usual rules, so history, dates and releases are those
that the verbs produce.
"""

import datetime as dt
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from unittest import mock

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from cases import releases
from cases.accounts import people
from cases.casework import drafts, notes
from cases.core import schedule
from cases.core.schedule import Schedule
from cases.demo import (
    absences,
    answers,
    bounces,
    bulk,
    case_types,
    conditions,
    conversation,
    first_views,
    notifications,
    recalls,
    release_stop,
)
from cases.demo import documents as papers
from cases.demo import drafts as member_drafts
from cases.demo.days import add_blackout_day
from cases.demo.names import DESCRIPTIONS, MEMBERS, SUBJECTS, TECHNICIANS
from cases.demo.saved_views import save_views
from cases.demo.usual_rules import usual_rules
from cases.documents import attach_and_remove as documents
from cases.lifecycle.closed_days import days_from
from cases.models import Case, CaseEvent, User

WAVE = 50
# Cases due today are released at that time, when most people have gone home.
LATE = dt.time(23, 30)
# One in this many cases has one. The first case of each kind, which is the demo member's, has all three.
LETTERS, NOTES, REPORTS = 5, 2, 3
Step = tuple[dt.datetime, int, Callable[[], object]]


@contextmanager
def clock_at(moment: dt.datetime) -> Iterator[None]:
    """Set the host's clock and the database's to that aware moment for the verbs."""
    by_host = mock.patch.object(timezone, "now", return_value=moment)
    with by_host, mock.patch("cases.core.clock._database_now", return_value=moment):
        yield


class Story:
    """Collects steps with their moments, and runs them in order."""

    def __init__(self, *, password: str) -> None:
        self.random = random.Random(20)  # noqa: S311  (the same portal every time)
        self.start = timezone.now()
        self.password = make_password(password)
        self.steps: list[Step] = []

    @transaction.atomic
    @usual_rules()
    def tell(self) -> int:
        """Create everything in one transaction. Return the number of cases."""
        self.members = [self._person("member", "Alex Morgan", User.Role.MEMBER)]
        self.members.append(self._person("other-member", "Sam Taylor", User.Role.MEMBER))
        self.technicians = [self._person("technician", "Jordan Reed", User.Role.TECHNICIAN)]
        self.admin = self._person("admin", "Casey Winters", User.Role.ADMINISTRATOR)
        self.members += [self._person(_login(name), name, User.Role.MEMBER) for name in MEMBERS]
        self.technicians += [self._person(_login(name), name, User.Role.TECHNICIAN) for name in TECHNICIANS]
        self.former = self._person("former-technician", "Morgan Ellis", User.Role.TECHNICIAN)
        self.types = case_types.keep(by=self.admin)
        self._plan_cases()
        self._plan_people()
        self._plan_conditions()
        self._plan_stop()
        self._plan_sweeps()
        self._at(self.start, lambda: add_blackout_day(by=self.admin))
        self._at(self.start, lambda: bulk.add(technician=self.technicians[0], administrator=self.admin))
        self._at(self.start, lambda: member_drafts.write(by=self.members[0]))
        self._at(self.start, lambda: bounces.come_back(self.members[3]))
        self._at(self.start, lambda: absences.plan(technicians=self.technicians, admin=self.admin))
        for moment, _, act in sorted(self.steps, key=lambda step: step[:2]):
            with clock_at(moment):
                act()
        case_types.correct(by=self.technicians[0])
        conversation.talk(
            member=self.members[0], technician=self.technicians[0], colleague=self.technicians[1], admin=self.admin
        )
        notifications.settle(now=self.start, technician=self.technicians[0], member=self.members[0])
        save_views(technician=self.technicians[0], colleague=self.technicians[1], admin=self.admin)
        return Case.objects.count()

    def _person(self, username: str, name: str, role: str) -> User:
        first, last = name.split(" ", 1)
        return User.objects.create(
            username=username,
            first_name=first,
            last_name=last,
            email=f"{username}@example.com",
            role=role,
            password=self.password,
            date_joined=self.start - dt.timedelta(days=90),
            is_staff=role == User.Role.ADMINISTRATOR,
            is_superuser=role == User.Role.ADMINISTRATOR,
        )

    def _plan_cases(self) -> None:
        """Plan the given number of cases in each state. The first of each is the demo member's."""
        wait = settings.RELEASE_MIN_DAYS
        plans: list[tuple[int, Callable[[int], None]]] = [
            (22, lambda n: self._case(n, age=self._days(0, 9))),
            (28, lambda n: self._case(n, age=self._days(0, 6), submit=True)),
            (50, lambda n: self._case(n, age=self._days(1, 20), accept=True)),
            (8, lambda n: self._case(n, age=self._days(2, 30), release_in=0)),
            (40, lambda n: self._case(n, age=self._days(3, wait), release_in=wait + self._days(0, 21))),
            (WAVE, lambda n: self._case(n, age=wait + 2, completed=wait, release_in=wait + 1)),
            (4, lambda n: self._case(n, age=wait + 2, completed=wait, release_in=wait, release_at=LATE)),
            (3, lambda n: self._case(n + 1, age=12, accept=True, technician=self.former)),
            (6, lambda n: self._case(n, age=self._days(3, 6), release_in=wait + 5, then="hold")),
            (6, lambda n: self._case(n, age=self._days(4, 7), release_in=wait + 2, then="return")),
            (10, lambda n: self._case(n, age=self._days(4, 7), release_in=wait + 2, then="reschedule")),
            (6, lambda n: self._case(n, age=self._days(8, 30), release_in=wait + 14, then="early")),
            (2, lambda n: self._case(n, age=self._days(3, 6), release_in=0, then="recall")),
            (1, lambda n: self._case(n, age=self._days(3, 6), release_in=0, then="release again")),
        ]
        plans.append((1, lambda n: self._case(n, age=wait + 3, release_in=wait, then="condition")))
        # Two more are drafts (cases.demo.drafts).
        rest = 298 - sum(count for count, _ in plans)
        plans.append((rest, lambda n: self._case(n, age=wait + self._days(4, 50), release_in=wait)))
        for count, plan in plans:
            for number in range(count):
                plan(number)

    def _plan_people(self) -> None:
        """Plan people who are not at work: one has left, and one was invited yesterday and has not signed in yet."""
        leaves = self.start - dt.timedelta(days=3)
        self._at(leaves, lambda: people.deactivate(person=self.former, by=self.admin))
        new = {"email": "nina.vogel@example.com", "first_name": "Nina", "last_name": "Vogel", "role": "technician"}
        self._at(self.start - dt.timedelta(days=1), lambda: people.invite(by=self.admin, **new))

    def _plan_conditions(self) -> None:
        """Give the technician's cases some conditions of each kind."""
        own, colleague = self.technicians[0], self.technicians[1]
        self._at(self.start, lambda: conditions.add(technician=own, colleague=colleague))

    def _plan_stop(self) -> None:
        """Stop releases and start them again in one step, because anything others did in between would have been
        refused."""
        begins = self.start - dt.timedelta(days=2)

        def act() -> None:
            release_stop.stop_releases(self.admin)
            with clock_at(begins + release_stop.LASTED):
                release_stop.start_releases(self.admin)

        self._at(begins, act)

    def _plan_sweeps(self) -> None:
        first = min(moment for moment, _, _ in self.steps)
        day = schedule.date_of(first)
        while (instant := schedule.instant(day, None)) <= self.start:
            self._at(instant, partial(releases.release_due, by="sweep", source=CaseEvent.Source.SWEEP))
            day += dt.timedelta(days=1)
        for moment, look in list(first_views.looks(first, self.start)):
            self._at(moment, look)

    def _case(
        self,
        number: int,
        *,
        age: int,
        submit: bool = False,
        accept: bool = False,
        completed: int | None = None,
        release_in: int | None = None,
        release_at: dt.time | None = None,
        technician: User | None = None,
        then: str = "",
    ) -> None:
        """Plan one case that was started `age` days ago. It was completed `completed` days ago (None: on the day it was
        started), and is due `release_in` days after that (0: released immediately). `then` is what happens a day
        later."""
        member = self.members[number % len(self.members)]
        technician = technician or self.technicians[number % len(self.technicians)]
        begun = self._moment(age)
        case = Case(member=member)
        self._at(begun, lambda: self._draft(case, member))
        if number % LETTERS == 0:
            self._at(begun + dt.timedelta(minutes=10), lambda: self._attach_letter(case, member))
        if submit or accept or release_in is not None:
            self._at(begun + dt.timedelta(minutes=20), lambda: self._do(drafts.submit, case, member))
        if accept or release_in is not None:
            self._at(begun + dt.timedelta(hours=2), lambda: self._do(releases.accept, case, technician))
            if number % NOTES == 0:
                self._at(begun + dt.timedelta(hours=3), lambda: self._note(case, technician))
        if release_in is None:
            if accept and number == 0:
                self._at(begun + dt.timedelta(hours=4), lambda: answers.begin(case, technician, number))
            return
        done = begun + dt.timedelta(hours=5) if completed is None else self._moment(completed)
        if number % REPORTS == 0:
            self._at(done - dt.timedelta(minutes=10), lambda: self._attach_report(case, technician))
        self._at(done - dt.timedelta(minutes=5), lambda: answers.write(case, technician, number))
        self._at(done, lambda: self._complete(case, technician, release_in, release_at))
        if then:
            self._at(done + dt.timedelta(days=1), self._change(then, case, technician, release_in))

    def _change(self, then: str, case: Case, technician: User, release_in: int) -> Callable[[], object]:
        """Return what can be done to a completed case, by name."""
        changes: dict[str, Callable[[], object]] = {
            "hold": lambda: self._do(
                releases.cancel_schedule, case, self.admin, reason="Waiting for a letter from the agency."
            ),
            "return": lambda: self._do(releases.return_to_accepted, case, technician, reason="One figure is missing."),
            "reschedule": lambda: self._do(
                releases.schedule, case, technician, release_on=self._in_days(release_in + 4)
            ),
            "early": lambda: self._do(
                releases.release_now, case, self.admin, reason="The member needs it for a meeting."
            ),
            "recall": lambda: recalls.recall(case, by=self.admin, again=False),
            "release again": lambda: recalls.recall(case, by=self.admin, again=True),
        }
        changes["condition"] = lambda: conditions.hold_back(case=case, technician=technician)
        return changes[then]

    def _draft(self, case: Case, member: User) -> None:
        title = self.random.choice(SUBJECTS)
        made = drafts.create(
            by=member,
            title=title,
            case_type=self.types.get(title),
            description=self.random.choice(DESCRIPTIONS),
            urgency=self.random.choices(["normal", "urgent"], weights=[5, 1])[0],
        )
        case.pk = made.pk

    def _attach_letter(self, case: Case, member: User) -> None:
        case.refresh_from_db()
        self._do(documents.attach, case, member, file=papers.letter(case.title, case.description))

    def _attach_report(self, case: Case, technician: User) -> None:
        case.refresh_from_db()
        file = papers.report(case.title, case.external_case_id)
        self._do(documents.attach, case, technician, file=file)

    def _note(self, case: Case, technician: User) -> None:
        notes.add(case=case, by=technician, text=self.random.choice(papers.NOTES))

    def _complete(self, case: Case, technician: User, release_in: int, release_at: dt.time | None) -> None:
        release_on = self._in_days(release_in, release_at) if release_in else None
        self._do(releases.complete, case, technician, release_on=release_on)

    def _do(self, verb: Callable[..., object], case: Case, by: User, **options: object) -> None:
        verb(case=case, by=by, source=CaseEvent.Source.WEB, **options)

    def _in_days(self, days: int, time: dt.time | None = None) -> Schedule:
        date = schedule.date_of(timezone.now()) + dt.timedelta(days=days)
        return Schedule(days_from(date).next_open(date) or date, time)

    def _moment(self, days_ago: int) -> dt.datetime:
        """Return a moment in the morning of that day, on the portal's clock."""
        day = schedule.date_of(self.start) - dt.timedelta(days=days_ago)
        return schedule.instant(day, dt.time(8 + self.random.randrange(3), self.random.randrange(60)))

    def _days(self, least: int, most: int) -> int:
        return self.random.randint(least, most)

    def _at(self, moment: dt.datetime, act: Callable[[], object]) -> None:
        # Nothing happens in the future. Steps that would are squeezed into the present, in order.
        self.steps.append((min(moment, self.start), len(self.steps), act))


def _login(name: str) -> str:
    return name.lower().replace(" ", ".")
