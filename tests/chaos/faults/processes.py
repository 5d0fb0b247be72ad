"""Processes that are killed."""

import os
import random
import signal
import time

from tests.chaos.registry import RECONNECT, fault
from tests.chaos.run import Run

# Readers continue, writers wait.
LOCK_HISTORY = "LOCK TABLE cases_caseevent IN SHARE MODE"
LOCK_WHAT_IS_SENT = "SELECT id FROM cases_outgoingemail WHERE state = 'sending' FOR UPDATE"
MAIL_PROCESSES = 2


@fault("processes", small=True)
def release_worker_killed(run: Run) -> None:
    """The release worker is killed, parent and children, at the instant of a wave."""
    run.next_wave(ahead=0)
    with run.on():
        run.kill_and_wait("releases")


@fault("processes")
def release_pool_killed_in_mid_batch(run: Run) -> None:
    """The release worker's pool is killed in the middle of a batch, when its cases are stamped but their history isn't
    written yet."""
    run.next_wave(ahead=0.3)
    database = run.stack.database
    with run.on():
        with database.holding(LOCK_HISTORY):
            run.until("a batch has got to its history", lambda: database.waits_for_lock("releases"))
            for pid in run.stack.services["releases"].children():
                os.kill(pid, signal.SIGKILL)
        run.wait(1)


@fault("processes", works_meanwhile=True)
def mail_worker_killed_before_smtp(run: Run) -> None:
    """The mail worker is killed before the SMTP server has received the message, while the server holds back its reply
    to RCPT."""
    with run.on():
        with run.stack.mail.behaving(hold="RCPT"):
            run.until("a sender waits for the server", lambda: run.stack.mail.held > 0)
            run.stack.kill("mail")
        run.stack.supervisor.back("mail")


@fault("processes", works_meanwhile=True, doubles_at_most=MAIL_PROCESSES)
def mail_worker_killed_after_acceptance(run: Run) -> None:
    """The mail worker is killed when the SMTP server has accepted the message and its 250 is on the way."""
    with run.on():
        with run.stack.mail.behaving(hold="DATA"):
            run.until("the server has taken a message", lambda: run.stack.mail.held > 0)
            run.stack.kill("mail")
        run.stack.supervisor.back("mail")


@fault("processes", works_meanwhile=True, doubles_at_most=MAIL_PROCESSES)
def mail_worker_killed_before_record(run: Run) -> None:
    """The mail worker is killed when it has received the 250 but hasn't recorded it yet, because someone has locked the
    row."""
    mail, database = run.stack.mail, run.stack.database
    with run.on(), mail.behaving(hold="DATA"):
        run.until("the server has taken a message", lambda: mail.held > 0)
        with database.holding(LOCK_WHAT_IS_SENT):
            mail.behave()
            run.until("a sender wants to record", lambda: database.waits_for_lock("mail"))
            run.stack.kill("mail")
        run.stack.supervisor.back("mail")


@fault("processes", works_meanwhile=True)
def beat_killed(run: Run) -> None:
    """Beat is killed shortly before a wave."""
    run.next_wave()
    with run.on():
        run.kill_and_wait("beat")


@fault("processes", works_meanwhile=True)
def web_killed_in_mid_request(run: Run) -> None:
    """The web processes are killed while a technician's request is in the middle of its transaction."""
    database = run.stack.database
    with run.on():
        with database.holding(LOCK_HISTORY):
            run.until("a request has got to its history", lambda: database.waits_for_lock("web"))
            run.stack.kill("web")
        run.stack.supervisor.back("web")


@fault("processes", lasts_as_asked=True, works_meanwhile=True, allowance=RECONNECT, doubles_at_most=None)
def random_kills(run: Run) -> None:
    """For five minutes, something is killed every few seconds: a worker, a pool process, beat, or a web process."""
    chance = random.Random(run.fault.name)
    ends = time.monotonic() + run.fault.window
    kills: dict[str, int] = {}
    with run.on():
        while time.monotonic() < ends:
            run.wait(chance.uniform(1.0, 5.0))
            victim = chance.choice(["releases", "sweep", "mail", "beat", "web"])
            one_child = victim != "beat" and chance.random() < 0.5
            if _kill(run, victim, chance if one_child else None):
                name = f"a process of {victim}" if one_child else victim
                kills[name] = kills.get(name, 0) + 1
        for name in run.stack.services:
            run.stack.supervisor.back(name)
    run.note("kills", kills)


def _kill(run: Run, name: str, chance: random.Random | None) -> bool:
    """Kill the service, or by `chance` one of its children. Return whether there was something to kill."""
    service = run.stack.services[name]
    if service.status != "running":
        return False
    if chance is None:
        service.kill()
        return True
    children = service.children()
    if children:
        os.kill(chance.choice(children), signal.SIGKILL)
    return bool(children)
