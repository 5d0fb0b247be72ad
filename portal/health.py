"""Health endpoints for programs that start, stop and watch the web process."""

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
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "database": "does not answer"}, status=503)
    if pending:
        return JsonResponse({"status": "unavailable", "database": f"{len(pending)} migrations pending"}, status=503)
    return JsonResponse({"status": "ok"})
