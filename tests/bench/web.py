"""Web: the portal's pages against plain Django views, and 2,000 readers during a wave.

python -m tests.bench.web [--small]
"""

import statistics
from typing import Any

from tests.bench import concurrent_readers
from tests.bench.figures import Chart, Section, Table, at_least, percentile, standalone
from tests.bench.load import Answer, ask
from tests.bench.servers import start_servers
from tests.bench.webserver import LocalSite, sessions_of
from tests.static_files import collect_static

AT_A_TIME = 8
MEMBERS = 50
# Cases of each member, in the order of creation. The technician has the same number of each in total.
STATES = {"draft": 1, "submitted": 2, "scheduled": 2, "held": 1, "released": 3}
ACCEPTED = 2


def measure(*, small: bool) -> Section:
    """Measure requests per second and their p95, alternating between ours and plain, and the readers during a wave."""
    rounds, seconds = (2, 0.5) if small else (5, 2.0)
    with start_servers() as servers:
        collect_static()
        pages = _fill()
        if small:
            pages = {name: pages[name] for name in ("member's dashboard", "technician's case")}
        ours = LocalSite("portal", servers)
        plain = LocalSite("plain", servers, DJANGO_SETTINGS_MODULE="tests.bench.plain.settings")
        compared = {name: _compare(ours, plain, page, rounds, seconds) for name, page in pages.items()}
        plain.teardown()
        looks = concurrent_readers.measure(servers, ours, small=small)
    ratios = {
        name: statistics.median(a / b for a, b in zip(*rates, strict=True)) for name, (rates, _) in compared.items()
    }
    return Section(
        "web",
        "Web",
        "gunicorn (two processes of four threads, as in the Dockerfile) and PostgreSQL run on one machine. A "
        f"separate process requests {AT_A_TIME} pages at a time. The baseline is a second server with Django's views, "
        "the same number of rows, the same sections, facts and forms, the same base template, the same login, "
        f"and all middleware except ours. The two take turns of {seconds:g} s. {concurrent_readers.TEXT}",
        [
            *(at_least(f"{name}: requests a second, ours ÷ plain", ratio, "", 0.8) for name, ratio in ratios.items()),
            *looks,
        ],
        [
            Table(
                "Pages under load",
                ["page", "ours, 1/s", "plain, 1/s", "ours p95, ms", "plain p95, ms"],
                _rows(compared),
            )
        ],
        [Chart("Pages: throughput against plain views", "ours ÷ plain", ratios)],
    )


def _fill() -> dict[str, dict[str, Any]]:
    """Create cases of 50 members and one technician. Return the pages by name: both paths, and who asks."""
    from django.db import connection

    from cases.models import Case, User
    from tests.factories import CaseFactory, UserFactory

    technician = UserFactory(username="tom", role=User.Role.TECHNICIAN)
    members = [UserFactory() for _ in range(MEMBERS)]
    for member in members:
        for state, count in STATES.items():
            assigned = None if state in ("draft", "submitted") else technician
            CaseFactory.create_batch(count, member=member, assigned_to=assigned, **{state: True})
        CaseFactory.create_batch(ACCEPTED, member=member, assigned_to=technician)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    sessions = sessions_of(members)
    (session,) = sessions_of([technician])
    released = {case.member_id: case.pk for case in Case.objects.filter(actual_release_date__isnull=False)}
    scheduled = list(Case.objects.filter(scheduled_release_date__isnull=False, actual_release_date=None)[:MEMBERS])
    return {
        "member's dashboard": _page("/", "/plain/", sessions),
        "member's case": {
            "ours": [(f"/cases/{released[m.pk]}/", key) for m, key in zip(members, sessions, strict=True)],
            "plain": [(f"/plain/cases/{released[m.pk]}/", key) for m, key in zip(members, sessions, strict=True)],
        },
        "technician's dashboard": _page("/", "/plain/work/", [session]),
        "technician's case": {
            "ours": [(f"/cases/{case.pk}/", session) for case in scheduled],
            "plain": [(f"/plain/cases/{case.pk}/", session) for case in scheduled],
        },
    }


def _page(ours: str, plain: str, sessions: list[str]) -> dict[str, Any]:
    return {"ours": [(ours, session) for session in sessions], "plain": [(plain, session) for session in sessions]}


Rates = tuple[list[float], list[float]]
Times = tuple[list[float], list[float]]


def _compare(
    ours: LocalSite, plain: LocalSite, page: dict[str, Any], rounds: int, seconds: float
) -> tuple[Rates, Times]:
    """Return the requests per second of each round and the seconds of all requests, ours and plain. Skip the first
    round."""
    rates: Rates = ([], [])
    times: Times = ([], [])
    for number in range(rounds + 1):
        for way, (site, people) in enumerate(((ours, page["ours"]), (plain, page["plain"]))):
            answers = ask(site.port, people, at_a_time=AT_A_TIME, seconds=seconds)
            _check(answers, people, site)
            if number:
                rates[way].append(len(answers) / (max(a.ended for a in answers) - min(a.begun for a in answers)))
                times[way].extend(answer.seconds for answer in answers)
    return rates, times


def _check(answers: list[Answer], people: list[tuple[str, str]], site: LocalSite) -> None:
    wrong = [(people[a.person][0], a.status) for a in answers if a.status != 200 or not a.found]
    if wrong:
        raise AssertionError(f"{site.name} answered {wrong[:3]}\n{site.logs()[-2000:]}")


def _rows(compared: dict[str, tuple[Rates, Times]]) -> list[list[str]]:
    return [
        [
            name,
            *(f"{statistics.median(way):,.0f}" for way in rates),
            *(f"{percentile(way, 0.95) * 1000:,.1f}" for way in times),
        ]
        for name, (rates, times) in compared.items()
    ]


if __name__ == "__main__":
    standalone(measure)
