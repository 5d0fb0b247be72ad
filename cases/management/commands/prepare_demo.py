"""The data of `make demo`: an up-to-date database with a realistic portal in it, and the static files."""

from io import StringIO
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from cases.checks import database_is_of_this_version


class Command(BaseCommand):
    help = "Prepare everything that `make demo` shows. It can be run again."

    def handle(self, *args: Any, **options: Any) -> None:
        for message in database_is_of_this_version(None, databases=["default"]):
            raise CommandError(f"{message.msg} {message.hint}")
        call_command("migrate", interactive=False, verbosity=0)
        _check_tables()
        # Texts that an earlier version indexed. After the check, which says what to do where they cannot be read.
        call_command("search_words", stdout=StringIO())
        call_command("demo_data")
        call_command("collectstatic", interactive=False, verbosity=0)


def _check_tables() -> None:
    """Read a row from each table, because an earlier migration of the same name may have created different columns."""
    try:
        for model in apps.get_app_config("cases").get_models():
            model._base_manager.first()
    except DatabaseError:
        raise CommandError(
            "The database was created by another version of the portal. Its tables have different columns. "
            "Use an empty database (for SQLite: delete var/)."
        ) from None
