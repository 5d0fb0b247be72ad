"""Any order of edits, sweeps, visits and wake-ups, compared with a model of the rules that has no database.

The zone is Berlin and the clock starts on the eve of the day of 25 hours. The model never computes an instant: it
watches the wall clock, a quarter of an hour at a time, and remembers the latest time shown.
"""

import contextlib
import datetime as dt
import os
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.test import override_settings
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from cases import releases
from cases.casework import drafts
from cases.core import limits
from cases.core.errors import BadSchedule, CaseError, NotAllowed, ReasonRequired, Stale, WrongState
from cases.core.schedule import Schedule
from cases.delivery import celery_publisher, outbox
from cases.lifecycle.release_stop import ReleasesStopped
from cases.models import Case, CaseEvent, Condition, OutgoingEmail, User
from cases.releases import blackout_days
from cases.releases.on_read import release_on_read
from tasks import releases as tasks
from tests.clocks import frozen_clock
from tests.factories import UserFactory

BERLIN = ZoneInfo("Europe/Berlin")
START = dt.datetime(2025, 10, 25, 20, 0, tzinfo=dt.UTC)
QUARTER = dt.timedelta(minutes=15)
MIN_DAYS, MAX_DAYS = 1, 30
DEFAULT_TIME = dt.time(9, 30)
# Two quarters of an hour: an undo comes before, at, or after the end.
UNDO = dt.timedelta(minutes=30)
# The opening is in the hour that occurs twice, at its first occurrence.
MAIL_HOURS = (dt.time(2, 30), dt.time(20))
# To try more of them: HISTORIES=10000 make test PYTEST="-k any_order_of_events".
HISTORIES = int(os.environ.get("HISTORIES", "35"))

# Times around the hour that occurs twice, midnight and the default time, which None stands for.
TIMES = [dt.time(2), dt.time(2, 30), dt.time(3), dt.time(0), dt.time(9, 30), dt.time(23, 45), None]
# In quarters of an hour: 18 lead into the first pass of that hour, 21 into the second.
STEPS = [21, 18, 1, 2, 3, 48, 96, 400]

schedules = st.builds(
    lambda days, time: (days, time), st.sampled_from([1, 1, 0, 0, 2, 7, 31, -1]), st.sampled_from(TIMES)
)
reasons = st.sampled_from(["", "because"])


@dataclass
class Model:
    """What must be true about one case."""

    pk: int
    status: str = "accepted"
    schedule: Schedule | None = None
    wanted: dt.datetime | None = None  # that, on the wall clock
    revision: int = 0
    released_at: dt.datetime | None = None
    early: bool = False  # released by a person, not by the schedule
    released_by: User | None = None  # that person
    mails: list[tuple[str, dt.datetime]] = field(default_factory=list)  # of each release: its state, and when it is due
    notices: list[tuple[int, str]] = field(
        default_factory=list
    )  # for each recall that is reported: its release, its state
    to_confirm: int = 0  # open manual conditions
    conditions: int = 0  # of any kind and state
    approval: str = ""  # open, met or waived, once it is requested
    history: list[str] = field(default_factory=list)

    @property
    def pending(self) -> bool:
        return self.status == "completed" and self.released_at is None

    @property
    def open_conditions(self) -> int:
        return self.to_confirm + (self.approval == "open")

    @property
    def takes_conditions(self) -> bool:
        return self.status == "accepted" or self.pending

    def lapse(self):
        """Something other than what was approved would be released."""
        if self.approval == "met":
            self.approval = "open"
            self.history.append("approval_lapsed")


