"""Who may read a person's calendar feed. Its content is in cases.selectors.calendar_feed."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.core.errors import NotAllowed
from cases.core.secret_tokens import digest_of, new_token
from cases.lifecycle import form_tokens
from cases.lifecycle.account_history import record
from cases.lifecycle.history import log_committed
from cases.lifecycle.locking import lock_people
from cases.models import AccountEvent, CalendarFeed, User


@transaction.atomic
def make(*, user: User, form_token: str = "") -> str:
    """Create a new feed for `user`. Return its token, which is shown only this once. Earlier tokens no longer work. A
    form makes one feed (cases.lifecycle.form_tokens). SentAlready keeps that feed.

    NotAllowed for members and for people who are deactivated.
    """
    owner = lock_people(user)[user.pk]
    if owner.is_member or not owner.is_active or owner.credentials_key != user.credentials_key:
        raise NotAllowed(_("Only technicians and administrators have a calendar."))
    used = form_tokens.use(form_token, by=user, content=["feed"])
    token = new_token()
    values = {"token_digest": digest_of(token), "credentials_key": owner.credentials_key, "made_at": timezone.now()}
    feed, _is_new = CalendarFeed.objects.update_or_create(user=owner, defaults=values)
    form_tokens.remember(used, feed.pk)
    record(owner, AccountEvent.Kind.CALENDAR_FEED_MADE, by=owner)
    log_committed("calendar feed made", person_id=owner.pk)
    return token


@transaction.atomic
def switch_off(*, user: User) -> None:
    """Delete the feed of `user`: its address no longer works. Having no feed is not an error."""
    if CalendarFeed.objects.filter(user=user).delete()[0]:
        record(user, AccountEvent.Kind.CALENDAR_FEED_ENDED, by=user)
        log_committed("calendar feed turned off", person_id=user.pk)


def feed_of(user: User) -> CalendarFeed | None:
    """Return the feed of `user`, None if there is none or it ended with other credentials."""
    return CalendarFeed.objects.filter(user=user, credentials_key=user.credentials_key).first()


def owner_of(token: str) -> User | None:
    """Return the person whose feed has that token, or None if there is none or the person may no longer have one."""
    feeds = CalendarFeed.objects.select_related("user").filter(
        token_digest=digest_of(token), user__is_active=True, credentials_key=F("user__credentials_key")
    )
    feed = feeds.exclude(user__role=User.Role.MEMBER).first()
    return feed.user if feed else None
