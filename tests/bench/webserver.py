"""The web server of a measurement, as in the Dockerfile, and sessions for it."""

import datetime as dt
import sys

from tests.bench.servers import Servers
from tests.integration.processes import LocalProcess
from tests.services import free_port


class LocalSite(LocalProcess):
    """gunicorn with two processes of four threads."""

    ready_prompt = "Listening at"

    def __init__(self, name: str, servers: Servers, **env: str) -> None:
        self.port = free_port()
        gunicorn = [sys.executable, "-m", "gunicorn", "portal.wsgi", f"--bind=127.0.0.1:{self.port}"]
        options = ["--workers=2", "--threads=4", "--worker-tmp-dir=/dev/shm", "--no-control-socket"]
        super().__init__(name, [*gunicorn, *options], directory=servers.directory, env=servers.environment | env)
        servers.stack.callback(self.teardown)
        self.ready()


def sessions_of(people):  # type: ignore[no-untyped-def]
    """Create a session for each of the stored `people` in one statement. Return the keys."""
    from django.conf import settings
    from django.contrib import auth
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    store = SessionStore()
    expires = timezone.now() + dt.timedelta(days=1)
    sessions = [
        Session(
            session_key=f"bench{person.pk:027}",
            session_data=store.encode(
                {
                    auth.SESSION_KEY: str(person.pk),
                    auth.BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                    auth.HASH_SESSION_KEY: person.get_session_auth_hash(),
                }
            ),
            expire_date=expires,
        )
        for person in people
    ]
    Session.objects.bulk_create(sessions, batch_size=1000)
    return [session.session_key for session in sessions]
