"""The weekly clean-up for cron and systemd: the same work as the task, for sites without Celery."""

from typing import Any

from django.core.management.base import BaseCommand

from cases.core.clock import portal_now
from cases.maintenance import cleanup


class Command(BaseCommand):
    help = (
        "Delete expired sessions, sign-in attempts, used codes, sent forms, old previews of bulk operations and read "
        "notifications, and files without a document."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for name, count in cleanup.clean_up(portal_now()).items():
            self.stdout.write(f"{name}: {count} deleted")
