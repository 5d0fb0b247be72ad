"""When a person was here before: what has come since is new to them."""

import datetime as dt
from typing import Any

from django.contrib.auth.models import update_last_login
from django.contrib.auth.signals import user_logged_in
from django.db.models import F
from django.utils import timezone

from cases.models import User


def note_visit(sender: Any, user: User, **kwargs: Any) -> None:
    """Note that the person has signed in. Keep the sign-in before, which Django's own receiver would forget."""
    now = timezone.now()
    User.objects.filter(pk=user.pk).update(previous_login=F("last_login"), last_login=now)
    user.previous_login, user.last_login = user.last_login, now


def take_over() -> None:
    """Have `note_visit` note sign-ins from now on, in place of Django's receiver and in as many statements."""
    user_logged_in.disconnect(update_last_login, dispatch_uid="update_last_login")
    user_logged_in.connect(note_visit, dispatch_uid="note_visit")


def new_since(user: User) -> dt.datetime | None:
    """Return since when a release is new to `user`: since the sign-in before the present one.

    In the first session of all that is since it began. None for who never signed in.

    A page may not write down that it was looked at, so a visit is what begins with a sign-in. To a person who stays
    signed in for days the same releases stay new: rather shown as new twice than not at all.
    """
    return user.previous_login or user.last_login
