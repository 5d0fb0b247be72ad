"""The settings of the portal, for administrators to read."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cases.monitoring.settings_report import groups_now, versions
from cases.views.decorators import for_administrators


@require_safe
@for_administrators
def portal_settings(request: HttpRequest) -> HttpResponse:
    """Show each setting with its value, default and meaning."""
    return render(request, "cases/portal_settings.html", {"groups": groups_now(), "versions": versions()})
