"""Internal notes of a case."""

from contextlib import suppress

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from cases.casework import notes
from cases.casework.mentions import mentions_in
from cases.core.errors import CaseError, SentAlready
from cases.core.text import isolated
from cases.forms.casework import NoteForm
from cases.lifecycle import form_tokens
from cases.lifecycle.notification_choices import chosen
from cases.models import Notification, NotificationChoice, User
from cases.views.case_page.case_detail import NOTES, render_case, visible_case
from cases.views.decorators import staff_only
from cases.views.refusals import add_refusal, refusals_shown_by
from cases.views.requests import PortalRequest

Channel = NotificationChoice.Channel


def _not_added(request: PortalRequest, error: CaseError, pk: int) -> HttpResponse:
    form = NoteForm(request.POST)
    is_of_text = error.status == 400
    if is_of_text:
        add_refusal(form, error)
    said = {"note_form": form, "problem": "" if is_of_text else error.message}
    return render_case(request, visible_case(request, pk), status=error.status, part=NOTES, **said)


def _say_saved(request: PortalRequest, text: str) -> None:
    """Tell the author who was notified, and which mentions are those of no colleague, or of several."""
    mentions = mentions_in(text)
    names = ", ".join(isolated(person.display_name) for person in _notified(mentions.people, request.user))
    saved = _("Note saved. Notified: %(names)s.") % {"names": names} if names else _("Note saved.")
    messages.success(request, saved)
    if mentions.unclear:
        unclear = ngettext(
            "We couldn't tell which colleague %(names)s is. To notify them, add a note with @ and their username.",
            "We couldn't tell which colleagues %(names)s are. To notify them, add a note with @ and their usernames.",
            len(mentions.unclear),
        )
        messages.warning(request, unclear % {"names": ", ".join(isolated(f"@{name}") for name in mentions.unclear)})


def _notified(mentioned: list[User], author: User) -> list[User]:
    """Return those of `mentioned` who were notified: not the author, nor people who don't want to be."""
    others = [person for person in mentioned if person != author]
    channels = chosen(Notification.Kind.MENTION, [person.pk for person in others])
    return [person for person in others if channels.get(person.pk, Channel.NOTHING) != Channel.NOTHING]


@require_POST
@staff_only
@refusals_shown_by(_not_added)
def add_note(request: PortalRequest, pk: int) -> HttpResponse:
    """Add the note `text` (POST). A refusal answers with the text, and the sentence beside it."""
    case = visible_case(request, pk)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return render_case(request, case, status=400, part=NOTES, note_form=form)
    # A button that was pressed twice has added the note already.
    text, token = form.cleaned_data["text"], form_tokens.sent_in(request)
    with suppress(SentAlready):
        notes.add(case=case, by=request.user, text=text, form_token=token)
    _say_saved(request, text)
    if request.htmx:
        return render_case(request, case, part=NOTES, note_is_saved=True)
    return redirect(f"{reverse('case_detail', args=[pk])}#notes")
