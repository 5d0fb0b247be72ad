"""Signed links in emails to staff: each leads to a page that asks, and does one thing to one case for one person.

A link is valid for its addressee, for the schedule that the email was about, and until it expires. It is not a
credential: its page requires the person to be signed in. Nothing about it is stored.
"""

import datetime as dt
from dataclasses import dataclass

from django.core import signing
from django.utils.translation import gettext as _

from cases.core.errors import CaseError, LinkGone
from cases.delivery.portal_links import portal_url
from cases.lifecycle.deputies import stands_in_for
from cases.lifecycle.permissions import Action
from cases.models import Case, User

SALT = "cases.delivery.signed_links"
# Most are out of date before that, because the case has been released.
LIFETIME = dt.timedelta(days=14)
# What the letters of a link mean. They are short because links are read aloud in emails. Never change what one means.
LETTERS = {"d": Action.RESCHEDULE, "r": Action.RETURN, "h": Action.HOLD, "e": Action.RELEASE_EARLY}


class BadLink(CaseError):
    """The portal has not signed this link."""

    status = 404

    def __init__(self) -> None:
        super().__init__(_("This link isn't valid. Open it from the email again, without changing it."))


class NotTheAddressee(CaseError):
    """The link belongs to another person."""

    status = 403

    def __init__(self) -> None:
        super().__init__(_("This link was sent to someone else. Only they can use it."))


class NotTheirsAnymore(CaseError):
    """The case has another technician now, or the absence during which the addressee stood in is over."""

    status = 403

    def __init__(self) -> None:
        super().__init__(_("This case is assigned to someone else now, so the link no longer works."))


@dataclass(frozen=True)
class SignedLink:
    """What a link is for. `revision` is that of the schedule that the email was about."""

    action: Action
    case: int
    revision: int


def link(action: Action, *, case: Case, person: User, now: dt.datetime) -> str:
    """Return the address of a link for `person` to do `action` to `case`, created at the aware datetime `now`."""
    letter = next(letter for letter, known in LETTERS.items() if known == action)
    expires = int((now + LIFETIME).timestamp())
    facts = [letter, case.pk, case.schedule_revision, person.pk, expires]
    return portal_url("reminder_link", _signer().sign_object(facts))


def read(token: str, *, by: User, now: dt.datetime) -> SignedLink:
    """Return what the link with this `token` is for.

    BadLink if it was not signed, NotTheAddressee for anyone but the person it was sent to, LinkGone if it has expired
    at `now`.
    """
    letter, case, revision, person, expires = _facts(token)
    if person != by.pk:
        raise NotTheAddressee
    if now.timestamp() >= expires:
        raise LinkGone(_("This link has expired. You can still open the case."))
    return SignedLink(LETTERS[letter], case, revision)


def case_of(token: str, *, by: User) -> int | None:
    """Return the key of the case of a link that was sent to `by`, even if it has ended since, or None."""
    try:
        _letter, case, _revision, person, _expires = _facts(token)
    except BadLink:
        return None
    return case if person == by.pk else None


def _facts(token: str) -> tuple[str, int, int, int, int]:
    try:
        letter, case, revision, person, expires = _signer().unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        raise BadLink from None
    if letter not in LETTERS:
        raise BadLink
    return letter, case, revision, person, expires


def _signer() -> signing.Signer:
    return signing.Signer(salt=SALT)


def check_present(found: SignedLink, case: Case, *, by: User) -> None:
    """Raise LinkGone where `case` is no longer as in the email: moved, put on hold, reopened or released since.

    NotTheirsAnymore for a technician who neither has the case nor stands in for the one who has it.
    """
    if case.is_released:
        raise LinkGone(_("This case has been released since the email was sent."))
    if not case.is_pending or case.is_held or case.schedule_revision != found.revision:
        raise LinkGone(_("This case has changed since the email was sent, so the link no longer works."))
    if by.is_technician and case.assigned_to_id not in {by.pk, *stands_in_for(by)}:
        raise NotTheirsAnymore
