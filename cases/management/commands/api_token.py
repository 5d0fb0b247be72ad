"""API tokens from the command line, for those who run the portal."""

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cases.accounts import api_tokens
from cases.core.clock import portal_now
from cases.core.errors import CaseError
from cases.models import ApiToken, User

BY = "manage.py api_token"


class Command(BaseCommand):
    help = "Create, list or revoke API tokens."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="create|list|revoke")
        create = actions.add_parser("create", help="print a new token for USERNAME (shown only once)")
        create.add_argument("username")
        create.add_argument("--name", required=True, help="what the token is for")
        create.add_argument(
            "--days",
            type=int,
            default=settings.API_TOKEN_DAYS,
            help="days until the token expires (default: %(default)s)",
        )
        listing = actions.add_parser("list", help="list the tokens of USERNAME or of everyone")
        listing.add_argument("username", nargs="?")
        revoke = actions.add_parser("revoke", help="revoke one token of USERNAME or all of them")
        revoke.add_argument("username")
        which = revoke.add_mutually_exclusive_group(required=True)
        which.add_argument("--name")
        which.add_argument("--all", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['action']}")(**options)
        except CaseError as error:
            raise CommandError(error.message) from None

    def _create(self, username: str, name: str, days: int, **options: Any) -> None:
        token, secret = api_tokens.create(user=_person(username), by=BY, name=name, days=days)
        self.stderr.write(f"Expires {_local(token.expiry)}. Copy the token now. It won't be shown again.")
        self.stdout.write(secret)

    def _list(self, username: str | None, **options: Any) -> None:
        tokens = ApiToken.objects.alive().select_related("user").order_by("user__username", "pk")
        if username is not None:
            tokens = tokens.filter(user=_person(username))
        now = portal_now()
        for token in tokens.iterator():
            used = _local(token.last_used) if token.last_used else "never"
            expiry = f"{'expired' if token.has_expired(now) else 'expires'} {_local(token.expiry)}"
            self.stdout.write(f"{token.user.username}  {token}  last used {used}  {expiry}  {token.name}")

    def _revoke(self, username: str, name: str | None, **options: Any) -> None:
        tokens = ApiToken.objects.filter(user=_person(username))
        if name is not None:
            tokens = tokens.filter(name=name)
        found = list(tokens)
        if not found:
            named = "" if name is None else f" named {name!r}"
            raise CommandError(f"{username} has no token{named}.")
        for token in found:
            api_tokens.end(token=token, by=BY)
            self.stdout.write(f"Revoked {token}  {token.name}")


def _person(username: str) -> User:
    try:
        return User.objects.get(username=username)
    except (User.DoesNotExist, UnicodeEncodeError):  # an argument that isn't text
        raise CommandError(f"No account has the username {username!r}.") from None


def _local(moment: dt.datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M %Z")
