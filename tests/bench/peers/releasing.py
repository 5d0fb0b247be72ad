"""Peers of the wave, run as their documentation says."""

from dataclasses import dataclass, replace
from typing import LiteralString

from tests.bench.peers.peer import Peer


@dataclass(frozen=True, kw_only=True)
class Releaser(Peer):
    """A peer that releases cases, with queries that count visible cases, history rows and mail rows."""

    visible: LiteralString = "SELECT count(*) FROM tiny_case WHERE actual_release_date IS NOT NULL"
    history: LiteralString = "SELECT count(DISTINCT case_id) FROM tiny_historyentry HAVING count(*) <= %s"
    mails: LiteralString = "SELECT count(DISTINCT case_id) FROM tiny_outgoingmail HAVING count(*) <= %s"


CELERY_WORKER = ("-m", "celery", "-A", "celery_eta.app", "worker", "-c", "2", "-l", "WARNING")
PROCRASTINATE_WORKER = (
    *("-m", "django", "procrastinate", "worker", "--fetch-job-polling-interval", "0.1"),
    *("--concurrency", "5", "--delete-jobs", "successful"),
)

LOOP = Releaser(
    name="The product owner's loop",
    package="owners_loop",
    environment="owners_loop",
    distribution="Django",
    workers=(("-m", "tiny.at", "{instant}", "release_scheduled_cases"),),
    note="The batch job of the guide, one process, started at the instant: a scheduler's delay is not counted.",
)
CELERY = Releaser(
    name="Celery, one ETA task a case",
    package="celery_eta",
    environment="celery",
    distribution="celery",
    workers=(CELERY_WORKER,),
    ready="connected and ready",
    schedule=("-m", "celery_eta.schedule", "{instant}"),
    lead_each=0.002,
    note="Prefork with 2 processes on Redis, as Celery comes.",
)
CELERY_KEPT = replace(
    CELERY,
    name="Celery, one ETA task a case, connections kept",
    variables={"PEER_DB_REUSE_MAX": "1000000"},
    note="The same with CELERY_DB_REUSE_MAX, so that tasks don't reconnect to the database.",
)
PROCRASTINATE = Releaser(
    name="Procrastinate, one job a case",
    package="procrastinate_jobs",
    environment="procrastinate",
    distribution="procrastinate",
    workers=(PROCRASTINATE_WORKER, PROCRASTINATE_WORKER),
    ready="Launching a worker",
    schedule=("-m", "procrastinate_jobs.schedule", "{instant}"),
    note="schedule_at; 2 workers, 5 threads each (the best of 1, 2, 5, 10), that poll every 0.1 s instead of every 5.",
)
DJANGO_Q = Releaser(
    name="django-q2, one ONCE schedule a case",
    package="django_q_once",
    environment="django_q",
    distribution="django-q2",
    workers=(("-m", "django", "qcluster"),),
    ready="running",
    schedule=("-m", "django_q_once.schedule", "{instant}"),
    note="2 workers on Redis; the cluster looks for what is due every 30 s, which no setting changes.",
)
APSCHEDULER = Releaser(
    name="APScheduler, one date job a case",
    package="apscheduler_jobs",
    environment="apscheduler",
    distribution="APScheduler",
    workers=(("-m", "apscheduler_jobs.scheduler", "{instant}"),),
    ready="scheduled",
    lead_each=0.003,
    note="Jobs in PostgreSQL, a pool of 2 processes.",
)
WAGTAIL = Releaser(
    name="Wagtail, one page a case",
    package="wagtail_pages",
    environment="wagtail",
    distribution="wagtail",
    workers=(("-m", "tiny.at", "{instant}", "publish_scheduled"),),
    sizes=(500,),
    fill=("-m", "wagtail_pages.fill", "{count}"),
    lead=10,  # longer than the pages wait
    visible="SELECT count(*) FROM wagtailcore_page WHERE live AND depth > 2",
    history="""SELECT count(DISTINCT page_id) FROM wagtailcore_pagelogentry
                   WHERE action = 'wagtail.publish.scheduled' HAVING count(*) <= %s""",
    mails="SELECT count(DISTINCT case_id) FROM wagtail_pages_outgoingmail HAVING count(*) <= %s",
    note="publish_scheduled, one process, started at the instant; the history row is Wagtail's own log entry.",
)
RELEASERS = (LOOP, CELERY, CELERY_KEPT, PROCRASTINATE, DJANGO_Q, APSCHEDULER, WAGTAIL)
