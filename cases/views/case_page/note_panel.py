"""The internal notes on the page of a case."""

from typing import Any

from cases.core.limits import NOTE, is_key
from cases.forms.casework import NoteForm
from cases.models import Case, CaseNote, User

NOTES = 50


def note_panel(case: Case, user: User, *, before: str = "") -> dict[str, Any]:
    """Return the latest notes that `user` may read, oldest first. `before`: those before the note with that id."""
    found = CaseNote.objects.visible_to(user).filter(case=case).select_related("author")
    is_older = is_key(before)
    if is_older:
        found = found.filter(pk__lt=int(before))
    latest = list(found.order_by("-pk")[: NOTES + 1])
    notes = latest[NOTES - 1 :: -1] if len(latest) > NOTES else latest[::-1]
    return {
        "notes": notes,
        "notes_older": notes[0].pk if len(latest) > NOTES else None,
        "notes_are_older": is_older,
        "note_form": NoteForm(),
        "note_most": NOTE,
    }
