"""The form on the operations page that stops and starts all releases."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases import releases
from cases.core.errors import CaseError
from cases.forms.release_stop import ReleaseStopForm
from cases.models import PortalEvent
from cases.views.decorators import administrators_only
from cases.views.operations import show_operations
from cases.views.refusals import add_refusal, refusals_shown_by
from cases.views.requests import PortalRequest

WEB = PortalEvent.Source.WEB


def _refused(request: PortalRequest, error: CaseError) -> HttpResponse:
    form = ReleaseStopForm(request.POST)
    add_refusal(form, error)
    return show_operations(request, stop_form=form, status=error.status)


@require_POST
@administrators_only
@refusals_shown_by(_refused)
def stop_releases(request: PortalRequest) -> HttpResponse:
    """Stop all releases for `reason` (POST). A refusal answers with the page and the sentence."""
    form = ReleaseStopForm(request.POST)
    if not form.is_valid():
        return show_operations(request, stop_form=form, status=400)
    releases.stop_releases(by=request.user, source=WEB, reason=form.cleaned_data["reason"])
    messages.success(request, _("Releases stopped."))
    return redirect("operations")


@require_POST
@administrators_only
@refusals_shown_by(_refused)
def start_releases(request: PortalRequest) -> HttpResponse:
    """Start releases again (POST), perhaps with a `reason`. `seen` is when the stop was made."""
    form = ReleaseStopForm(request.POST)
    if not form.is_valid():
        return show_operations(request, stop_form=form, status=400)
    seen = form.cleaned_data["seen"]
    releases.start_releases(by=request.user, source=WEB, reason=form.cleaned_data["reason"], seen=seen)
    messages.success(request, _("Releases started."))
    return redirect("operations")
