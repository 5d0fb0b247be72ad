"""2,000 members read their page every 30 seconds while 10,000 of their cases fall due at one instant."""

import datetime as dt

from tests.bench.figures import Figure, at_most, percentile
from tests.bench.load import Answer, answers, started
from tests.bench.servers import Servers
from tests.bench.webserver import LocalSite, sessions_of

TITLE = "Case of the wave"
# As many as a section of the dashboard shows.
CASES_EACH = 5
TEXT = (
    "Then people with a session each open their dashboard every 30 s, while a release worker with two processes "
    "releases a wave of five cases for each of them. An answer is late if its request began after the instant and a "
    "case is missing. It is early if its request began before and a case is there. The emails are not sent meanwhile."
)


def measure(servers: Servers, site: LocalSite, *, small: bool) -> list[Figure]:
    """Measure errors, late and early answers, and response times before and after the instant."""
    from cases.core.clock import portal_now
    from cases.releases import wakeups

    people, every, seconds, lead = (60, 2.0, 8.0, 4.0) if small else (2000, 30.0, 75.0, 40.0)
    servers.worker("releases", processes=2, name="releases")
    members, sessions = _people(people)
    _complete(members)
    instant = (portal_now() + dt.timedelta(seconds=lead)).replace(microsecond=0)
    _schedule(instant)
    load = started(site.port, [("/", key) for key in sessions], every=every, seconds=seconds, text=TITLE)
    wakeups.arm_upcoming(portal_now())
    return _figures(answers(load), instant.timestamp())


def _people(count: int):  # type: ignore[no-untyped-def]
    from cases.models import User

    members = User.objects.bulk_create(
        (User(username=f"reader-{n}", email=f"reader-{n}@example.com") for n in range(count)), batch_size=1000
    )
    return members, sessions_of(members)


def _complete(members) -> None:  # type: ignore[no-untyped-def]
    """Complete five cases for each member, scheduled for another day."""
    from django.db import connection
    from django.utils import timezone

    from cases.models import Case
    from tests.factories import UserFactory

    technician = UserFactory(role="technician")
    case = {"assigned_to": technician, "title": TITLE, "status": "completed", "schedule_revision": 1}
    later = timezone.localdate() + dt.timedelta(days=30)
    Case.objects.bulk_create(
        (Case(member=member, scheduled_release_date=later, **case) for member in members for _ in range(CASES_EACH)),
        batch_size=2000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _schedule(instant: dt.datetime) -> None:
    from django.utils import timezone

    from cases.models import Case

    local = timezone.localtime(instant)
    wave = Case.objects.filter(title=TITLE)
    wave.update(scheduled_release_date=local.date(), scheduled_release_time=local.time())


def _figures(looks: list[Answer], instant: float) -> list[Figure]:
    from cases.models import CaseEvent

    after = [look for look in looks if look.begun > instant]
    before = [look for look in looks if look.ended <= instant]
    if not before or not after:
        raise AssertionError("All looks were on one side of the instant: the machine was too slow to start them.")
    by_reads = CaseEvent.objects.filter(kind="released", source="read").count()
    size = f"{len({look.person for look in looks}):,} people"
    return [
        Figure(f"{size}: looks", len(looks), ""),
        at_most(f"{size}: answers that are errors", sum(look.status != 200 for look in looks), "", 0),
        at_most(f"{size}: late", sum(look.found != CASES_EACH for look in after), f"of {len(after):,} looks", 0),
        at_most(f"{size}: early", sum(look.found != 0 for look in before), f"of {len(before):,} looks", 0),
        Figure(f"{size}: released by their own look, before the wave got there", by_reads, "cases"),
        Figure(f"{size}: p95 of looks before the instant", percentile([x.seconds for x in before], 0.95) * 1000, "ms"),
        Figure(
            f"{size}: p95 of looks within 10 s after the instant",
            percentile([x.seconds for x in after if x.begun < instant + 10], 0.95) * 1000,
            "ms",
        ),
    ]
