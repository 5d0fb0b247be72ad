"""Internal notes of a case."""

from contextlib import suppress
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.casework import notes
from cases.core.errors import CaseError, SentAlready
from cases.core.retry_after import with_retry_after
from cases.forms.casework import NoteForm
from cases.lifecycle import form_tokens
from cases.models import Case, User
from cases.views.case_detail import NOTES, render_case, visible_case
from cases.views.decorators import staff_only
from cases.views.htmx import is_htmx


@require_POST
@staff_only
def add_note(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `text`. A refusal answers with the text, and the sentence beside it."""
    case = visible_case(request, pk)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return render_case(request, case, status=400, part=NOTES, note_form=form)
    try:
        _add(request, case, form.cleaned_data["text"])
    except CaseError as error:
        if error.status == 400:
            form.add_error(error.field, error.message)
            return render_case(request, case, status=400, part=NOTES, note_form=form)
        answer = render_case(request, case, status=error.status, part=NOTES, problem=error.message, note_form=form)
        return with_retry_after(answer, error)
    messages.success(request, _("The note is saved."))
    if is_htmx(request):
        return render_case(request, case, part=NOTES, note_is_saved=True)
    return redirect(f"{reverse('case_detail', args=[pk])}#notes")


def _add(request: HttpRequest, case: Case, text: str) -> None:
    """Adds the note, unless this form has done so already."""
    with suppress(SentAlready):
        notes.add(case=case, by=cast(User, request.user), text=text, form_token=form_tokens.sent_in(request))
