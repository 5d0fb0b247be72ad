"""Reminders whose sender is killed, that are queued twice, or whose broker forgets: none is lost, stale or doubled."""

from tests.chaos import reminders
from tests.chaos.processes import BeatService
from tests.chaos.registry import RECONNECT, fault
from tests.chaos.run import Run

MAIL_PROCESSES = 2
# Beat queues them every minute.
MINUTE = 60


@fault("reminders", works_meanwhile=True, window=45, doubles_at_most=MAIL_PROCESSES)
def mail_worker_killed_in_a_digest(run: Run) -> None:
    """The mail worker is killed when the SMTP server has accepted a digest of reminders and its 250 is on the way.
    While it is dead, cases in the digests are released, moved, put on hold and handed over."""
    wanted = reminders.make(run, technicians=60, each=5)
    mail = run.stack.mail
    with run.on():
        with run.stack.supervisor.left_down("mail"):
            with mail.behaving(hold="DATA", hold_for=reminders.STAFF):
                reminders.queue()
                run.until("the server has taken a digest", lambda: mail.held > 0, seconds=MINUTE)
                run.stack.kill("mail")
            reminders.change_some(wanted, each=10)
        run.stack.supervisor.back("mail")
        reminders.wait_until_sent(run, wanted)
    reminders.judge(run, wanted, doubles_at_most=MAIL_PROCESSES)


@fault("reminders", works_meanwhile=True, window=MINUTE + 10)
def two_beats_remind(run: Run) -> None:
    """A second beat runs alongside the first for more than a minute, and each of their messages arrives four times."""
    wanted = reminders.make(run, technicians=60, each=5)
    directory = run.stack.directory / "second-beat-reminds"
    directory.mkdir(exist_ok=True)
    second = BeatService(directory=directory, env=run.stack.environment)
    try:
        second.ready()
        with run.on():
            reminders.queue(times=4)
            run.wait(MINUTE + 10)
            reminders.wait_until_sent(run, wanted)
        run.note("times that the second beat queued them", second.logs().count("Sending due task reminders"))
    finally:
        second.teardown()
    reminders.judge(run, wanted)


@fault("reminders", window=MINUTE + 10, allowance=RECONNECT, doubles_at_most=MAIL_PROCESSES)
def redis_emptied_before_reminders(run: Run) -> None:
    """Redis is flushed just before the reminders are queued, while there is no worker to take the message, and again
    when they are queued and ready to be sent. Cases change in between."""
    wanted = reminders.make(run, technicians=60, each=5)
    redis, mail = run.stack.redis, run.stack.mail
    with run.on():
        with run.stack.supervisor.left_down("mail"):
            run.stack.kill("mail")
            reminders.queue()
            redis.flush()
        with mail.behaving(hold="RCPT", hold_for=reminders.STAFF):
            run.stack.supervisor.back("mail")
            run.until("beat has had them queued", lambda: reminders.queued(wanted) > 0, seconds=2 * MINUTE)
            redis.flush()
            run.stack.kill("mail")
        reminders.change_some(wanted, each=10)
        run.stack.supervisor.back("mail")
        reminders.wait_until_sent(run, wanted)
    reminders.judge(run, wanted)


@fault("reminders", works_meanwhile=True, window=45, doubles_at_most=MAIL_PROCESSES)
def two_thousand_reminders_at_once(run: Run) -> None:
    """Two thousand reminders to 500 technicians are due at the same time. The worker that queues them is killed when
    some are stored, and again when the first are sent."""
    wanted = reminders.make(run, technicians=500, each=4)
    with run.on():
        reminders.queue()
        run.until("some are stored", lambda: reminders.queued(wanted) > 0, seconds=MINUTE)
        run.kill_and_wait("mail")
        run.note("reminders stored when the worker was killed", reminders.queued(wanted))
        reminders.queue()
        run.until("some are sent", lambda: reminders.taken(run, wanted) > 0, seconds=MINUTE)
        run.kill_and_wait("mail")
        reminders.wait_until_sent(run, wanted)
    reminders.judge(run, wanted, doubles_at_most=2 * MAIL_PROCESSES)
