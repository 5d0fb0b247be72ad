"""The batch job of the product owner's guide, with the history row and the mail row that were asked for since."""

from django.core.management.base import BaseCommand
from django.utils import timezone
from tiny.models import Case
from tiny.release import release


class Command(BaseCommand):
    """Release all eligible scheduled cases."""

    def handle(self, *args: str, **options: str) -> None:
        """One case after the other, each saved on its own."""
        due = Case.objects.filter(
            status="completed",
            scheduled_release_date__lte=timezone.now().date(),
            actual_release_date__isnull=True,
        ).select_related("member")
        count = 0
        for case in due:
            release(case, source="command")
            count += 1
        self.stdout.write(f"Released {count} cases.")
