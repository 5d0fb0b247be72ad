"""PostgreSQL and Redis for a measurement, started on loopback and stopped at the end."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.processes import LocalWorker
from tests.services import RedisServer, postgresql


@dataclass
class Servers:
    """Running servers, and a migrated portal in this process. `environment` is for further processes of the portal."""

    directory: Path
    redis: RedisServer
    environment: dict[str, str]
    stack: ExitStack

    def worker(self, queue: str, *, processes: int, name: str = "", **env: object) -> LocalWorker:
        """Start a worker of the portal and return it when it is ready. It is stopped at the end."""
        # The log of an earlier worker of that name would say "ready" too soon.
        (self.directory / f"{name or queue}.log").unlink(missing_ok=True)
        worker = LocalWorker(
            name or queue,
            queue,
            concurrency=processes,
            directory=self.directory,
            env=self.environment | {key: str(value) for key, value in env.items()},
        )
        self.stack.callback(worker.teardown)
        worker.ready()
        return worker


@contextmanager
def start_servers(**env: object) -> Iterator[Servers]:
    """Start PostgreSQL (or use DATABASE_URL) and Redis, set up Django with `env`, and migrate.

    Call this once in a process: Django reads its settings once.
    """
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-bench-", dir="/tmp")))
        directory.chmod(0o755)
        redis = RedisServer(directory)
        redis.start()
        stack.callback(redis.stop)
        os.environ |= {
            "SECRET_KEY": "bench",
            "ENV_FILE": os.devnull,
            "RELEASE_MIN_DAYS": "0",
            "TIME_ZONE": "UTC",
            "LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "REDIS_URL": redis.url,
            "EMAIL_URL": "dummymail://",
        }
        if "DATABASE_URL" not in os.environ:
            os.environ["DATABASE_URL"] = stack.enter_context(postgresql(directory / "pg"))
        os.environ |= {key: str(value) for key, value in env.items()}

        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        stack.callback(connection.close)
        # Workers say "ready" at level INFO.
        yield Servers(directory, redis, dict(os.environ) | {"LOG_LEVEL": "INFO"}, stack)
