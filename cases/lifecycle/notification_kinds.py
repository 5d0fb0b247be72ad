"""The kinds of notifications, as data: who gets them, how by default, and in which words.

To add one, add a value to Notification.Kind and a line to KINDS. No sentence contains a title, and none for members
contains a person's name, because others may also read an email.
"""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from cases.models import Case, CaseEvent, Notification, NotificationChoice, User

Kind = Notification.Kind
Event = CaseEvent.Kind
Channel = NotificationChoice.Channel
Role = User.Role

ALL_CHANNELS = tuple(Channel)
MEMBERS = frozenset({Role.MEMBER})
TECHNICIANS = frozenset({Role.TECHNICIAN})
STAFF = frozenset({Role.TECHNICIAN, Role.ADMINISTRATOR})
EVERYBODY = MEMBERS | STAFF


@dataclass(frozen=True)
class About:
    """One person to be notified about one case, or about none. `ref` as in the model."""

    person: int
    case: int | None = None
    ref: int | None = None


@dataclass(frozen=True)
class Sentence:
    """What happened. `by_name` has a placeholder for the `name` of the person who did it, and only staff read it.

    `then` is what happens next. The subject of an email leaves it out.
    """

    text: StrOrPromise
    by_name: StrOrPromise = ""
    then: StrOrPromise = ""


@dataclass(frozen=True)
class KindFacts:
    """Facts of one kind.

    `usual` is the channel if emails are on and the person has not chosen another. `is_receipt` notifies people of their
    own actions. `to_deputies` also notifies those who stand in for the person. `has_own_email` is emailed by a feature
    of its own, whatever NOTIFICATION_EMAILS says. `of_the_technician` is no longer emailed once the case belongs to
    someone else. `anchor` is the part of the case page that it leads to. `channels` are those that a person can choose.
    `comes_in_waves`: a program, a bulk operation or an outage may cause many at the same time, which are then shown as
    one.
    """

    roles: frozenset[User.Role]
    usual: NotificationChoice.Channel
    staff: Sentence | None = None
    member: Sentence | None = None
    anchor: str = ""
    is_receipt: bool = False
    to_deputies: bool = False
    has_own_email: bool = False
    of_the_technician: bool = False
    comes_in_waves: bool = False
    channels: tuple[NotificationChoice.Channel, ...] = ALL_CHANNELS


KINDS: dict[str, KindFacts] = {
    # Its sentence has a number: cases.lifecycle.notification_texts.
    Kind.QUEUE: KindFacts(TECHNICIANS, Channel.DIGEST, Sentence("")),
    Kind.RECEIVED: KindFacts(
        MEMBERS,
        Channel.MAIL,
        member=Sentence(_("We have received your case."), then=_("Next, a technician will accept it.")),
        is_receipt=True,
    ),
    Kind.ACCEPTED: KindFacts(
        MEMBERS, Channel.MAIL, member=Sentence(_("A technician has started working on your case."))
    ),
    Kind.ASSIGNED: KindFacts(
        TECHNICIANS,
        Channel.MAIL,
        Sentence(_("This case was handed over to you."), _("%(name)s handed this case over to you.")),
        of_the_technician=True,
        comes_in_waves=True,
    ),
    Kind.QUESTION: KindFacts(
        EVERYBODY,
        Channel.MAIL,
        Sentence(_("The member asked a question.")),
        Sentence(_("We have a question for you.")),
        anchor="conversation",
        to_deputies=True,
    ),
    Kind.REPLY: KindFacts(
        EVERYBODY,
        Channel.MAIL,
        Sentence(_("The member replied.")),
        Sentence(_("We replied to you.")),
        anchor="conversation",
        to_deputies=True,
    ),
    Kind.MENTION: KindFacts(
        STAFF,
        Channel.MAIL,
        Sentence(_("You were mentioned in a note."), _("%(name)s mentioned you in a note.")),
        anchor="notes",
    ),
    # No person makes others take care of what an owner leaves behind.
    Kind.CONDITION: KindFacts(
        STAFF,
        Channel.DIGEST,
        Sentence(
            _("A condition on this case is still open, and its owner has left."),
            _("%(name)s opened a condition on this case that you own."),
        ),
        comes_in_waves=True,
    ),
    Kind.APPROVAL: KindFacts(
        STAFF,
        Channel.MAIL,
        Sentence(_("The release of this case needs an approval.")),
        to_deputies=True,
        comes_in_waves=True,
    ),
    Kind.HELD: KindFacts(
        STAFF,
        Channel.MAIL,
        Sentence(_("This case has reached its release date, but it is held by conditions.")),
        to_deputies=True,
        of_the_technician=True,
        comes_in_waves=True,
    ),
    Kind.FAILED: KindFacts(
        STAFF,
        Channel.MAIL,
        Sentence(_("The release of this case failed. It will be retried automatically.")),
        to_deputies=True,
        comes_in_waves=True,
    ),
    Kind.RECALLED: KindFacts(
        STAFF,
        Channel.MAIL,
        Sentence(_("The release of this case was recalled."), _("%(name)s recalled the release of this case.")),
        of_the_technician=True,
        comes_in_waves=True,
    ),
    # By a person. CHANGES says what it was.
    Kind.CHANGED: KindFacts(
        STAFF,
        Channel.MAIL,
        Sentence(_("A colleague changed this case.")),
        of_the_technician=True,
        comes_in_waves=True,
    ),
    # One email a day about all of them (cases.releases.reminders).
    Kind.REMINDER: KindFacts(
        STAFF,
        Channel.DIGEST,
        Sentence(_("This case will be released soon.")),
        of_the_technician=True,
        has_own_email=True,
        comes_in_waves=True,
    ),
    # The email about a release is separate, immediate and for everyone (cases.delivery.release_email).
    Kind.RELEASED: KindFacts(MEMBERS, Channel.PORTAL, member=Sentence(_("Your case is ready."))),
    # Only an email (cases.releases.unopened_reminders): in the portal, "Your case is ready" is still unread.
    Kind.UNOPENED: KindFacts(MEMBERS, Channel.MAIL, has_own_email=True, channels=(Channel.PORTAL, Channel.MAIL)),
}

