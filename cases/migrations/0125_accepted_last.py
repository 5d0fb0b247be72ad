"""What is in progress is listed by its acceptance, of one technician and of all."""

from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Coalesce


class Migration(migrations.Migration):
    dependencies = [("cases", "0101_password_events")]

    operations = [
        migrations.AddIndex(
            "case",
            models.Index(
                F("assigned_to"),
                Coalesce("date_accepted", "date_created").desc(),
                F("id").desc(),
                name="case_assigned_accepted",
                condition=Q(status="accepted"),
            ),
        ),
        migrations.AddIndex(
            "case",
            models.Index(
                F("status"),
                Coalesce("date_accepted", "date_created").desc(),
                F("id").desc(),
                name="case_accepted",
                condition=Q(status="accepted"),
            ),
        ),
    ]
