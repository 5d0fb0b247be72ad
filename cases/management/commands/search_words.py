"""Write the search words of rows that no verb wrote."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from cases.maintenance import rebuild_search


class Command(BaseCommand):
    help = "Index cases and people that were written by SQL or by an older version, so that search finds them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="index all of them again")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["all"]:
            written = rebuild_search.rebuild_all()
        else:
            written = rebuild_search.fill_missing() + rebuild_search.rewrite_outdated()
        self.stdout.write(f"{written} indexed")
