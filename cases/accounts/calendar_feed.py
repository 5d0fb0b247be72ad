"""The calendar feed of a person: who may read it, and what is in it."""

import datetime as dt
import hashlib
import secrets

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.core import schedule
from cases.core.clock import portal_now
from cases.core.errors import NotAllowed
from cases.lifecycle import form_tokens
from cases.lifecycle.locking import lock_people
from cases.models import CalendarFeed, Case, CaseQuerySet, User
from cases.models.case import RELEASED, SCHEDULED

# What calendar programs fetch again and again is bounded in days and in number.
DAYS_BACK = 31
DAYS_AHEAD = 366
MOST_SCHEDULED = 500
MOST_RELEASED = 250


@transaction.atomic
def make(*, user: User, form_token: str = "") -> str:
    """The token of a new feed of `user`, told this once. A former one is worth nothing from now on. A form makes one
    (cases.lifecycle.form_tokens): SentAlready leaves that in force.

    NotAllowed for members and for people who are deactivated.
    """
    owner = lock_people(user)[user.pk]
    if owner.is_member or not owner.is_active or owner.credentials_key != user.credentials_key:
        raise NotAllowed(_("Only technicians and administrators have a calendar."))
    used = form_tokens.use(form_token, by=user, content=["feed"])
    token = secrets.token_urlsafe(32)
    values = {"token_digest": _digest(token), "credentials_key": owner.credentials_key, "made_at": timezone.now()}
    feed, _is_new = CalendarFeed.objects.update_or_create(user=owner, defaults=values)
    form_tokens.remember(used, feed.pk)
    return token


def switch_off(*, user: User) -> None:
    """Whoever has the address of the feed of `user` reads nothing any more. No feed is no error."""
    CalendarFeed.objects.filter(user=user).delete()


def feed_of(user: User) -> CalendarFeed | None:
    """The feed of `user`; None if there is none, or if it ended with other credentials."""
    return CalendarFeed.objects.filter(user=user, credentials_key=user.credentials_key).first()


def owner_of(token: str) -> User | None:
    """The person whose feed has that token; None if nobody's has, or the person may have none any more."""
    feeds = CalendarFeed.objects.select_related("user").filter(
        token_digest=_digest(token), user__is_active=True, credentials_key=F("user__credentials_key")
    )
    feed = feeds.exclude(user__role=User.Role.MEMBER).first()
    return feed.user if feed else None


def cases_of(user: User) -> list[Case]:
    """What is in the feed: the released cases of the last days, then what is scheduled for the next, nearest first.

    Of a technician those assigned, of an administrator all. Two stretches of an index, whatever is pending.
    """
    cases = whose(user)
    today = schedule.date_of(portal_now())
    released = cases.filter(
        RELEASED, actual_release_date__gte=schedule.start_of(today - dt.timedelta(days=DAYS_BACK))
    ).order_by("-actual_release_date", "-id")
    scheduled = cases.filter(SCHEDULED, scheduled_release_date__lte=today + dt.timedelta(days=DAYS_AHEAD)).order_by(
        "scheduled_release_date", "scheduled_release_time", "id"
    )
    return [*released[:MOST_RELEASED], *scheduled[:MOST_SCHEDULED]]


def whose(user: User) -> CaseQuerySet:
    """The cases that are the person's own business: those assigned, of an administrator all."""
    cases = Case.objects.visible_to(user)
    return cases if user.is_administrator else cases.filter(assigned_to=user)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
