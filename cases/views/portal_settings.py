"""The settings of the portal, for administrators to read."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cases.monitoring.settings_report import groups_now, versions
from cases.views.decorators import administrators_only
from cases.views.requests import PortalRequest


@require_safe
@administrators_only
def portal_settings(request: PortalRequest) -> HttpResponse:
    """Show each setting with its value, default and meaning."""
    return render(request, "cases/portal_settings.html", {"groups": groups_now(), "versions": versions()})
