"""Django's command of that name, which also writes the history of the account and tells its person.

cases.apps replaces Django's own with it.
"""

import getpass
from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from cases.accounts import own_account
from cases.models import User

BY = "manage.py changepassword"
MAX_ATTEMPTS = 3


class Command(changepassword.Command):
    help = "Change the password of USERNAME. This ends their sessions, tokens and links."

    def handle(self, *args: Any, **options: Any) -> str:
        username = options["username"] or getpass.getuser()
        person = User.objects.filter(username=username).first()
        if person is None:
            raise CommandError(f"No account has the username {username!r}.")
        own_account.replace_password(person=person, password=self._password_for(person), by=BY)
        return f"Password changed for {username!r}."

    def _password_for(self, person: User) -> str:
        """Ask for a new password until it is typed twice and accepted. CommandError after MAX_ATTEMPTS."""
        self.stdout.write(f"New password for {person.username!r}")
        for _attempt in range(MAX_ATTEMPTS):
            password = _typed("Password: ")
            if password != _typed("Password (again): "):
                self.stderr.write("The two passwords differ.")
                continue
            try:
                validate_password(password, person)
            except ValidationError as error:
                self.stderr.write("\n".join(error.messages))
            else:
                return password
        raise CommandError(f"The password wasn't changed after {MAX_ATTEMPTS} attempts.")


def _typed(prompt: str) -> str:
    """Return what was typed without showing it. CommandError for nothing, and where no one can type."""
    try:
        typed = getpass.getpass(prompt)
    except EOFError:
        raise CommandError("Can't ask for a password here. Run this command in a terminal.") from None
    if not typed:
        raise CommandError("The password wasn't changed.")
    return typed
