"""The conversation of a case: writing in it, and saying that no reply is needed."""

from contextlib import suppress
from typing import Any

from django.contrib import messages as toasts
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.conversation import messages
from cases.core.errors import BadDocument, CaseError, FormReused, SentAlready, StorageFailed
from cases.documents.upload_handlers import uploaded_files
from cases.forms.conversation import MessageForm
from cases.lifecycle import form_tokens, permissions
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseEvent
from cases.views.case_page.case_detail import CONVERSATION, render_case, visible_case
from cases.views.decorators import staff_only
from cases.views.refusals import add_refusal, refusals_shown_by
from cases.views.requests import PortalRequest

WEB = CaseEvent.Source.WEB


def _not_sent(request: PortalRequest, error: CaseError, pk: int) -> HttpResponse:
    """Show what was typed. Errors of a field are next to it, and others above the page."""
    form = MessageForm(request.POST)
    said: dict[str, Any] = {"message_form": form}
    if isinstance(error, BadDocument | StorageFailed | FormReused):
        said["message_file_problem"] = error.message
    elif error.status == 400:
        add_refusal(form, error)
    else:
        said["problem"] = error.message
    return _shown(request, visible_case(request, pk), status=error.status, **said)


@require_POST
@refusals_shown_by(_not_sent)
def send_message(request: PortalRequest, pk: int) -> HttpResponse:
    """Send `message`: of a member with any number of `file`, of staff with `asks` (POST).

    With `insert` staff put the text `canned` into the message, and nothing is sent.
    """
    case, user = visible_case(request, pk), request.user
    permissions.check(Action.WRITE_MESSAGE, by=user, case=case)
    form = MessageForm(request.POST)
    if not form.is_valid():
        return _shown(request, case, status=400, message_form=form)
    if "insert" in request.POST and not user.is_member:
        return _shown(request, case, message_form=form.with_canned(), text_is_inserted=True)
    text, asks, token = form.cleaned_data["message"], form.cleaned_data["asks"], form_tokens.sent_in(request)
    # A button that was pressed twice has sent the message already.
    with suppress(SentAlready):
        messages.send(
            case=case, by=user, source=WEB, text=text, files=uploaded_files(request), asks=asks, form_token=token
        )
    toasts.success(request, _("Message sent."))
    return _back(request, pk)


def _not_ended(request: PortalRequest, error: CaseError, pk: int) -> HttpResponse:
    return _shown(request, visible_case(request, pk), status=error.status, problem=error.message, **_written(request))


@require_POST
@staff_only
@refusals_shown_by(_not_ended)
def end_waiting(request: PortalRequest, pk: int) -> HttpResponse:
    """Say that no reply is needed anymore. The `message` that is being written comes along, and stays."""
    case = visible_case(request, pk)
    waits_for_member = case.waiting_for == Case.WaitingFor.MEMBER
    messages.end_waiting(case=case, by=request.user, source=WEB)
    toasts.success(request, _("Stopped waiting for a reply.") if waits_for_member else _("No reply needed."))
    return _back(request, pk, **_written(request))


def _written(request: PortalRequest) -> dict[str, Any]:
    """Return the form with the message that is being written. Without one, the case says how the form begins."""
    return {"message_form": MessageForm(request.POST)} if request.POST.get("message", "").strip() else {}


def _back(request: PortalRequest, pk: int, **said: Any) -> HttpResponse:
    if request.htmx:
        return _shown(request, visible_case(request, pk), message_is_sent=True, **said)
    return redirect(f"{reverse('case_detail', args=[pk])}#conversation")


def _shown(request: PortalRequest, case: Case, *, status: int = 200, **said: Any) -> HttpResponse:
    return render_case(request, case, status=status, part=CONVERSATION, **said)
