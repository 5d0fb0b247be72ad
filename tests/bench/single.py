"""Single releases: the seconds from the instant until the member sees the case, and until the mail server has the mail.

python -m tests.bench.single [--small]
"""

import statistics
import time

import psycopg

from tests.bench.figures import Chart, Figure, Section, Table, at_most, percentile, standalone
from tests.bench.servers import Servers, start_servers
from tests.bench.single_releases import schedule_apart, watch_each
from tests.chaos.devices.smtp_server import SmtpServer

TEXT = """
Every case has a member, an instant and a wake-up of its own. The cases are scheduled through the verb, a tenth of a
second apart, with a release worker and a mail worker of two processes each on an otherwise idle system. Visible means
seen by another connection that checks every 2 milliseconds. The email is timed from the same instant until an SMTP
server in a separate process has received it. No figure comes from stored timestamps.
""".strip().replace("\n", " ")

APART = 0.1
MAIL_PATIENCE = 30

Run = tuple[list[float], list[float]]  # seconds until visible, seconds until the mail was accepted


def measure(*, small: bool) -> Section:
    """Measure several runs of many single releases."""
    cases, rounds = (20, 1) if small else (200, 5)
    with start_servers() as servers, SmtpServer(servers.directory) as server:
        servers.environment["EMAIL_URL"] = server.url
        servers.worker("releases", processes=2)
        servers.worker("mail", processes=2)
        runs = [_run(servers, server, cases) for _ in range(rounds)]
    return section(runs)


def _run(servers: Servers, server: SmtpServer, cases: int) -> Run:
    mark = server.mark()
    instants = schedule_apart(cases, apart=APART)
    with psycopg.connect(servers.environment["DATABASE_URL"], autocommit=True) as outside:
        visible = watch_each(outside, instants)
    return visible, _mailed(server, mark, instants)


def _mailed(server: SmtpServer, mark: int, instants: dict[int, float]) -> list[float]:
    ends = time.time() + MAIL_PATIENCE
    while (missing := len(instants) - len(mails := server.accepted(mark))) and time.time() < ends:
        time.sleep(0.1)
    if missing:
        raise ValueError(f"{missing} mails are missing, or doubled where negative.")
    return [mail.time - instants[mail.cases[0]] for mail in mails]


def section(runs: list[Run]) -> Section:
    """Return the section of the report: median, p95 and maximum of each run, and their medians over the runs."""
    visible, mailed = ([run[which] for run in runs] for which in (0, 1))
    figures = [
        *_figures("Instant to visible", visible, 50),
        *_figures("Instant to mail at the server", mailed, 150),
    ]
    rows = [
        [what, str(number), *(f"{value * 1000:.0f}" for value in _marks(run))]
        for what, of_runs in (("visible", visible), ("mail", mailed))
        for number, run in enumerate(of_runs, 1)
    ]
    table = Table("Milliseconds after the instant, run by run", ["what", "run", "median", "p95", "max"], rows)
    bars = {figure.name: figure.value for figure in figures if figure.name.endswith(("median", "p95"))}
    return Section(
        "single", "One release", TEXT, figures, [table], [Chart("One release on an idle system", "ms", bars)]
    )


def _marks(seconds: list[float]) -> tuple[float, float, float]:
    return percentile(seconds, 0.5), percentile(seconds, 0.95), max(seconds)


def _figures(what: str, runs: list[list[float]], limit: float) -> list[Figure]:
    median, p95, longest = (statistics.median(marks) * 1000 for marks in zip(*map(_marks, runs), strict=True))
    return [
        Figure(f"{what}, median", median, "ms"),
        at_most(f"{what}, p95", p95, "ms", limit),
        Figure(f"{what}, max", longest, "ms"),
    ]


if __name__ == "__main__":
    standalone(measure)
