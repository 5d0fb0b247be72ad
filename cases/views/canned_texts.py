"""The canned texts, for administrators."""

from contextlib import suppress

from django.contrib import messages
from django.forms import model_to_dict
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.accounts.unsent_fields import texts_in
from cases.conversation import canned_texts as verbs
from cases.core.errors import CaseError, SentAlready
from cases.forms.conversation import CannedTextForm
from cases.lifecycle import form_tokens
from cases.models import CannedText, CaseEvent
from cases.views.decorators import administrators_only
from cases.views.refusals import add_refusal, refusals_shown_by
from cases.views.requests import PortalRequest

WEB = CaseEvent.Source.WEB


@require_safe
@administrators_only
def canned_texts(request: PortalRequest) -> HttpResponse:
    """List all texts by name."""
    return render(request, "cases/canned_texts/list.html", {"texts": CannedText.objects.all()})


def _not_added(request: PortalRequest, error: CaseError) -> HttpResponse:
    form = CannedTextForm(request.POST)
    add_refusal(form, error)
    return _page(request, None, form, status=error.status)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
@refusals_shown_by(_not_added)
def new_canned_text(request: PortalRequest) -> HttpResponse:
    """Add a text."""
    if request.method != "POST":
        return _page(request, None, CannedTextForm())
    form = CannedTextForm(request.POST)
    if not form.is_valid():
        return _page(request, None, form, status=400)
    # A button that was pressed twice has added the text already.
    with suppress(SentAlready):
        verbs.add(by=request.user, source=WEB, **form.change(), form_token=form_tokens.sent_in(request))
    messages.success(request, _("Canned text added."))
    return redirect("canned_texts")


def _not_changed(request: PortalRequest, error: CaseError, pk: int) -> HttpResponse:
    """Show what was typed, for the text as it is now: a person who saves again has read that it was changed.

    A text that has been deleted is shown as a new one.
    """
    found = CannedText.objects.filter(pk=pk).first()
    form = CannedTextForm(request.POST.dict() | {"version": found.version if found else 0})
    add_refusal(form, error)
    return _page(request, found, form, status=error.status)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
@refusals_shown_by(_not_changed)
def canned_text(request: PortalRequest, pk: int) -> HttpResponse:
    """Show one text, and change it."""
    found = CannedText.objects.filter(pk=pk).first()
    if found is None:
        raise verbs.TextDeleted if texts_in(request) else Http404
    if request.method != "POST":
        return _page(request, found, CannedTextForm(initial=model_to_dict(found)))
    form = CannedTextForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form, status=400)
    version = form.cleaned_data["version"]
    verbs.change(canned_text=found, by=request.user, source=WEB, version=version, **form.change())
    messages.success(request, _("Changes saved."))
    return redirect("canned_texts")


@require_POST
@administrators_only
@refusals_shown_by(_not_changed)
def delete_canned_text(request: PortalRequest, pk: int) -> HttpResponse:
    """Delete the text. Messages that contain it keep it. Nothing happens if it is already gone."""
    if found := CannedText.objects.filter(pk=pk).first():
        verbs.delete(canned_text=found, by=request.user, source=WEB)
        messages.success(request, _("Canned text deleted."))
    return redirect("canned_texts")


def _page(request: PortalRequest, found: CannedText | None, form: CannedTextForm, *, status: int = 200) -> HttpResponse:
    context = {"canned_text": found, "form": form}
    return render(request, "cases/canned_texts/edit.html", context, status=status)
