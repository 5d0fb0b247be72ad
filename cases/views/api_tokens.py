"""A person's own API tokens."""

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cases.accounts import api_tokens as verbs
from cases.core.clock import portal_now
from cases.forms.api_tokens import ApiTokenForm
from cases.models import ApiToken
from cases.views.refusals import refusal_on
from cases.views.requests import PortalRequest


@require_safe
@never_cache
def api_tokens(request: PortalRequest) -> HttpResponse:
    """List one's own tokens."""
    context = {
        "tokens": verbs.tokens_of(request.user),
        "now": portal_now(),
        "most": settings.API_TOKENS_PER_PERSON,
    }
    return render(request, "cases/api_tokens/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required
@never_cache
def new_api_token(request: PortalRequest) -> HttpResponse:
    """Create a token, and show its secret only this once, because it is stored nowhere, not even in the session.

    Sending the form again does not create a second one, because the name is taken.
    """
    form = ApiTokenForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        with refusal_on(form):
            token, secret = verbs.create(user=request.user, by=request.user, **form.cleaned_data)
            return render(request, "cases/api_tokens/created.html", {"token": token, "secret": secret})
    return render(request, "cases/api_tokens/new.html", {"form": form}, status=400 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def end_api_token(request: PortalRequest, pk: int) -> HttpResponse:
    """Ask for confirmation, and on POST end one of one's own tokens."""
    user = request.user
    token = get_object_or_404(ApiToken.objects.alive(), pk=pk, user=user)
    if request.method != "POST":
        return render(request, "cases/api_tokens/end.html", {"token": token})
    verbs.end(token=token, by=user)
    messages.success(request, _("Token “%(name)s” revoked.") % {"name": token.name})
    return redirect("api_tokens")
