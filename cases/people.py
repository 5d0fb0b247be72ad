"""What administrators do with the people of the portal: invite, correct, deactivate, reactivate, change roles, remove
a lost second factor, hand over cases.

Verbs as in cases.releases; each writes the history of the account. A person's open cases are those that they accepted,
or completed and that are not released. Whoever does something here is an active administrator and does it to somebody
else: so one is always left.
"""

import structlog
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.utils import generate_unique_username
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cases.clock import portal_now
from cases.errors import CaseError, NotAllowed, WrongState
from cases.handover import handed_over
from cases.models import AccountEvent, Case, CaseQuerySet, ReleaseEvent, User
from cases.models.case import HELD, SCHEDULED

logger = structlog.get_logger(__name__)

# Handed over in one transaction: a release that falls due meanwhile waits for no more than that.
BATCH = 500
Kind = AccountEvent.Kind


@transaction.atomic
def invite(*, by: User, email: str, first_name: str, last_name: str, role: str) -> User:
    """A new account without a password. The link to set one is mailed after this (cases.accounts)."""
    _take_turns(by)
    email = _free_address(email)
    name = generate_unique_username([email.partition("@")[0], first_name, "person"])
    person = User(username=name, email=email, first_name=first_name, last_name=last_name)
    _give_role(person, role)
    person.set_unusable_password()
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError:  # somebody else's program made an account of that name
        raise CaseError(_("Somebody was invited under this name at this very moment."), field="email") from None
    _record(person, Kind.INVITED, by=by, detail=f"{email}, {role}")
    logger.info("person invited", person_id=person.pk, role=role, by=by.pk)
    return person


@transaction.atomic
def invite_again(*, person: User, by: User) -> User:
    """The link is to be mailed once more after this (cases.accounts); a former one is good until one is used.

    WrongState for somebody who has a password, or whose account is deactivated.
    """
    person = _lock(person, by=by)
    if not person.is_active or person.has_usable_password():
        raise WrongState(_("This person has a password, or a deactivated account."))
    _record(person, Kind.INVITED_AGAIN, by=by, detail=person.email)
    return person


@transaction.atomic
def correct(*, person: User, by: User, email: str, first_name: str, last_name: str) -> User:
    """`person` is called so, and reached there, from now on; the history shows the new name.

    The former address opens nothing any more: no sign-in, and no link that was mailed to it.
    """
    _take_turns(by)
    person = User.objects.select_for_update().get(pk=person.pk)
    email = _free_address(email, of=person)
    EmailAddress.objects.filter(user=person).exclude(email=email).delete()
    before = _called(person)
    person.email, person.first_name, person.last_name = email, first_name, last_name
    person.save(update_fields=["email", "first_name", "last_name"])
    if before != _called(person):
        _record(person, Kind.CORRECTED, by=by, detail=f"{before} → {_called(person)}")
    logger.info("person corrected", person_id=person.pk, by=by.pk)
    return person


def deactivate(*, person: User, by: User) -> User:
    """`person` gets in no more, from this moment on; cases, history and name stay. Not for oneself."""
    if person.pk == by.pk:
        raise NotAllowed(_("You cannot deactivate yourself. Ask another administrator."))
    return _set_active(person, by=by, is_active=False)


def reactivate(*, person: User, by: User) -> User:
    """`person` gets in again, with the former password."""
    return _set_active(person, by=by, is_active=True)


@transaction.atomic
def change_role(*, person: User, role: str, by: User) -> User:
    """`person` is `role` from the next request on, with everything that is open to it; the history stays.

    NotAllowed for oneself. WrongState while cases are bound to the former role: a member's own, which only a member
    sees by the rule of releases, and open ones, which nobody could go on with.
    """
    if person.pk == by.pk:
        raise NotAllowed(_("You cannot change your own role. Ask another administrator."))
    if role not in User.Role:
        raise CaseError(_("Choose one of the roles."), field="role")
    person = _lock(person, by=by)
    former = person.role
    if role == former:
        return person
    _check_free_of_cases(person, by=by)
    _give_role(person, role)
    person.save(update_fields=["role", "is_staff", "is_superuser"])
    _record(person, Kind.ROLE_CHANGED, by=by, detail=f"{former} → {role}")
    logger.info("role changed", person_id=person.pk, former=former, role=role, by=by.pk)
    return person


@transaction.atomic
def remove_second_factor(*, person: User, by: User, reason: str) -> User:
    """`person` gets in with the password alone: the app and the recovery codes are forgotten.

    For whoever lost both. NotAllowed for oneself, who would have to confirm it on the page of one's own security.
    WrongState where there is none. Sessions go on.
    """
    if person.pk == by.pk:
        raise NotAllowed(_("You cannot remove your own second factor here. Use the page Security."))
    if not reason.strip():
        raise CaseError(_("Please give a reason; it is kept in the history of the account."), field="reason")
    person = _lock(person, by=by)
    if not Authenticator.objects.filter(user=person).delete()[0]:
        raise WrongState(_("This person has no second factor."))
    _record(person, Kind.SECOND_FACTOR_REMOVED, by=by, detail=reason.strip())
    logger.info("second factor removed", person_id=person.pk, by=by.pk)
    return person


