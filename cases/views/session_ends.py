"""Pages for people who send a form after their session has ended, or from a page of an earlier session."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from cases.accounts import unsent_forms
from cases.accounts.unsent_fields import fields_of
from cases.middleware.login_required import PART, is_form, other_person, session_ended, token_of, wants_part
from cases.middleware.parent_page import page_of
from cases.models import User


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Show a form of the person's own, from before they signed in again, with what was typed (CSRF_FAILURE_VIEW).

    One that carries no token of ours says no more than that it was not sent.
    """
    token = token_of(request)
    if token is None or not is_form(request):
        context = {"back": page_of(request)} if request.resolver_match else {}
        return render(request, "403_csrf.html", context, status=403)
    if not request.user.is_authenticated:
        return session_ended(request)
    if token.user_id != request.user.pk:
        return other_person(request)
    if wants_part(request):
        return render(request, PART, {"is_out_of_date": True}, status=403)
    return _send_again(request, request.get_full_path(), unsent_forms.typed(request.POST), status=403)


@require_http_methods(["GET", "HEAD", "POST"])
def unsent_form(request: HttpRequest) -> HttpResponse:
    """Show what the person typed when their session had ended, to be sent again. POST drops it."""
    user = cast(User, request.user)
    if request.method == "POST":
        unsent_forms.forget(user)
        return redirect("dashboard")
    kept = unsent_forms.kept_for(user)
    return _send_again(request, kept.path, kept.fields) if kept else redirect("dashboard")


def _send_again(request: HttpRequest, path: str, typed: dict[str, str], *, status: int = 200) -> HttpResponse:
    context = {"fields": fields_of(typed), "action": path, "is_out_of_date": status != 200}
    return render(request, "cases/send_again.html", context, status=status)
