"""What people do to their own account: set a password, by the mailed link or by the one they have."""

import structlog
from django.db import transaction

from cases.lifecycle.account_history import record
from cases.lifecycle.locking import lock_people
from cases.models import AccountEvent, User

logger = structlog.get_logger(__name__)
Kind = AccountEvent.Kind


@transaction.atomic
def set_password(*, by: User, password: str, with_link: bool) -> User:
    """Give `by` that password, which has been validated, and record it in the history of the account.

    `with_link`: proved by a mailed link, and not by the former password. The object given is changed as well, so that
    a session can go on with it.
    """
    kind = _kind(lock_people(by)[by.pk], with_link=with_link)
    by.set_password(password)
    # Nothing else: what an administrator has changed meanwhile stays.
    by.save(update_fields=["password"])
    record(by, kind, by=by)
    logger.info("password set", person_id=by.pk, how=kind.value)
    return by


def _kind(person: User, *, with_link: bool) -> AccountEvent.Kind:
    if not person.has_usable_password():
        return Kind.PASSWORD_SET
    return Kind.PASSWORD_RESET if with_link else Kind.PASSWORD_CHANGED