@transaction.atomic
def _set_active(person: User, *, by: User, is_active: bool) -> User:
    person = _lock(person, by=by)
    if person.is_active == is_active:
        return person
    person.is_active = is_active
    person.save(update_fields=["is_active"])
    _record(person, Kind.REACTIVATED if is_active else Kind.DEACTIVATED, by=by)
    logger.info("person activated" if is_active else "person deactivated", person_id=person.pk, by=by.pk)
    return person


def _lock(person: User, *, by: User) -> User:
    """`person` as the row says, locked. Both are, in one order: of two administrators who turn each other out one is
    told that it is too late."""
    people = User.objects.select_for_update().filter(pk__in=[by.pk, person.pk]).order_by("pk")
    locked = {found.pk: found for found in people}
    _check_administrator(locked[by.pk])
    return locked[person.pk]


def _take_turns(by: User) -> None:
    """One new address after the other: of two people who are to have the same the second finds the first.

    The administrators' rows are what all who give addresses have in common. A constraint would keep out a portal that
    has an address twice already.
    """
    administrators = User.objects.select_for_update(no_key=True).filter(role=User.Role.ADMINISTRATOR)
    locked = {found.pk: found for found in administrators.order_by("pk")}
    _check_administrator(locked.get(by.pk))


def _free_address(email: str, *, of: User | None = None) -> str:
    """`email` as it is stored; CaseError where it is another person's. To be asked in one's turn."""
    email = email.strip().lower()
    found = User.objects.filter(email__iexact=email)
    others = found.exclude(pk=of.pk) if of else found
    if others.exists():
        raise CaseError(_("Somebody with this address has an account already."), field="email")
    return email


def _give_role(person: User, role: str) -> None:
    """Django's admin is for administrators, and for nobody else."""
    person.role = role
    person.is_staff = person.is_superuser = role == User.Role.ADMINISTRATOR


def _check_free_of_cases(person: User, *, by: User) -> None:
    if person.is_member and person.cases.exists():
        raise WrongState(
            _("%(name)s has cases as a member and has to stay one. For other work, invite another address.")
            % {"name": person.display_name}
        )
    if count_open(person, by=by, most=1):
        raise WrongState(
            _("%(name)s has open cases. Hand them over to another technician first.") % {"name": person.display_name}
        )


def open_cases(technician: User, *, by: User) -> list[CaseQuerySet]:
    """The cases assigned to `technician` that are still to be worked on or to be released, in three stretches.

    Each is in the order of an index, so that the many which have been released cost nothing.
    """
    own = Case.objects.visible_to(by).filter(assigned_to=technician)
    return [
        own.filter(status=Case.Status.ACCEPTED).order_by("-id"),
        own.filter(HELD).order_by("-id"),
        own.filter(SCHEDULED).order_by("scheduled_release_date", "scheduled_release_time", "id"),
    ]


def count_open(technician: User, *, by: User, most: int) -> int:
    """How many those are, counted up to `most` in each stretch."""
    return sum(stretch.values("pk")[:most].count() for stretch in open_cases(technician, by=by))


def hand_over(*, technician: User, to: User, by: User, source: str, reason: str = "") -> int:
    """All open cases of `technician` are `to`'s from now on; schedules stay. Returns how many.

    In batches: one that fails leaves those before it handed over, and to do it again goes on from there.
    """
    _check_administrator(by)
    if to.pk == technician.pk or not to.takes_cases:
        raise WrongState(_("Choose another technician, who has signed in and whose account is active."))
    count = 0
    # Once more after the last: a case may have gone from one stretch to another meanwhile.
    while done := _hand_over_some(technician, to, by, source, reason.strip()):
        count += done
    return count


@transaction.atomic
def _hand_over_some(technician: User, to: User, by: User, source: str, reason: str) -> int:
    locked: list[Case] = []
    for stretch in open_cases(technician, by=by):
        ready = stretch.select_related("assigned_to").select_for_update(of=("self",))
        locked += ready[: BATCH - len(locked)]
    if not locked:
        return 0
    now = portal_now()
    Case.objects.filter(pk__in=[case.pk for case in locked]).update(assigned_to=to)
    ReleaseEvent.objects.bulk_create(
        [handed_over(case, to=to, by=by, source=source, at=now, reason=reason) for case in locked]
    )
    _record(technician, Kind.CASES_HANDED_OVER, by=by, detail=f"{len(locked)} → {to.display_name}\n{reason}".strip())
    return len(locked)


def _record(person: User, kind: AccountEvent.Kind, *, by: User, detail: str = "") -> None:
    AccountEvent.objects.create(person=person, kind=kind, at=portal_now(), by=by, detail=detail)


def _called(person: User) -> str:
    return f"{person.get_full_name()} <{person.email}>".strip()


def _check_administrator(by: User | None) -> None:
    if by is None or not (by.is_active and by.is_administrator):
        raise NotAllowed(_("Only administrators look after accounts."))
