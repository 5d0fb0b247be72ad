"""The words for the state of a case, for each role."""

import functools
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from cases.models import Case, User
from cases.models.case_states import HELD, OPEN, RELEASED, SCHEDULED, WAITING_FOR_MEMBER, WAITING_FOR_STAFF
from cases.models.case_visibility import is_only_announced

Status, WaitingFor = Case.Status, Case.WaitingFor
# The query of the case list for cases that no one has accepted.
UNASSIGNED_QUERY = "state=submitted&sort=urgent"


@dataclass(frozen=True)
class DisplayState:
    """A state as a page shows it: `key` for URLs and styles, `label` for people, `where` for the cases in it."""

    key: str
    label: StrOrPromise
    where: Q


@functools.cache
def for_staff() -> list[DisplayState]:
    """Return the states of cases for staff.

    Completed and released always have different words, because people confuse these two most.
    """
    return [
        DisplayState("submitted", _("Submitted"), Q(status=Status.SUBMITTED)),
        DisplayState("accepted", _("In progress"), Q(status=Status.ACCEPTED)),
        DisplayState("scheduled", _("Scheduled"), SCHEDULED),
        DisplayState("held", _("On hold"), HELD),
        DisplayState("released", _("Released"), RELEASED),
    ]


def for_members() -> list[DisplayState]:
    """Return the states that a member may distinguish, by RELEASE_MEMBER_VIEW."""
    return _for_members(settings.RELEASE_MEMBER_VIEW)


@functools.cache
def _for_members(member_view: str) -> list[DisplayState]:
    accepted = Q(status=Status.ACCEPTED)
    announced = []
    if member_view == "in_progress":
        accepted |= SCHEDULED | HELD
    elif member_view == "announced":
        accepted |= HELD  # there is no date to announce
        announced = [DisplayState("announced", _("Scheduled"), SCHEDULED)]
    return [
        DisplayState("draft", _("Draft"), Q(status=Status.DRAFT)),
        DisplayState("submitted", _("Submitted"), Q(status=Status.SUBMITTED)),
        DisplayState("accepted", _("In progress"), accepted),
        *announced,
        DisplayState("released", _("Ready"), RELEASED),
    ]


@functools.cache
def for_administrators() -> list[DisplayState]:
    """Return the states of cases for administrators, who see drafts too."""
    return [DisplayState("draft", _("Draft"), Q(status=Status.DRAFT)), *for_staff()]


def states_for(user: User) -> list[DisplayState]:
    """Return the states that `user` sees."""
    if user.is_member:
        return for_members()
    return for_administrators() if user.is_administrator else for_staff()


def filters_for(user: User) -> list[DisplayState]:
    """Return the states that `user` filters by: those they see, plus one for all open cases.

    For members, open means submitted or in progress, for staff also completed and not released.
    """
    states = states_for(user)
    if not user.is_member:
        return [*states, DisplayState("open", _("Not released"), OPEN)]
    submitted, accepted = (next(state for state in states if state.key == key) for key in ("submitted", "accepted"))
    return [*states, DisplayState("open", _("Submitted or in progress"), submitted.where | accepted.where)]


@functools.cache
def turns_of_staff() -> list[DisplayState]:
    """Return whose turn it can be in the conversation of a case, as staff see it."""
    return [
        DisplayState("staff", WaitingFor.STAFF.label, WAITING_FOR_STAFF),
        DisplayState("member", WaitingFor.MEMBER.label, WAITING_FOR_MEMBER),
    ]


def turn_of_members() -> DisplayState:
    """Return what members see of a question to them. It is open as long as the case looks in progress to them."""
    in_progress = next(state for state in for_members() if state.key == "accepted")
    return DisplayState("member", _("Waiting for you"), in_progress.where & Q(waiting_for=WaitingFor.MEMBER))


def turns_for(user: User) -> list[DisplayState]:
    """Return what `user` sees of whose turn it is in a conversation."""
    return [turn_of_members()] if user.is_member else turns_of_staff()


def turn_in(case: Case, user: User) -> DisplayState | None:
    """Return the one of `turns_for(user)` that the case is in, or None if no one is waiting or `user` may not know."""
    is_open = key_of(case, user) == "accepted" if case.waiting_for == WaitingFor.MEMBER else not user.is_member
    if not case.waiting_for or not is_open:
        return None
    return next(turn for turn in turns_for(user) if turn.key == case.waiting_for)


def key_of(case: Case, user: User) -> str:
    """Return the key of the state of `states_for(user)` that the case is in."""
    if case.is_released:
        return "released"
    if user.is_member and case.is_pending:
        return "announced" if is_only_announced(case) else "accepted"
    if case.is_held:
        return "held"
    return "scheduled" if case.is_pending else case.status
