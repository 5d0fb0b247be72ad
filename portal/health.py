"""Health endpoints for programs that start, stop and watch the web process."""

import functools

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as the process runs. Depends on nothing else."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when requests can be served: the database responds and is migrated. Redis is not needed."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        check_migrated()
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "database": "does not answer"}, status=503)
    except MigrationsPending as pending:
        return JsonResponse({"status": "unavailable", "database": str(pending)}, status=503)
    return JsonResponse({"status": "ok"})


class MigrationsPending(Exception):
    """The database lacks migrations that this process has."""


@functools.cache
def check_migrated() -> None:
    """Raise MigrationsPending unless all migrations of this process are applied.

    That they are is remembered, because they stay applied while it runs, and probes come often. An error is not
    remembered.
    """
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        raise MigrationsPending(f"{len(pending)} migrations pending")
