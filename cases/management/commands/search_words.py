"""Writes the words that the search looks in, for rows that no verb wrote."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from cases.maintenance import search_words


class Command(BaseCommand):
    help = "Make cases and people findable that were written by hand or by an older version."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="also those that can be found already")

    def handle(self, *args: Any, **options: Any) -> None:
        written = search_words.rebuild_all() if options["all"] else search_words.fill_missing()
        self.stdout.write(f"{written} written")