# What a person may do to the case of a technician who should know of it: its number, which is the `ref` of CHANGED and
# never gets another meaning, and how it is said. The first one says more than those after it that happen together.
CHANGES: dict[str, tuple[int, StrOrPromise]] = {
    Event.UNDONE: (1, _("%(name)s undid the release of this case.")),
    Event.RELEASED: (2, _("%(name)s released this case.")),
    Event.RETURNED: (3, _("%(name)s reopened this case.")),
    Event.COMPLETED: (4, _("%(name)s completed this case.")),
    Event.HELD: (5, _("%(name)s put this case on hold.")),
    Event.SCHEDULED: (6, _("%(name)s set a release date for this case.")),
    Event.RESCHEDULED: (7, _("%(name)s changed the release date of this case.")),
    Event.TYPE_CHANGED: (8, _("%(name)s changed the type of this case.")),
    Event.URGENCY_CHANGED: (9, _("%(name)s changed the urgency of this case.")),
    Event.CONDITION_WAIVED: (10, _("%(name)s waived a condition on this case.")),
    Event.CONDITION_ADDED: (11, _("%(name)s added a condition to this case.")),
}
OF_CHANGES = dict(CHANGES.values())

# Where staff see different words than members, or than the model has.
LABELS_OF_STAFF: dict[str, StrOrPromise] = {
    # It is not always theirs.
    Kind.CONDITION: _("A condition to take care of"),
    Kind.QUESTION: _("A member asked a question"),
    Kind.REPLY: _("A member replied"),
}


def usual_channel(kind: str) -> str:
    """Return how people who have not chosen are notified of `kind`. Without NOTIFICATION_EMAILS, they get no email."""
    is_emailed = settings.NOTIFICATION_EMAILS or KINDS[kind].has_own_email
    return KINDS[kind].usual if is_emailed else Channel.PORTAL


def keeping_back(case: Case, at: dt.datetime) -> list[Kind]:
    """Return which of HELD and FAILED are true of `case`, if its release instant had come at `at`."""
    instant = case.release_instant if case.is_pending else None
    if instant is None or instant > at:
        return []
    return [kind for kind, so in ((Kind.HELD, case.open_conditions), (Kind.FAILED, case.release_attempts)) if so]


def kinds_for(person: User) -> list[str]:
    """Return the kinds that `person` may get and can choose about, in their order."""
    return [kind for kind, facts in KINDS.items() if person.role in facts.roles and kind != Kind.RELEASED]


def is_offered(kind: str) -> bool:
    """Tell whether the portal, with its settings, notifies anyone of `kind`."""
    return bool(kind != Kind.UNOPENED or settings.RELEASE_UNOPENED_REMINDER)


def choice_label(kind: str, person: User) -> StrOrPromise:
    """Return the label of `kind` on the settings page of `person`."""
    if not person.is_member and kind in LABELS_OF_STAFF:
        return LABELS_OF_STAFF[kind]
    return Kind(kind).label
