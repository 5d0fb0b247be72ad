"""What administrators do with the people of the portal: invite, deactivate, reactivate, hand over their cases.

Verbs as in cases.releases. A technician's open cases are those that are accepted, or completed and not released.
"""

import structlog
from allauth.utils import generate_unique_username
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cases.clock import portal_now
from cases.errors import CaseError, NotAllowed, WrongState
from cases.history import Step
from cases.models import Case, CaseQuerySet, ReleaseEvent, User

logger = structlog.get_logger(__name__)

# Handed over in one transaction: a release that falls due meanwhile waits for no more than that.
BATCH = 500


@transaction.atomic
def invite(*, by: User, email: str, first_name: str, last_name: str, role: str) -> User:
    """A new account without a password. The link to set one is mailed after this (cases.accounts)."""
    _check_administrator(by)
    email = email.strip().lower()
    if User.objects.filter(email__iexact=email).exists():
        raise CaseError(_("Somebody with this address has an account already."), field="email")
    name = generate_unique_username([email.partition("@")[0], first_name, "person"])
    person = User(username=name, email=email, first_name=first_name, last_name=last_name, role=role)
    person.set_unusable_password()
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError:  # a second click, or two administrators at once
        raise CaseError(_("Somebody was invited under this name at this very moment."), field="email") from None
    logger.info("person invited", person_id=person.pk, role=role, by=by.pk)
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
def _set_active(person: User, *, by: User, is_active: bool) -> User:
    # Both, in one order: of two administrators who deactivate each other one is told that it is too late.
    people = User.objects.select_for_update().filter(pk__in=[by.pk, person.pk]).order_by("pk")
    locked = {found.pk: found for found in people}
    _check_administrator(locked[by.pk])
    person = locked[person.pk]
    person.is_active = is_active
    person.save(update_fields=["is_active"])
    logger.info("person activated" if is_active else "person deactivated", person_id=person.pk, by=by.pk)
    return person


def open_cases(technician: User, *, by: User) -> CaseQuerySet:
    """The cases of `technician` that are still to be worked on or to be released."""
    cases = Case.objects.visible_to(by).filter(assigned_to=technician, actual_release_date__isnull=True)
    return cases.filter(status__in=[Case.Status.ACCEPTED, Case.Status.COMPLETED])


def hand_over(*, technician: User, to: User, by: User, source: str) -> int:
    """All open cases of `technician` are `to`'s from now on; schedules stay. Returns how many.

    In batches: one that fails leaves those before it handed over, and to do it again goes on from there.
    """
    _check_administrator(by)
    if to.pk == technician.pk or not (to.is_technician and to.is_active):
        raise WrongState(_("Choose another technician, whose account is active."))
    count = 0
    while done := _hand_over_some(technician, to, by, source):
        count += done
    return count


@transaction.atomic
def _hand_over_some(technician: User, to: User, by: User, source: str) -> int:
    now = portal_now()
    cases = list(open_cases(technician, by=by).select_for_update(of=("self",)).order_by("pk")[:BATCH])
    steps = [Step(case, by=by, source=source, at=now) for case in cases]
    Case.objects.filter(pk__in=[case.pk for case in cases]).update(assigned_to=to)
    names = f"{technician.display_name} → {to.display_name}"
    ReleaseEvent.objects.bulk_create([step.event(ReleaseEvent.Kind.HANDED_OVER, reason=names) for step in steps])
    return len(cases)


def _check_administrator(by: User) -> None:
    if not (by.is_active and by.is_administrator):
        raise NotAllowed(_("Only administrators look after accounts."))
