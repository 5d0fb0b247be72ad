"""Django's command of that name, which also writes the history of the account.

cases.apps replaces Django's own with it.
"""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.db.models.signals import post_save

from cases.lifecycle.account_history import record
from cases.models import AccountEvent, User

BY = "manage.py createsuperuser"
Kind = AccountEvent.Kind


class Command(createsuperuser.Command):
    help = "Create an administrator, and record it in the history of the account."

    def handle(self, *args: Any, **options: Any) -> None:
        # The manager creates the account in a transaction of its own, after all questions.
        post_save.connect(_record, sender=User)
        try:
            super().handle(*args, **options)
        finally:
            post_save.disconnect(_record, sender=User)


def _record(instance: User, *, created: bool, **facts: Any) -> None:
    if created:
        record(instance, Kind.ROLE_CHANGED, by=BY, details={"from": User.Role.MEMBER, "to": instance.role})
        if instance.has_usable_password():
            record(instance, Kind.PASSWORD_SET, by=BY)
