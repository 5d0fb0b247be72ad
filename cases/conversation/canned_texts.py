"""What administrators do with canned texts: add, change, delete. Verbs as in cases.releases."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cases.core import limits
from cases.core.clock import portal_now
from cases.core.errors import CaseError, WrongState
from cases.core.names import clean_name
from cases.core.numbers import grouped
from cases.core.text import clean_text
from cases.lifecycle import form_tokens
from cases.lifecycle.history import log_committed
from cases.lifecycle.locking import lock_as_administrator, lock_list
from cases.models import CannedText, User


class TextDeleted(WrongState):
    """The text was deleted after the person opened it."""

    def __init__(self) -> None:
        super().__init__(
            _("Someone deleted this text after you opened it. Nothing was saved. You can add yours as a new text.")
        )


@transaction.atomic
def add(*, by: User, source: str, name: str, text: str, form_token: str = "") -> CannedText:
    """Add a text.

    A form adds one (cases.lifecycle.form_tokens). CaseError for a name that is empty or taken and for an empty text,
    TooLong for long ones, WrongState if the limit is reached. NotAllowed for anyone but an administrator, as in the
    other verbs.
    """
    by = lock_as_administrator(by)[by.pk]
    used = form_tokens.use(form_token, by=by, content=["canned text", name, text])
    lock_list(CannedText)
    if CannedText.objects.count() >= limits.CANNED_TEXTS:
        most = grouped(limits.CANNED_TEXTS)
        raise WrongState(_("You already have %(most)s canned texts. Delete one you no longer need.") % {"most": most})
    kept = _store(CannedText(), by=by, name=name, text=text)
    form_tokens.remember(used, kept.pk)
    _log("added", kept, by, source)
    return kept


@transaction.atomic
def change(
    *, canned_text: CannedText, by: User, source: str, name: str, text: str, version: int | None = None
) -> CannedText:
    """Replace name and text.

    WrongState if it is no longer the `version` that the person saw, unless it says the same, as when a button is
    pressed twice.
    """
    by = lock_as_administrator(by)[by.pk]
    kept = CannedText.objects.select_for_update(no_key=True).filter(pk=canned_text.pk).first()
    if kept is None:
        raise TextDeleted
    if (clean_name(name), clean_text(text)) == (kept.name, kept.text):
        return kept
    if version is not None and version != kept.version:
        raise _changed(is_own=kept.updated_by_id == by.pk)
    kept.version += 1
    _log("changed", _store(kept, by=by, name=name, text=text), by, source)
    return kept


@transaction.atomic
def delete(*, canned_text: CannedText, by: User, source: str) -> None:
    """Delete the text. Messages that contain it stay as they are. Nothing happens if it is already gone."""
    by = lock_as_administrator(by)[by.pk]
    if CannedText.objects.filter(pk=canned_text.pk).delete()[0]:
        _log("deleted", canned_text, by, source)


def _store(kept: CannedText, *, by: User, name: str, text: str) -> CannedText:
    kept.name, kept.text = clean_name(name), clean_text(text)
    if not kept.text:
        raise CaseError(_("Enter some text."), field="text")
    limits.check_length(kept.text, limits.MESSAGE, field="text")
    kept.updated_at, kept.updated_by = portal_now(), by
    try:
        with transaction.atomic():
            kept.save()
    except IntegrityError:
        raise CaseError(_("There is already a text with this name. Choose another name."), field="name") from None
    return kept


def _changed(*, is_own: bool) -> WrongState:
    by_self = _(
        "You changed this text in another tab or window after you opened it here. Nothing was saved. "
        "Check it and try again."
    )
    by_others = _("Someone changed this text after you opened it. Nothing was saved. Check it and try again.")
    return WrongState(by_self if is_own else by_others)


def _log(what: str, kept: CannedText, by: User, source: str) -> None:
    log_committed("canned text changed", what=what, canned_text_id=kept.pk, source=source, by=by.pk)
