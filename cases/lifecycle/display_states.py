"""The words in which people read the state of a case, each role its own."""

import functools
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from cases.models import Case, User
from cases.models.case import HELD, RELEASED, SCHEDULED

Status = Case.Status


@dataclass(frozen=True)
class Shown:
    """A state as a page names it: `key` in URLs and style, `label` for people, `where` the cases that are in it."""

    key: str
    label: StrOrPromise
    where: Q


@functools.cache
def for_staff() -> list[Shown]:
    """Completed and released are two words, everywhere (FIELD: the top confusion of such portals)."""
    return [
        Shown("submitted", _("Submitted"), Q(status=Status.SUBMITTED)),
        Shown("accepted", _("Accepted"), Q(status=Status.ACCEPTED)),
        Shown("completed", _("Completed, not released"), SCHEDULED),
        Shown("held", _("Completed, on hold"), HELD),
        Shown("released", _("Released"), RELEASED),
    ]


def for_members() -> list[Shown]:
    """What a member may tell apart, by RELEASE_MEMBER_VIEW."""
    return _for_members(settings.RELEASE_MEMBER_VIEW)


@functools.cache
def _for_members(member_view: str) -> list[Shown]:
    accepted = Q(status=Status.ACCEPTED)
    announced = []
    if member_view == "in_progress":
        accepted |= SCHEDULED | HELD
    elif member_view == "announced":
        accepted |= HELD  # there is no date to announce
        announced = [Shown("announced", _("Release announced"), SCHEDULED)]
    return [
        Shown("draft", _("Draft"), Q(status=Status.DRAFT)),
        Shown("submitted", _("Submitted"), Q(status=Status.SUBMITTED)),
        Shown("accepted", _("In progress"), accepted),
        *announced,
        Shown("released", _("Ready"), RELEASED),
    ]


@functools.cache
def for_administrators() -> list[Shown]:
    """They see drafts too."""
    return [Shown("draft", _("Draft"), Q(status=Status.DRAFT)), *for_staff()]


def shown_to(user: User) -> list[Shown]:
    """The states that `user` reads."""
    if user.is_member:
        return for_members()
    return for_administrators() if user.is_administrator else for_staff()


def filters_for(user: User) -> list[Shown]:
    """The states that `user` filters by: those they read, and for members all that is under way as one more."""
    shown = shown_to(user)
    if not user.is_member:
        return shown
    submitted, accepted = (next(state for state in shown if state.key == key) for key in ("submitted", "accepted"))
    return [*shown, Shown("open", _("Submitted or in progress"), submitted.where | accepted.where)]


def key_of(case: Case, user: User) -> str:
    """Which of `shown_to(user)` the case is in."""
    if case.is_released:
        return "released"
    if user.is_member and case.is_pending:
        announced = settings.RELEASE_MEMBER_VIEW == "announced" and not case.is_held
        return "announced" if announced else "accepted"
    return "held" if case.is_held else case.status
