"""allauth's pages that set a password, for when the proof of identity has just ended."""

from allauth.account import views
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from cases.core.errors import CaseError
from cases.views.refusals import refusals_shown_by


def _link_ended(request: HttpRequest, error: CaseError, /, **kwargs: str) -> HttpResponse:
    """Show the same as for an old link."""
    return render(request, "account/password_reset_from_key.html", {"token_fail": True}, status=error.status)


def _session_ended(request: HttpRequest, error: CaseError) -> HttpResponse:
    request.session.flush()
    messages.error(request, error.message)
    return redirect("account_login")


password_reset_from_key = refusals_shown_by(_link_ended)(views.password_reset_from_key)
password_change = refusals_shown_by(_session_ended)(views.password_change)
