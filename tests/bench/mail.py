"""Mail of a wave: the outbox, a bare loop over one SMTP connection, and other mail queues.

python -m tests.bench.mail [--small]
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.bench.figures import Chart, Figure, Section, Table, at_least, at_most, standalone
from tests.bench.servers import Servers, start_servers
from tests.bench.smtp_sink import SmtpSink, Taken, smtp_sink

TEXT = """
Each member gets one email with text and HTML. The bare loop builds an EmailMessage with the same content and passes it
to smtplib's send_message over one connection. It records nothing. The outbox claims rows, checks what each member may
see now, renders, sends, and records every email. The approaches take turns, and figures are medians of their runs. The
sink must have received each email once. The mail worker is Celery's, with two processes and one message. Then senders
are killed with SIGKILL while they work, and emails received twice under one Message-ID are counted. The sink is a
separate process that speaks minimal SMTP. The figures include how many finished messages it accepts from one
connection, to show that it isn't the bottleneck. The other libraries send the same number to the same sink, each in its
own environment.
""".strip().replace("\n", " ")

BARE, ONE, WORKER = "bare loop, one process", "outbox, one process", "mail worker, two processes"


@dataclass
class Measured:
    """Mails per second for each way and run, and what the sink accepted while senders were killed."""

    mails: int
    kills: int
    sink_rate: float
    rates: dict[str, list[float]]
    killed: Taken

    def rate(self, way: str) -> float:
        return statistics.median(self.rates[way])


def measure(*, small: bool) -> Section:
    """Measure every way by turns, kill senders, then measure the peers."""
    from tests.bench.peers import mail_rows

    with smtp_sink() as sink:
        with start_servers(EMAIL_URL=sink.url) as servers:
            mails, rounds, kills = (500, 1, 2) if small else (10_000, 3, 10)
            measured = outbox_and_loop(servers, sink, mails=mails, rounds=rounds, kills=kills)
        return section(measured, mail_rows(small, sink.url))


def outbox_and_loop(servers: Servers, sink: SmtpSink, *, mails: int, rounds: int, kills: int) -> Measured:
    """Measure all but the peers. ValueError if a mail arrived twice or not at all although no sender was killed."""
    from tests.bench import mail_baseline

    mail_baseline.make_cases(mails)
    servers.worker("mail", processes=2)
    sink_rate = sink.rate(mails)
    ways: dict[str, Callable[[], None]] = {
        BARE: lambda: mail_baseline.bare_loop(sink, mails),
        ONE: mail_baseline.one_sender,
        WORKER: mail_baseline.mail_worker,
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, send in ways.items():
            mail_baseline.make_waiting()
            taken, seconds = _run(send, sink)
            if taken != Taken(mails, mails):
                raise ValueError(f"{name}: {taken} instead of {mails} mails.")
            rates[name].append(mails / seconds)
    mail_baseline.make_waiting()
    killed, _ = _run(lambda: mail_baseline.kill_senders(servers, sink, kills), sink)
    return Measured(mails, kills, sink_rate, rates, killed)


def _run(send: Callable[[], None], sink: SmtpSink) -> tuple[Taken, float]:
    """Return what the sink accepted, and the seconds."""
    before = sink.taken()
    begun = time.perf_counter()
    send()
    seconds = time.perf_counter() - begun
    after = sink.taken()
    return Taken(after.messages - before.messages, after.message_ids - before.message_ids), seconds


def section(measured: Measured, peers: list[dict[str, Any]]) -> Section:
    """Return the section of the report."""
    bare, one, worker = (measured.rate(way) for way in (BARE, ONE, WORKER))
    killed = measured.killed
    doubled = killed.messages - killed.message_ids
    rates = {peer["name"]: peer["mails"] / peer["total_s"] for peer in peers}
    keeping = [rates[peer["name"]] for peer in peers if peer["keeps_promises"]]
    figures = [
        at_least("outbox against the bare loop, one process each", one / bare, "", 1.0),
        Figure("mail worker with two processes against the bare loop", worker / bare, ""),
        at_most("mails doubled by a kill of a sender, at most", doubled / measured.kills, "", 1.0),
        at_most("mails missing after the kills", measured.mails - killed.message_ids, "", 0),
        Figure("finished messages that the sink takes from one connection", measured.sink_rate, "a second"),
    ]
    if keeping:
        best = "mail worker against the best peer that keeps its promises across a crash"
        figures.append(at_least(best, worker / max(keeping), "", 1.0))
    rows = [[way, "", f"{measured.mails:,}", f"{measured.rate(way):,.0f}", ""] for way in (BARE, ONE, WORKER)]
    rows += [
        [peer["name"], peer["version"], f"{peer['mails']:,}", f"{rates[peer['name']]:,.0f}", peer["note"]]
        for peer in peers
    ]
    return Section(
        "mail",
        "Mail",
        TEXT,
        figures,
        [Table("Mails a second", ["way", "version", "mails", "a second", ""], rows)],
        [Chart("Mails a second", "mails a second", {way: measured.rate(way) for way in (BARE, ONE, WORKER)} | rates)],
    )


if __name__ == "__main__":
    standalone(measure)
