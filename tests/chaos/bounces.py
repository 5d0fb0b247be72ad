"""A storm of bounces: what is sent to the portal's LMTP port, and what should become of each person's address."""

import datetime as dt
import random
import smtplib
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, Queue

from tests.chaos.processes import Service
from tests.chaos.run import Run
from tests.services import free_port, wait_for_port

DOMAIN = "bounces.example"
# What a server says, which must not be in any log.
WORDS = "mailbox of a chaos person does not exist"
REPORT = """From: MAILER-DAEMON@mx.example
To: <{to}>
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {person}
Action: failed
Status: {status}
Diagnostic-Code: smtp; 550 {status} {words}

--b--
"""
CLIENTS = 4


class Receiver(Service):
    """`manage.py receive_bounces` on an LMTP port."""

    ready_prompt = "LMTP at"

    def __init__(self, run: Run) -> None:
        self.port = free_port()
        command = [sys.executable, "manage.py", "receive_bounces", "--lmtp", f"127.0.0.1:{self.port}"]
        environment = run.stack.environment | {"PYTHONUNBUFFERED": "1", "PGAPPNAME": "bounces"}
        super().__init__("bounces", command, directory=run.stack.directory, env=environment)


@dataclass(frozen=True)
class Dsn:
    """Return a report to `to` about `person`. `good` is what the portal signed."""

    to: str
    person: str
    status: str
    good: bool


@dataclass
class Storm:
    """What is sent, and which addresses it should mark. `answers` are those of the server, with seconds."""

    dsns: list[Dsn]
    people: dict[int, str]
    to_mark: set[int]
    answers: list[tuple[Dsn, int, float]] = field(default_factory=list)


def make(run: Run, *, size: int) -> Storm:
    """Write people to whom messages were sent, and make up `size` reports: most of them forged, many repeated.

    Of six people, two get one hard bounce each, one three soft ones, one two, and two are only named by forged ones.
    """
    from cases.delivery.envelope import local_part

    chance = random.Random(run.fault.name)
    count = size // 14
    people = _people(run, count)
    emails = _sent_emails(people)
    good: list[Dsn] = []
    forged: list[Dsn] = []
    to_mark = set()
    for number, (pk, address) in enumerate(people.items()):
        first, *_ = theirs = emails[pk]
        kind = number % 6
        reports = {0: ["5.1.1"], 1: ["5.1.10"], 2: ["4.2.2"] * 3, 3: ["4.2.2"] * 2}.get(kind, [])
        if len(reports) in (1, 3):
            to_mark.add(pk)
        for (row, message_id), status in zip(theirs, reports, strict=False):
            dsn = Dsn(f"{local_part(row, message_id)}@{DOMAIN}", address, status, good=True)
            good += [dsn] * chance.randint(2, 9)
        borrowed = local_part(first[0], "<another@portal>")
        forged += [Dsn(f"{borrowed}@{DOMAIN}", address, "5.1.1", good=False)] * 4
        forged += [Dsn(f"b-{first[0]}-{'0' * 24}@{DOMAIN}", address, "5.1.1", good=False), _plain(address)]
    dsns = (good + chance.choices(forged, k=max(size // 2, size - len(good))))[:size]
    chance.shuffle(dsns)
    return Storm(dsns, people, to_mark)


def _plain(address: str) -> Dsn:
    return Dsn(address, address, "5.1.1", good=False)


def _people(run: Run, count: int) -> dict[int, str]:
    from cases.models import User
    from tests.factories import UserFactory

    names = [f"{run.fault.name}-{int(run.plan.start)}-b{number}" for number in range(count)]
    rows = User.objects.bulk_create(UserFactory.build(username=name, email=f"{name}@gone.example") for name in names)
    return {row.pk: row.email for row in rows}


def _sent_emails(people: dict[int, str]) -> dict[int, list[tuple[int, str]]]:
    """Store three sent messages for each of `people`. Return their keys and Message-IDs."""
    from cases.core.clock import portal_now
    from cases.models import OutgoingEmail

    now = portal_now() - dt.timedelta(hours=4)
    rows = OutgoingEmail.objects.bulk_create(
        OutgoingEmail(
            kind="password_reset",
            recipient_id=pk,
            address=address,
            state="sent",
            message_id=f"<mail-{uuid.uuid4().hex}@portal>",
            group=uuid.uuid4(),
            due=now,
            next_try=now,
            created=now,
            sent=now + dt.timedelta(hours=number),
        )
        for pk, address in people.items()
        for number in range(3)
    )
    found: dict[int, list[tuple[int, str]]] = {}
    for row in rows:
        found.setdefault(row.recipient_id, []).append((row.pk, row.message_id))
    return found


@contextmanager
def receiving(run: Run) -> Iterator[Receiver]:
    """Run the LMTP port until the end of the block."""
    receiver = Receiver(run)
    try:
        receiver.ready()
        wait_for_port(receiver.port)
        yield receiver
    finally:
        receiver.teardown()


def break_loose(storm: Storm, port: int) -> None:
    """Send everything by several clients at a time, as mail servers do."""
    turns: Queue[Dsn] = Queue()
    for dsn in storm.dsns:
        turns.put(dsn)
    threads = [threading.Thread(target=_send_all, args=[storm, turns, port]) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _send_all(storm: Storm, turns: "Queue[Dsn]", port: int) -> None:
    with smtplib.LMTP("127.0.0.1", port, timeout=60) as client:
        while True:
            try:
                dsn = turns.get_nowait()
            except Empty:
                return
            text = REPORT.format(to=dsn.to, person=dsn.person, status=dsn.status, words=WORDS)
            begun = time.monotonic()
            storm.answers.append((dsn, _answer(client, dsn.to, text), time.monotonic() - begun))


def _answer(client: smtplib.LMTP, to: str, text: str) -> int:
    try:
        client.sendmail("", [to], text)
    except smtplib.SMTPRecipientsRefused as refused:
        return next(iter(refused.recipients.values()))[0]
    except smtplib.SMTPResponseException as error:
        return int(error.smtp_code)
    return 250


def judge(run: Run, storm: Storm, log: str) -> None:
    """Require that exactly the addresses that do not work are marked, each once, and that no log has the servers'
    words."""
    from cases.models import AccountEvent, User
    from tests.bench.figures import percentile

    marked = set(User.objects.filter(pk__in=storm.people, email_bounced__isnull=False).values_list("pk", flat=True))
    events = AccountEvent.objects.filter(person__in=storm.people, kind="email_bounced")
    times = Counter(events.values_list("person", flat=True))
    seconds = [took for _, _, took in storm.answers]
    run.require("bounces without an answer", len(storm.dsns) - len(storm.answers))
    run.require("good bounces refused", sum(dsn.good and code != 250 for dsn, code, _ in storm.answers))
    run.require("forged bounces taken", sum(not dsn.good and code == 250 for dsn, code, _ in storm.answers))
    run.require("addresses that should be marked and are not", len(storm.to_mark - marked))
    run.require("addresses marked for nothing", len(marked - storm.to_mark))
    run.require("addresses marked twice", sum(count - 1 for count in times.values()))
    run.require("words of a server, or addresses, in the log", log.count(WORDS) + log.count("@gone.example"))
    run.note("bounces", {"good": sum(dsn.good for dsn in storm.dsns), "forged": sum(not d.good for d in storm.dsns)})
    run.note("addresses marked", len(marked))
    run.note("seconds for a bounce", f"95 of 100 within {percentile(seconds, 0.95):.3f}, at most {max(seconds):.3f}")
