"""The words of a notification, for the person it is for."""

import datetime as dt

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.core.numbers import capped
from cases.core.text import isolated
from cases.lifecycle.notification_kinds import KINDS, OF_CHANGES, Kind, keeping_back
from cases.lifecycle.state_labels import UNASSIGNED_QUERY
from cases.models import Case, Notification, User

# Cases in the queue are counted up to this.
MAX_IN_QUEUE = 99


def sentence(notification: Notification, *, to: User, case: Case | None, in_queue: int = 0) -> str:
    """Return what `notification` about `case` says `to` its recipient: what happened, and what happens next. See
    `headline`."""
    facts = KINDS[notification.kind]
    words = facts.member if to.is_member else facts.staff
    happened = headline(notification, to=to, in_queue=in_queue)
    after = [str(words.then)] if words and words.then else []
    if notification.kind == Kind.ASSIGNED and case and case.assigned_to_id == to.pk:
        after += [*_what_keeps_back(case, notification.at), *_who_waits(case, notification.at)]
    return " ".join([happened, *after])


def _what_keeps_back(case: Case, at: dt.datetime) -> list[str]:
    """Say why a case that a person got at `at` was not released yet, as far as that is still so.

    What began later has a notification of its own.
    """
    if case.is_held:
        return [_("This case is on hold. No release date is set.")]
    found = [KINDS[kind].staff for kind in keeping_back(case, at)]
    return [str(words.text) for words in found if words]


def _who_waits(case: Case, at: dt.datetime) -> list[str]:
    """Say that the member of a case that a person got at `at` already waited for a reply, and still does."""
    if case.waiting_for != Case.WaitingFor.STAFF or case.waiting_since is None or case.waiting_since > at:
        return []
    return [_("The member is waiting for a reply.")]


def headline(notification: Notification, *, to: User, in_queue: int = 0) -> str:
    """Return what happened, as `notification` says it `to` its recipient. `in_queue`: of `count_queue`.

    Staff read who did it where the actor is loaded.
    """
    if notification.kind == Kind.QUEUE:
        text = ngettext("%(n)s case is waiting in the queue.", "%(n)s cases are waiting in the queue.", in_queue)
        return text % {"n": capped(in_queue, MAX_IN_QUEUE)}
    facts = KINDS[notification.kind]
    words = facts.member if to.is_member else facts.staff
    if words is None:
        return str(notification.get_kind_display())
    by_name = OF_CHANGES.get(notification.ref or 0, "") if notification.kind == Kind.CHANGED else words.by_name
    if by_name and notification.actor:
        return str(by_name) % {"name": isolated(notification.actor.display_name)}
    return str(words.text)


def count_queue(reader: User) -> int:
    """Return how many cases that `reader` may know about wait in the queue, up to MAX_IN_QUEUE + 1."""
    waiting = Case.objects.visible_to(reader).filter(status=Case.Status.SUBMITTED).order_by("-urgency", "pk")
    return waiting.values("pk")[: MAX_IN_QUEUE + 1].count()


def path(notification: Notification) -> str:
    """Return the path of what `notification` is about."""
    if notification.case_id is None:
        return f"{reverse('case_list')}?{UNASSIGNED_QUERY}"
    anchor = KINDS[notification.kind].anchor
    return reverse("case_detail", args=[notification.case_id]) + (f"#{anchor}" if anchor else "")


def link(notification: Notification) -> str:
    """Return the address of what `notification` is about, for an email."""
    return str(settings.PORTAL_URL) + path(notification)
