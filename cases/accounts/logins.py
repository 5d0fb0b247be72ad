"""When a person last visited: anything since then is new to them."""

import datetime as dt
from typing import Any

from django.contrib.auth.models import update_last_login
from django.contrib.auth.signals import user_logged_in
from django.db.models import F
from django.utils import timezone

from cases.lifecycle.history import log_committed
from cases.models import User


def note_visit(sender: Any, user: User, **kwargs: Any) -> None:
    """Record that the person has signed in. Keep the previous sign-in, which Django's own receiver would forget."""
    now = timezone.now()
    User.objects.filter(pk=user.pk).update(previous_login=F("last_login"), last_login=now)
    user.previous_login, user.last_login = user.last_login, now
    log_committed("signed in", person_id=user.pk)


def take_over() -> None:
    """Have `note_visit` record sign-ins from now on, instead of Django's receiver and with as many statements."""
    user_logged_in.disconnect(update_last_login, dispatch_uid="update_last_login")
    user_logged_in.connect(note_visit, dispatch_uid="note_visit")


def new_since(user: User) -> dt.datetime | None:
    """Return the moment since which a release is new to `user`: the sign-in before the present one.

    In a person's very first session it is the beginning of that session. None for a person who never signed in. A page
    may not record that it was viewed, so a visit begins with a sign-in. For a person who stays signed in for days, the
    same releases stay new: it is better to show them as new twice than not at all.
    """
    return user.previous_login or user.last_login
