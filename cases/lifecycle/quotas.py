"""How much one person may add in an hour, or have open at a time (docs/rules.md, 16).

The rows themselves are counted, so nothing else is stored. A verb checks with the person locked, so that two requests
at the same time cannot both be the last one.
"""

import datetime as dt
import math
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.core.clock import portal_now
from cases.core.errors import QuotaReached, WrongState
from cases.core.numbers import grouped
from cases.models import Case, CaseEvent, CaseMessage, CaseNote, User

HOUR = dt.timedelta(hours=1)


def check_open_drafts(member: User) -> None:
    """Raise WrongState if the member has as many drafts as allowed."""
    most = settings.MAX_OPEN_DRAFTS
    if Case.objects.filter(member=member, status=Case.Status.DRAFT)[:most].count() >= most:
        raise WrongState(
            _("You already have %(most)s drafts. Submit one before you start another.") % {"most": grouped(most)}
        )


def check_created(member: User) -> None:
    """Raise QuotaReached if the member has created as many drafts within the hour as allowed, including those deleted
    since.

    A member who deletes none can create that many in an hour.
    """
    created = Case.objects.filter(member=member).order_by("-pk")
    most = settings.MAX_OPEN_DRAFTS + settings.MAX_SUBMISSIONS_PER_HOUR
    _check_hour(created.values_list("date_created", flat=True), most)


def check_submissions(member: User) -> None:
    """Raise QuotaReached if the member has submitted as many cases within the hour as allowed."""
    submitted = Case.objects.filter(member=member, date_submitted__isnull=False).order_by("-date_submitted")
    _check_hour(submitted.values_list("date_submitted", flat=True), settings.MAX_SUBMISSIONS_PER_HOUR)


def check_notes(author: User) -> None:
    """Raise QuotaReached if the author has written as many notes within the hour as allowed."""
    notes = CaseNote.objects.filter(author=author).order_by("-pk")
    _check_hour(notes.values_list("at", flat=True), settings.MAX_NOTES_PER_HOUR)


def check_messages(author: User) -> None:
    """Raise QuotaReached if the author has written as many messages within the hour as allowed."""
    messages = CaseMessage.objects.filter(author=author).order_by("-pk")
    _check_hour(messages.values_list("at", flat=True), settings.MAX_MESSAGES_PER_HOUR)


def check_uploads(person: User) -> None:
    """Raise QuotaReached if the person has attached as many documents within the hour as allowed, including those
    removed since.
    """
    attached = CaseEvent.objects.filter(actor=person, kind=CaseEvent.Kind.DOCUMENT_ATTACHED).order_by("-pk")
    _check_hour(attached.values_list("at", flat=True), settings.MAX_UPLOADS_PER_HOUR)


def _check_hour(moments: QuerySet[Any, Any], most: int) -> None:
    """Raise QuotaReached if the `most`-th latest of `moments` is within the hour. One read along an index."""
    found = list(moments[most - 1 : most])
    wait = found[0] + HOUR - portal_now() if found else dt.timedelta(0)
    if wait <= dt.timedelta(0):
        return
    minutes = math.ceil(wait.total_seconds() / 60)
    words = ngettext(
        "You've reached the limit of %(most)s an hour. Try again in %(minutes)s minute.",
        "You've reached the limit of %(most)s an hour. Try again in %(minutes)s minutes.",
        minutes,
    )
    raise QuotaReached(words % {"most": grouped(most), "minutes": minutes}, wait=wait)
