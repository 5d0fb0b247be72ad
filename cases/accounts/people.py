"""What administrators do with the people of the portal: invite, correct, deactivate, reactivate, change roles, remove
a lost second factor. cases.casework.assignment hands over their cases.

Verbs as in cases.releases. Each writes the history of the account. They are for active administrators and apply only to
other people, so that one administrator is always left.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.utils import generate_unique_username
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cases.accounts.absences import end_all_absences
from cases.casework.assignment import count_open
from cases.core import limits
from cases.core.clock import portal_now
from cases.core.email_addresses import UnusableAddress, canonical, for_mail_server
from cases.core.errors import CaseError, NotAllowed, WrongState
from cases.core.text import clean_line, clean_text, isolated
from cases.delivery.account_email_queue import queue_address_changed, queue_invitation
from cases.delivery.condition_notices import tell_others_instead
from cases.lifecycle import form_tokens
from cases.lifecycle.account_history import identity, record
from cases.lifecycle.history import is_last, log_committed
from cases.lifecycle.locking import lock_as_administrator
from cases.models import AccountEvent, Case, User
from cases.releases.notices import tell_of_reached_held
from cases.releases.reminders import remind_others_at_once

Kind = AccountEvent.Kind


@transaction.atomic
def invite(*, by: User, email: str, first_name: str, last_name: str, role: str, form_token: str = "") -> User:
    """Create an account without a password. The link to choose one is mailed after the commit.

    A form makes one account (cases.lifecycle.form_tokens).
    """
    _check_lengths(email, first_name, last_name)
    lock_as_administrator(by)
    used = form_tokens.use(form_token, by=by, content=["person", email, first_name, last_name, role])
    email = _usable_address(email)
    name = generate_unique_username([email.partition("@")[0], first_name, "person"])
    person = User(username=name, email=email, first_name=first_name, last_name=last_name)
    _give_role(person, role)
    person.set_unusable_password()
    try:
        with _one_account_for_each_address(email):
            person.save()
    except IntegrityError:  # another program created an account with that name
        raise CaseError(_("Someone else was just invited with this username. Try again."), field="email") from None
    form_tokens.remember(used, person.pk)
    record(person, Kind.INVITED, by=by, details={"email": email, "role": role})
    queue_invitation(person)
    log_committed("person invited", person_id=person.pk, role=role, by=by.pk)
    return person


@transaction.atomic
def invite_again(*, person: User, by: User, form_token: str = "") -> User:
    """Mail the link once more after the commit. Earlier links work until one is used.

    A form sends one mail (cases.lifecycle.form_tokens).

    WrongState for a person who has a password, or whose account is deactivated.
    """
    person = lock_as_administrator(by, person)[person.pk]
    if not person.is_active or person.has_usable_password():
        raise WrongState(_("This person already has a password, or the account is deactivated."))
    used = form_tokens.use(form_token, by=by, content=["invitation", str(person.pk)])
    form_tokens.remember(used, person.pk)
    record(person, Kind.INVITED_AGAIN, by=by, details={"email": person.email})
    queue_invitation(person)
    return person


@transaction.atomic
def correct(
    *, person: User, by: User, email: str | None = None, first_name: str | None = None, last_name: str | None = None
) -> User:
    """Change the name and address of `person`.

    None leaves a value as it is. The history shows the new name. The former address no longer works, for signing in or
    for a link that was mailed to it. It gets a notice by mail, unless it bounced, or the new address is only another
    spelling.
    """
    _check_lengths(email or "", first_name or "", last_name or "")
    person = lock_as_administrator(by, person)[person.pk]
    before = identity(person)
    email = person.email if email is None else _usable_address(email)
    EmailAddress.objects.filter(user=person).exclude(email=email).delete()
    person.email = email
    person.first_name = person.first_name if first_name is None else first_name
    person.last_name = person.last_name if last_name is None else last_name
    is_other_address = canonical(before["email"]) != canonical(email)
    has_bounced = bool(person.email_bounced)
    if is_other_address:
        person.email_bounced, person.email_bounce_words = None, ""
    with _one_account_for_each_address(email, of=person):
        person.save(update_fields=["email", "first_name", "last_name", "email_bounced", "email_bounce_words"])
    after = identity(person)
    if before != after:
        record(person, Kind.CORRECTED, by=by, details={"from": before, "to": after})
    if before["email"] and is_other_address and not has_bounced:
        queue_address_changed(person, former=before["email"])
    log_committed("person corrected", person_id=person.pk, by=by.pk)
    return person


@transaction.atomic
def clear_bounce(*, person: User, by: User) -> User:
    """Record that email to the address of `person` arrives again. WrongState if it isn't marked as bounced, unless
    `by` did this last."""
    person = lock_as_administrator(by, person)[person.pk]
    if not person.email_bounced:
        if is_last(person.account_events.all(), Kind.BOUNCE_CLEARED, by=by):
            return person
        raise WrongState(_("Email to this address isn't marked as bounced."))
    person.email_bounced, person.email_bounce_words = None, ""
    person.save(update_fields=["email_bounced", "email_bounce_words"])
    record(person, Kind.BOUNCE_CLEARED, by=by, details={"email": person.email})
    log_committed("bounce cleared", person_id=person.pk, by=by.pk)
    return person


def deactivate(*, person: User, by: User) -> User:
    """Deactivate the account of `person` immediately. Cases, history and name stay. NotAllowed for oneself."""
    if person.pk == by.pk:
        raise NotAllowed(_("You can't deactivate your own account. Ask another administrator."))
    return _set_active(person, by=by, is_active=False)


def reactivate(*, person: User, by: User) -> User:
    """Reactivate the account of `person`. The former password works again. Sessions, tokens and links from before do
    not."""
    return _set_active(person, by=by, is_active=True)


@transaction.atomic
def change_role(*, person: User, role: str, by: User) -> User:
    """Give `person` another role. They have to sign in again. The history stays, and their absences end.

    NotAllowed for oneself. WrongState while cases are bound to the former role: a member's own cases, which only a
    member sees by the rule of releases, and a technician's open ones, which no one else would work on.
    """
    if person.pk == by.pk:
        raise NotAllowed(_("You can't change your own role. Ask another administrator."))
    if role not in User.Role:
        raise CaseError(_("Choose a role."), field="role")
    person = lock_as_administrator(by, person)[person.pk]
    former = person.role
    if role == former:
        return person
    _check_free_of_cases(person, by=by)
    end_all_absences(technician=person, by=by)
    _give_role(person, role)
    person.end_credentials()
    person.save(update_fields=["role", "is_staff", "is_superuser", "credentials_key"])
    record(person, Kind.ROLE_CHANGED, by=by, details={"from": former, "to": role})
    tell_others_instead(person, at=portal_now())
    log_committed("role changed", person_id=person.pk, former=former, role=role, by=by.pk)
    return person


@transaction.atomic
def remove_second_factor(*, person: User, by: User, reason: str) -> User:
    """Remove the app and the recovery codes of `person`, who lost both: the password alone is enough.

    Sessions, API tokens and the calendar feed end. NotAllowed for oneself: people do that on their Security page.
    WrongState if there is no second factor, unless `by` did this last.
    """
    if person.pk == by.pk:
        raise NotAllowed(_("To turn off your own two-factor authentication, go to Security."))
    reason = clean_text(reason)
    if not reason:
        raise CaseError(_("Enter a reason. It will be saved in the account history."), field="reason")
    person = lock_as_administrator(by, person)[person.pk]
    if not Authenticator.objects.filter(user=person).delete()[0]:
        if is_last(person.account_events.all(), Kind.SECOND_FACTOR_REMOVED, by=by, reason=reason):
            return person
        raise WrongState(_("This person doesn't use two-factor authentication."))
    person.end_credentials()
    person.save(update_fields=["credentials_key"])
    record(person, Kind.SECOND_FACTOR_REMOVED, by=by, reason=reason)
    log_committed("second factor removed", person_id=person.pk, by=by.pk)
    return person


@transaction.atomic
def _set_active(person: User, *, by: User, is_active: bool) -> User:
    person = lock_as_administrator(by, person)[person.pk]
    if person.is_active == is_active:
        return person
    person.is_active = is_active
    # In both directions: whatever deactivated the account, nothing from before comes back with it.
    person.end_credentials()
    person.save(update_fields=["is_active", "credentials_key"])
    record(person, Kind.REACTIVATED if is_active else Kind.DEACTIVATED, by=by)
    now = portal_now()
    tell_others_instead(person, at=now)
    if not is_active and not person.is_member:
        remind_others_at_once(person, at=now)
        tell_of_reached_held(Case.objects.held_by_conditions(now).filter(assigned_to=person), at=now)
    log_committed("person activated" if is_active else "person deactivated", person_id=person.pk, by=by.pk)
    return person


def _usable_address(email: str) -> str:
    """Return `email` as it is stored. CaseError if no mail could reach it."""
    email = clean_line(email).lower()
    try:
        for_mail_server(email)
    except UnusableAddress:
        raise CaseError(_("Enter a valid email address."), field="email") from None
    return email


@contextmanager
def _one_account_for_each_address(email: str, *, of: User | None = None) -> Iterator[None]:
    """Save a person with `email` in this block. CaseError if another person has that address, or gets it at this
    moment."""
    found = User.objects.with_address(email)
    others = found.exclude(pk=of.pk) if of else found
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        if others.exists():
            raise CaseError(_("An account with this email address already exists."), field="email") from None
        raise


def _check_lengths(email: str, first_name: str, last_name: str) -> None:
    limits.check_length(email, limits.EMAIL, field="email")
    limits.check_length(first_name, limits.NAME, field="first_name")
    limits.check_length(last_name, limits.NAME, field="last_name")


def _give_role(person: User, role: str) -> None:
    """Set the role, and with it access to Django's admin, which only administrators have."""
    person.role = role
    person.is_staff = person.is_superuser = role == User.Role.ADMINISTRATOR


def _check_free_of_cases(person: User, *, by: User) -> None:
    if person.is_member and person.cases.exists():
        raise WrongState(
            _(
                "%(name)s has cases as a member, so their role can't be changed. To give them another role, "
                "invite them with another email address."
            )
            % {"name": isolated(person.display_name)}
        )
    if count_open(person, by=by, most=1):
        raise WrongState(
            _("%(name)s has open cases. Hand them over to another technician first.")
            % {"name": isolated(person.display_name)}
        )
