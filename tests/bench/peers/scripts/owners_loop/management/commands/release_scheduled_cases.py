"""The batch job from the product owner's guide, plus the history row and the mail row that were requested later."""

from django.core.management.base import BaseCommand
from django.utils import timezone
from tiny.models import Case
from tiny.release import release


class Command(BaseCommand):
    """Release all eligible scheduled cases."""

    def handle(self, *args: str, **options: str) -> None:
        """Release one case after another, saving each separately."""
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
