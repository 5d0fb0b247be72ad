"""Peers of the mail, run as their documentation says, and what a crash does to them."""

from dataclasses import dataclass

from tests.bench.peers.peer import Peer


@dataclass(frozen=True, kw_only=True)
class Sender(Peer):
    """A peer that sends mail. `keeps_promises`: a kill loses no mail and doubles at most one per process."""

    sizes: tuple[int, ...] = (10_000,)
    keeps_promises: bool


POST_OFFICE = Sender(
    name="django-post_office",
    package="post_office_mail",
    environment="post_office",
    distribution="django-post_office",
    fill=("-m", "post_office_mail.fill", "{count}"),
    workers=(("-m", "tiny.at", "{instant}", "send_queued_mail", "--processes", "2", "--lockfile", "queue"),),
    variables={"PEER_BATCH": "1000", "PEER_THREADS": "5"},
    keeps_promises=False,
    note="send_queued_mail, 2 processes with 5 threads. It records a batch when all of it is sent: killed before, "
    "it sends its 1,000 mails again.",
)
MAILER = Sender(
    name="django-mailer",
    package="mailer_mail",
    environment="mailer",
    distribution="django-mailer",
    fill=("-m", "mailer_mail.fill", "{count}"),
    workers=(("-m", "tiny.at", "{instant}", "send_mail"),) * 2,
    keeps_promises=True,
    note="send_mail, 2 processes, without the lock file (which would outlive a kill). It holds a row's lock through "
    "SMTP and records each mail: a kill doubles one a process, under another Message-ID.",
)
CELERY = Sender(
    name="Celery, one task a mail",
    package="celery_mail",
    environment="celery",
    distribution="celery",
    fill=("-m", "celery_mail.fill", "{count}"),
    workers=(
        ("-m", "celery", "-A", "celery_mail.app", "worker", "-c", "2", "-l", "WARNING", "-Q", "nothing"),
        ("-m", "celery_mail.begin", "{instant}"),
    ),
    ready="and ready",
    keeps_promises=False,
    note="EmailMultiAlternatives.send(), prefork with 2 processes, acknowledged late. What Redis loses is never sent, "
    "and no row says so.",
)
SENDERS = (POST_OFFICE, MAILER, CELERY)
