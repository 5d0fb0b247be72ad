"""The figures of the operations page, for those who run no Celery."""

from typing import Any

from django.core.management.base import BaseCommand

from cases.clock import portal_now
from cases.operations import figures


class Command(BaseCommand):
    help = "Counts the figures of today and of the days before it, for the operations page."

    def handle(self, *args: Any, **options: Any) -> None:
        counted = figures.update(portal_now(), seconds=60)
        self.stdout.write(f"Counted {counted} day{'' if counted == 1 else 's'}.")