class Releases(RuleBasedStateMachine):
    """The rules, each applied to the program and to the model."""

    cases = Bundle("cases")

    def __init__(self):
        super().__init__()
        self.resources = contextlib.ExitStack()
        self.resources.enter_context(transaction.atomic())
        # Rules deliver wake-ups here, in any order. The broker has nothing to do.
        self.resources.enter_context(pytest.MonkeyPatch.context()).setattr(celery_publisher, "_publish", self._publish)
        self.clock = self.resources.enter_context(frozen_clock(START))
        self.now = START
        self.shown = self._wall()
        self.models: dict[int, Model] = {}
        self.is_stopped, self.just_stopped_for = False, ""
        self.events_seen: list[tuple[int, int, str]] = []
        self.closed: set[dt.date] = set()

    def _publish(self, task, **options):
        assert options.get("eta", self.now) >= self.now, f"{task} for a moment that has passed"
        return True

    def teardown(self):
        transaction.set_rollback(True)
        self.resources.close()

    def _wall(self) -> dt.datetime:
        return self.now.astimezone(BERLIN).replace(tzinfo=None)

    @initialize(target=cases)
    def three_cases(self):
        """One of them is scheduled in the hour that occurs twice."""
        self.member = UserFactory(username="mia")
        self.other_member = UserFactory(username="olga")
        self.technician = UserFactory(username="tom", role=User.Role.TECHNICIAN)
        self.other_technician = UserFactory(username="otto", role=User.Role.TECHNICIAN)
        self.administrator = UserFactory(username="ada", role=User.Role.ADMINISTRATOR)
        made = []
        for _ in range(3):
            case = drafts.create(by=self.member, title="A question", description="")
            drafts.submit(case=case, by=self.member, source="web")
            made.append(releases.accept(case=case, by=self.technician, source="web"))
            self.models[case.pk] = Model(case.pk, history=["submitted", "accepted"])
        self.complete_and_schedule(made[0], (1, dt.time(2, 30)), by_ada=False, reason="")
        return multiple(*made)

    # --- The model ---

    def reached(self, model: Model) -> bool:
        return model.wanted is not None and model.wanted <= self.shown

    def due(self, model: Model) -> bool:
        return model.pending and self.reached(model) and not model.open_conditions

    def release_due_in_model(self):
        released = [model for model in self.models.values() if self.due(model) and not self.is_stopped]
        for model in released:
            self.release_in_model(model)
        return len(released)

    def release_in_model(self, model: Model, *, by: User | None = None):
        model.released_at, model.early, model.released_by = self.now, by is not None, by
        model.mails.append(("waiting", self.now + (UNDO if by else dt.timedelta())))
        model.history.append("released")

    def take_back_in_model(self, model: Model, kind: str):
        state, due = model.mails[-1]
        if state == "waiting":
            model.mails[-1] = ("dropped", due)
        # What the member read last: that the case is ready. No later email has left since.
        told = max((number for number, (state, _) in enumerate(model.mails, 1) if state == "sent"), default=0)
        model.notices = [(of, "waiting" if (of, state) == (told, "dropped") else state) for of, state in model.notices]
        self.set_in_model(model, None)
        model.released_at = model.released_by = None
        model.lapse()
        model.history.append(kind)

    def refusal_at_once(self, model: Model, *, allowed: bool):
        """Return what must be raised when a person releases immediately, or None if they may."""
        if not allowed:
            return WrongState
        if self.is_stopped:
            return ReleasesStopped
        return WrongState if model.open_conditions else None

    def refusal(self, schedule: Schedule, who: User, reason: str):
        """Return what must be raised for that choice, or None if it is allowed."""
        today = self.now.astimezone(BERLIN).date()
        wall = dt.datetime.combine(schedule.date, schedule.time or DEFAULT_TIME)
        if schedule.date < today or wall <= self.shown or schedule.date in self.closed:
            return BadSchedule
        if today + dt.timedelta(days=MIN_DAYS) <= schedule.date <= today + dt.timedelta(days=MAX_DAYS):
            return None
        if who is self.technician:
            return BadSchedule
        return None if reason else ReasonRequired

    def schedule_of(self, chosen) -> Schedule:
        days, time = chosen
        return Schedule(self.now.astimezone(BERLIN).date() + dt.timedelta(days=days), time)

    def set_in_model(self, model: Model, schedule: Schedule | None):
        model.schedule = schedule
        model.wanted = schedule and dt.datetime.combine(schedule.date, schedule.time or DEFAULT_TIME)
        model.revision += 1

    @staticmethod
    def attempt(verb, *, refused_with, **arguments) -> bool:
        """Do it, or assert that it is refused as the model says."""
        if refused_with is None:
            verb(source="web", **arguments)
            return True
        with pytest.raises(refused_with), transaction.atomic():
            verb(source="web", **arguments)
        return False

    # --- What people do ---

    @rule(case=cases, chosen=schedules, by_ada=st.booleans(), reason=reasons)
    def complete_and_schedule(self, case, chosen, by_ada, reason):
        model, who, schedule = (
            self.models[case.pk],
            self.administrator if by_ada else self.technician,
            self.schedule_of(chosen),
        )
        refused = WrongState if model.status != "accepted" else self.refusal(schedule, who, reason)
        if self.attempt(releases.complete, refused_with=refused, case=case, by=who, release_on=schedule, reason=reason):
            model.status = "completed"
            self.set_in_model(model, schedule)
            model.history.append("completed")

    @rule(case=cases)
    def complete_and_release(self, case):
        model = self.models[case.pk]
        refused = self.refusal_at_once(model, allowed=model.status == "accepted")
        if self.attempt(releases.complete, refused_with=refused, case=case, by=self.technician, release_on=None):
            model.status = "completed"
            self.set_in_model(model, None)
            model.history.append("completed")
            self.release_in_model(model, by=self.technician)

    @rule(case=cases, chosen=schedules, by_ada=st.booleans(), reason=reasons)
    def reschedule(self, case, chosen, by_ada, reason):
        model, who, schedule = (
            self.models[case.pk],
            self.administrator if by_ada else self.technician,
            self.schedule_of(chosen),
        )
        if not model.pending:
            refused = WrongState
        elif by_ada and not reason:
            refused = ReasonRequired
        else:
            refused = self.refusal(schedule, who, reason)
        held, is_new = model.wanted is None, model.schedule != schedule
        done = self.attempt(
            releases.schedule, refused_with=refused, case=case, by=who, release_on=schedule, reason=reason
        )
        if done and is_new:
            self.set_in_model(model, schedule)
            model.lapse()
            model.history.append("scheduled" if held else "rescheduled")

    @rule(case=cases)
    def cancel(self, case):
        model = self.models[case.pk]
        may_hold = model.pending and model.wanted and (self.is_stopped or not self.due(model))
        refused = None if may_hold else WrongState
        if self.attempt(
            releases.cancel_schedule, refused_with=refused, case=case, by=self.administrator, reason="hold it"
        ):
            self.set_in_model(model, None)
            model.lapse()
            model.history.append("held")

    @rule(case=cases, by_ada=st.booleans())
    def give_back(self, case, by_ada):
        model = self.models[case.pk]
        refused = None if model.pending else WrongState
        who = self.administrator if by_ada else self.technician
        if self.attempt(releases.return_to_accepted, refused_with=refused, case=case, by=who):
            model.status = "accepted"
            self.set_in_model(model, None)
            model.lapse()
            model.history.append("returned")

    @rule(case=cases)
    def release_now(self, case):
        model = self.models[case.pk]
        refused = self.refusal_at_once(model, allowed=model.pending)
        if self.attempt(releases.release_now, refused_with=refused, case=case, by=self.administrator, reason="now"):
            self.release_in_model(model, by=self.administrator)

    @rule(case=cases, by_ada=st.booleans())
    def undo(self, case, by_ada):
        model, who = self.models[case.pk], self.administrator if by_ada else self.technician
        if not model.released_at:
            refused = WrongState
        elif model.released_by is not who:
            refused = NotAllowed
        else:
            refused = WrongState if self.now >= model.released_at + UNDO else None
        if self.attempt(releases.undo, refused_with=refused, case=case, by=who):
            self.take_back_in_model(model, "undone")

    @rule(case=cases, reason=reasons)
    def recall(self, case, reason):
        model = self.models[case.pk]
        refused = None if model.released_at and reason else ReasonRequired if model.released_at else WrongState
        if self.attempt(releases.recall, refused_with=refused, case=case, by=self.administrator, reason=reason):
            if model.mails[-1][0] == "sent":
                model.notices.append((len(model.mails), "waiting"))
            self.take_back_in_model(model, "recalled")

    @rule(days=st.sampled_from([0, 1, 2, 7]))
    def close_a_day_or_open_it_again(self, days):
        """Stored schedules stay as they are."""
        date, options = self.schedule_of((days, None)).date, {"by": self.administrator, "source": "web"}
        if date in self.closed:
            blackout_days.remove(date=date, **options)
        else:
            blackout_days.add(date=date, name="Office move", **options)
        self.closed ^= {date}
        self.just_stopped_for = ""

    @rule(case=cases)
    def add_condition(self, case):
        model = self.models[case.pk]
        refused = None if model.takes_conditions and model.conditions < limits.CONDITIONS else WrongState
        if self.attempt(
            releases.add_condition, refused_with=refused, case=case, by=self.technician, kind="manual", name="Paid"
        ):
            model.to_confirm += 1
            model.conditions += 1
            model.history.append("condition_added")

    @rule(case=cases)
    def ask_for_approval(self, case):
        model = self.models[case.pk]
        is_new = not model.approval
        fits = model.conditions < limits.CONDITIONS if is_new else model.approval != "open"
        refused = None if model.takes_conditions and fits else WrongState
        if self.attempt(
            releases.add_condition, refused_with=refused, case=case, by=self.administrator, kind="approval"
        ):
            model.approval = "open"
            model.conditions += is_new
            model.history.append("condition_added" if is_new else "condition_reopened")

    @rule(case=cases)
    def meet_condition(self, case):
        model = self.models[case.pk]
        if found := Condition.objects.filter(case=case, kind="manual", state="open").first():
            refused = None if model.takes_conditions else WrongState
            if self.attempt(releases.meet_condition, refused_with=refused, condition=found, by=self.technician):
                model.to_confirm -= 1
                model.history.append("condition_met")

    @rule(case=cases)
    def approve(self, case):
        model = self.models[case.pk]
        if found := Condition.objects.filter(case=case, kind="approval").first():
            refused = None if model.pending and model.approval == "open" else WrongState
            if self.attempt(releases.approve, refused_with=refused, condition=found, by=self.other_technician):
                model.approval = "met"
                model.history.append("approved")

    @rule(case=cases)
    def waive(self, case):
        model = self.models[case.pk]
        if found := Condition.objects.filter(case=case, state="open").last():
            releases.waive_condition(condition=found, by=self.administrator, source="web", reason="not needed")
            if found.kind == "approval":
                model.approval = "waived"
            else:
                model.to_confirm -= 1
            model.history.append("condition_waived")

    @rule(case=cases, behind=st.integers(1, 3))
    def an_older_form(self, case, behind):
        model = self.models[case.pk]
        version = Case.objects.get(pk=case.pk).version - behind
        with pytest.raises(Stale if model.pending else WrongState), transaction.atomic():
            releases.release_now(case=case, by=self.administrator, source="web", reason="now", version=version)

    @rule(case=cases)
    def somebody_else_tries(self, case):
        before = Case.objects.values().get(pk=case.pk)
        for who in (self.other_member, self.member):
            for verb in (releases.release_now, releases.recall):
                with pytest.raises((CaseError, Case.DoesNotExist)), transaction.atomic():
                    verb(case=case, by=who, source="web", reason="mine")
        assert Case.objects.values().get(pk=case.pk) == before

    @rule(reason=st.sampled_from(["a wrong report", "another one"]))
    def stop(self, reason):
        """Right after a stop for the same reason it is a button pressed twice, which does nothing."""
        refused = WrongState if self.is_stopped and self.just_stopped_for != reason else None
        if self.attempt(releases.stop_releases, refused_with=refused, by=self.administrator, reason=reason):
            self.is_stopped, self.just_stopped_for = True, reason

    @rule()
    def start(self):
        refused = None if self.is_stopped else WrongState
        self.attempt(releases.start_releases, refused_with=refused, by=self.administrator)
        self.is_stopped = False

    # --- What programs do ---

    @rule()
    def sweep(self):
        assert tasks.sweep() == self.release_due_in_model()

    @rule(case=cases, revision=st.integers(0, 6), times=st.integers(1, 2))
    def wake_up(self, case, revision, times):
        """At any time, for any revision, perhaps twice."""
        assert tasks.release_case(case.pk, revision) == self.release_due_in_model()
        assert [tasks.release_case(case.pk, revision) for _ in range(times - 1)] == [0] * (times - 1)

    @rule()
    def mails_are_sent(self):
        """About a release only within the mail hours, about a recall at any time."""
        outbox.deliver()
        is_open = MAIL_HOURS[0] <= self.shown.time() < MAIL_HOURS[1]
        for model in self.models.values():
            model.mails = [
                ("sent", due) if state == "waiting" and due <= self.now and is_open else (state, due)
                for state, due in model.mails
            ]
            told = "dropped" if model.released_at else "sent"
            model.notices = [(of, told if state == "waiting" else state) for of, state in model.notices]

    @rule()
    def mia_looks(self):
        release_on_read(self.member)
        self.release_due_in_model()  # all cases are hers
        for model in self.models.values():
            assert Case.objects.visible_to(self.member).filter(pk=model.pk).exists() == (not model.pending)

    @rule()
    def others_look(self):
        for who in (self.other_member, self.technician, self.administrator):
            release_on_read(who)

    @rule(steps=st.sampled_from(STEPS))
    def time_passes(self, steps):
        for _ in range(steps):
            self.now += QUARTER
            self.shown = max(self.shown, self._wall())
        self.clock.move_to(self.now)

    # --- What must hold, whatever was done ---

    @invariant()
    def the_program_agrees_with_the_model(self):
        for case in self.rows():
            model = self.models[case.pk]
            assert (case.status, case.schedule_revision) == (model.status, model.revision)
            assert case.open_conditions == model.open_conditions
            assert case.actual_release_date == model.released_at
            assert case.release_number == len(model.mails)

    @invariant()
    def members_see_what_is_not_pending(self):
        visible = set(Case.objects.visible_to(self.member).values_list("pk", flat=True))
        assert visible == {pk for pk, model in self.models.items() if not model.pending}

    @invariant()
    def due_is_what_the_wall_clock_has_shown(self):
        due = set(Case.objects.due(self.now).values_list("pk", flat=True))
        assert due == {pk for pk, model in self.models.items() if self.due(model)}
        assert Case.objects.any_due(self.now) == bool(due)

    @invariant()
    def nothing_is_released_before_its_time(self):
        for case in self.rows():
            if case.is_released and not self.models[case.pk].early:
                assert case.release_instant <= case.actual_release_date

    @invariant()
    def history_only_grows_and_tells_each_release_once(self):
        events = list(CaseEvent.objects.order_by("pk").values_list("pk", "case", "kind"))
        assert events[: len(self.events_seen)] == self.events_seen
        self.events_seen = events
        for pk, model in self.models.items():
            assert [kind for _, case, kind in events if case == pk] == model.history
            assert model.history.count("released") == len(model.mails)

    @invariant()
    def each_release_has_one_email_and_each_recall_of_a_told_one_another(self):
        emails = OutgoingEmail.objects.order_by("release_number").values_list("case", "kind", "release_number", "state")
        for pk, model in self.models.items():
            of_case = [(kind, number, state) for case, kind, number, state in emails if case == pk]
            releases_told = [("released", number, state) for number, (state, _) in enumerate(model.mails, 1)]
            recalls_told = [("recalled", *notice) for notice in model.notices]
            assert sorted(of_case) == sorted(releases_told + recalls_told)

    def rows(self) -> list[Case]:
        return list(Case.objects.filter(pk__in=self.models))


@pytest.mark.slow
@pytest.mark.django_db
def test_any_order_of_events_keeps_the_promise():
    with override_settings(
        TIME_ZONE="Europe/Berlin",
        RELEASE_TIME_OF_DAY=DEFAULT_TIME,
        RELEASE_MIN_DAYS=MIN_DAYS,
        RELEASE_MAX_DAYS=MAX_DAYS,
        RELEASE_UNDO_SECONDS=int(UNDO.total_seconds()),
        RELEASE_MAIL_HOURS=MAIL_HOURS,
    ):
        run_state_machine_as_test(
            Releases,
            settings=settings(
                max_examples=HISTORIES,
                stateful_step_count=20,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                database=None,
            ),
        )
