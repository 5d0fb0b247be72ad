"""A case is a page, and Wagtail's own log its history; this adds the mail row when a page is published."""

from django.db import models
from django.dispatch import receiver
from django.utils import timezone
from wagtail.models import Page
from wagtail.signals import page_published


class OutgoingMail(models.Model):
    """A mail to send about a page."""

    case_id = models.BigIntegerField()
    address = models.EmailField()
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=20)
    created = models.DateTimeField()


@receiver(page_published)
def tell_member(sender: type, instance: Page, **kwargs: object) -> None:
    """Called by Wagtail for each page that goes live, and when one is scheduled, which sends no mail."""
    if not instance.live:
        return
    OutgoingMail.objects.create(
        case_id=instance.pk,
        address=f"member{instance.pk}@example.com",
        kind="released",
        state="waiting",
        created=timezone.now(),
    )
