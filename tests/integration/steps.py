"""The steps of which the stories consist."""

import datetime as dt
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db.models import Count
from django.utils import timezone

from cases import releases
from cases.core.schedule import Schedule
from cases.delivery import celery_publisher
from cases.models import Case, CaseEvent, OutgoingEmail, User
from portal.celery import app
from tests.factories import CaseFactory
from tests.integration.processes import Worker

T = TypeVar("T")
Source = CaseEvent.Source
RELEASED = CaseEvent.Kind.RELEASED


def until(what: str, holds: Callable[[], T], *, seconds: float = 30) -> T:
    """Return what `holds` returns as soon as that is true. Fail if it never is."""
    ends = time.monotonic() + seconds
    while not (value := holds()):
        assert time.monotonic() < ends, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return value


@contextmanager
def answers_within(seconds: float) -> Iterator[None]:
    """Check how long a person waits for the block."""
    begun = time.monotonic()
    yield
    taken = time.monotonic() - begun
    assert taken < seconds, f"took {taken:.2f} s"


def in_seconds(seconds: float) -> Schedule:
    """Return the schedule of the first whole second that is at least that far ahead."""
    moment = timezone.localtime(timezone.now() + dt.timedelta(seconds=seconds + 1)).replace(microsecond=0)
    return Schedule(moment.date(), moment.time())


def completed(*, member: User, by: User, release_on: Schedule) -> Case:
    """The technician `by` completes a case of `member`."""
    case = CaseFactory(member=member, assigned_to=by)
    return releases.complete(case=case, by=by, source=Source.WEB, release_on=release_on)


def wave(count: int, *, members: list[User], technician: User) -> list[Case]:
    """Create that many cases that are already due. They belong to the members in turn."""
    return Case.objects.bulk_create(
        CaseFactory.build(due=True, member=members[number % len(members)], assigned_to=technician)
        for number in range(count)
    )


def is_released(case: Case) -> bool:
    return Case.objects.filter(pk=case.pk, actual_release_date__isnull=False).exists()


def sources(case: Case) -> list[str]:
    """Return what released it, for each release."""
    return list(CaseEvent.objects.filter(case=case, kind=RELEASED).values_list("source", flat=True))


def released_count() -> int:
    return Case.objects.filter(actual_release_date__isnull=False).count()


def assert_released_once(cases: Iterable[Case]) -> None:
    """Check that each has one stamp, one history entry that says the same, and one email row."""
    keys = [case.pk for case in cases]
    rows = Case.objects.filter(pk__in=keys, release_number=1).values_list("pk", "actual_release_date", "release_batch")
    events = CaseEvent.objects.filter(case__in=keys, kind=RELEASED)
    assert sorted(rows) == sorted(events.values_list("case", "at", "release_batch"))
    assert len(rows) == len(keys)
    emails = OutgoingEmail.objects.filter(case__in=keys)
    assert set(emails.values("case").annotate(rows=Count("pk")).values_list("case", "rows")) == {(k, 1) for k in keys}


def publish_sweep(**options: object) -> None:
    """Do what beat does."""
    app.send_task("tasks.releases.sweep", **options)


def run_sender(worker: Worker) -> None:
    """Have the mail worker look once more, so that anything it might send twice has been sent."""
    runs = worker.logs().count("succeeded in")
    celery_publisher.publish_mail_waiting()
    until("the sender has run", lambda: worker.has_seen("succeeded in", times=runs + 1))
