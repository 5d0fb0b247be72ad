"""The sweep: do the work that no message has triggered (docs/rules.md, 1)."""

import datetime as dt
import socket
from collections.abc import Callable

from cases.core.clock import portal_now
from cases.core.independent_steps import run_all
from cases.delivery import celery_publisher, outbox
from cases.models import Heartbeat
from cases.releases import clock_set_back, notices, wakeups
from cases.releases.bulk.worker import hand_over_runs
from cases.releases.release_batch import Batch, release_batches

HEARTBEAT = "sweep"


def hand_over_emails() -> None:
    """Tell the mail workers if emails are waiting."""
    if outbox.is_waiting():
        celery_publisher.publish_mail_waiting()


def sweep(
    *,
    by: str,
    source: str,
    asked_at: str | None = None,
    batch_size: int | None = None,
    on_batch: Callable[[Batch], object] | None = None,
    emails: Callable[[], object] = hand_over_emails,
    runs: Callable[[], object] = hand_over_runs,
) -> Batch:
    """Release what is due, arm what is coming up, take care of waiting emails and bulk operations, and record a
    heartbeat. Also notify technicians of what conditions hold back. Each step runs even if others fail. Afterwards the
    last error is raised, and there is no heartbeat because the sweep was not complete. Return what was released, and
    what failed.

    `by` names the program and `source` its door. `on_batch` gets each batch once it is committed. `emails` and `runs`
    replace notifying the workers. A sweep that was `asked_at` (ISO 8601) before the last one began does nothing,
    because that one has done its work. A last sweep in the future belongs to a clock that was set back since. It does
    not count as another one's work, and everything that waits is tried now.
    """
    begun = portal_now()
    done = Batch()
    last = Heartbeat.objects.filter(name=HEARTBEAT).values_list("at", flat=True).first()
    if asked_at and last and dt.datetime.fromisoformat(asked_at) < last <= begun:
        return done

    def release() -> None:
        for batch in release_batches(by=by, source=source, batch_size=batch_size):
            done.add(batch)
            if on_batch:
                on_batch(batch)

    steps = [release, notices.tell_of_held, lambda: wakeups.arm_upcoming(portal_now()), runs, emails]
    if clock_set_back.was_set_back(last, begun):
        steps.insert(1, clock_set_back.try_now)
    run_all(steps)
    _leave_heartbeat(begun, source, done)
    return done


def _leave_heartbeat(begun: dt.datetime, source: str, done: Batch) -> None:
    Heartbeat.objects.update_or_create(
        name=HEARTBEAT,
        defaults={"at": begun, "source": source, "host": socket.gethostname(), "released": len(done.released)},
    )
