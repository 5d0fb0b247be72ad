"""The conversation on the page of a case: in person, and in the preview of the member's page."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cases.core.limits import MESSAGE, MESSAGE_FILES, is_key
from cases.forms.conversation import MessageForm
from cases.lifecycle import conversation
from cases.lifecycle.permissions import Action
from cases.models import CannedText, Case, CaseDocument, CaseMessage, User
from cases.selectors.pagination import latest_of

MESSAGES = 50


@dataclass(frozen=True)
class ShownMessage:
    """A message with the documents that came with it; whether its reader wrote it."""

    message: CaseMessage
    documents: list[CaseDocument]
    is_own: bool


def conversation_panel(
    case: Case, viewer: User, *, documents: Iterable[CaseDocument], before: str = ""
) -> dict[str, Any]:
    """Return the latest messages of `case` that `viewer` may read, oldest first. One query.

    `before`: those before the message with that id instead. `documents` are those of the case that they may see.
    """
    found = CaseMessage.objects.of(case, seen_by=viewer).select_related("author")
    shown, older = latest_of(found, MESSAGES, before=before)
    with_it = defaultdict(list)
    for document in documents:
        with_it[document.message_id].append(document)
    return {
        "talk": [ShownMessage(each, with_it[each.pk], each.author_id == viewer.pk) for each in shown],
        "talk_older": older,
        "talk_is_older": is_key(before),
        "talk_until": _asks_until(case, viewer),
        "message_form": MessageForm(initial={"asks": case.waiting_for != Case.WaitingFor.STAFF}),
        "message_most": MESSAGE,
        "message_files": MESSAGE_FILES,
        "member_reads": conversation.is_read_by_member(case),
    }


def _asks_until(case: Case, viewer: User) -> dt.date | None:
    return conversation.asks_until(case) if viewer.is_member else None


def canned_texts(can: set[Action]) -> dict[str, Any]:
    """Return the texts to put into a message, where one can be written."""
    return {"canned_texts": list(CannedText.objects.only("name"))} if Action.WRITE_MESSAGE in can else {}
