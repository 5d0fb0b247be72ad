"""The internal notes on the page of a case."""

from typing import Any

from cases.core.limits import NOTE, is_key
from cases.forms.casework import NoteForm
from cases.models import Case, CaseNote, User
from cases.selectors.pagination import latest_of

NOTES = 50


def note_panel(case: Case, user: User, *, before: str = "") -> dict[str, Any]:
    """Return the latest notes that `user` may read, oldest first. `before`: those before the note with that id."""
    found = CaseNote.objects.visible_to(user).filter(case=case).select_related("author")
    notes, older = latest_of(found, NOTES, before=before)
    return {
        "notes": notes,
        "notes_older": older,
        "notes_are_older": is_key(before),
        "note_form": NoteForm(),
        "note_most": NOTE,
    }
