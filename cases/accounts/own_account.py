"""What people do to their own account: change their profile, set a password by a mailed link or by the former one.

Operators can replace it too, with a command.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cases.core.errors import NotAllowed
from cases.delivery import mail_hours, notifications
from cases.lifecycle.account_history import identity, record
from cases.lifecycle.history import log_committed
from cases.lifecycle.locking import lock_people
from cases.models import AccountEvent, User

Kind = AccountEvent.Kind
# What each proof depends on (password_links, User.get_session_auth_hash). It has ended if one of these has changed.
LINK = ("password", "last_login", "email", "credentials_key")
SESSION = ("password", "credentials_key")


@transaction.atomic
def change_profile(*, by: User, changes: Mapping[str, Any]) -> User:
    """Give `by` these values, by column, which have been validated. Return the person as they are then.

    The history of the account keeps a former name, because the histories of cases call people by their present one.
    With another time zone, emails that wait for an hour leave by its clock.
    """
    person = lock_people(by)[by.pk]
    before = identity(person)
    changed = [column for column, value in changes.items() if value != getattr(person, column)]
    for column in changed:
        setattr(person, column, changes[column])
    person.save(update_fields=changed)
    if before != identity(person):
        record(person, Kind.CORRECTED, by=person, details={"from": before, "to": identity(person)})
    if "time_zone" in changed:
        mail_hours.look_again(person)
        notifications.move_daily_email(person)
    return person


@transaction.atomic
def set_password(*, by: User, password: str, with_link: bool) -> User:
    """Give `by` that password, which has been validated, and record it in the history of the account.

    `with_link`: proved by a mailed link, and not by the former password. The given object is changed as well, so that a
    session can continue with it. NotAllowed if an administrator, or the person elsewhere, has ended that proof since it
    was checked.
    """
    person = lock_people(by)[by.pk]
    _check_proof(person, by, with_link=with_link)
    kind = _kind(person, with_link=with_link)
    by.set_password(password)
    # Nothing else: what an administrator has changed meanwhile stays.
    by.save(update_fields=["password"])
    record(by, kind, by=by)
    log_committed("password set", person_id=by.pk, how=kind.value)
    return by


@transaction.atomic
def replace_password(*, person: User, password: str, by: str) -> None:
    """Give `person` that password, which has been validated, for someone who runs the portal. `by`: the program's name.

    It needs no proof, and also works for a deactivated account, which stays so.
    """
    person = lock_people(person)[person.pk]
    kind = _kind(person, with_link=False)
    person.set_password(password)
    person.save(update_fields=["password"])
    record(person, kind, by=by)
    log_committed("password set", person_id=person.pk, how=kind.value)


def _check_proof(person: User, checked: User, *, with_link: bool) -> None:
    """Raise NotAllowed unless the locked `person` still has the values that `checked` was read with."""
    made_of = LINK if with_link else SESSION
    if not person.is_active or any(getattr(person, name) != getattr(checked, name) for name in made_of):
        raise NotAllowed(
            _("This link is no longer valid.") if with_link else _("Your session has ended. Sign in to continue.")
        )


def _kind(person: User, *, with_link: bool) -> AccountEvent.Kind:
    if not person.has_usable_password():
        return Kind.PASSWORD_SET
    return Kind.PASSWORD_RESET if with_link else Kind.PASSWORD_CHANGED
