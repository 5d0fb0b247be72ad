"""/metrics, for Prometheus and similar collectors. Who may read it: docs/adr/0006-who-reads-metrics.md."""

import secrets

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from cases.core.clock import portal_now
from cases.monitoring import prometheus

LOOPBACK = {"127.0.0.1", "::1"}
# A client that sends one of these is behind a proxy, whose own address says nothing about the client's.
FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_REAL_IP")


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Send the portal's figures in the text format. Http404 for those who may not read them."""
    if not _may_read(request):
        raise Http404
    return HttpResponse(prometheus.exposition(portal_now()), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        expected = f"Bearer {settings.METRICS_TOKEN}"
        return secrets.compare_digest(request.headers.get("Authorization", "").encode(), expected.encode())
    return request.META.get("REMOTE_ADDR") in LOOPBACK and not any(name in request.META for name in FORWARDED)
