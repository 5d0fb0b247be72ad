"""What is in progress is listed by its acceptance, of one technician and of all."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("cases", "0101_password_events")]

    operations = [
        migrations.AddIndex(
            "case",
            models.Index(
                name="case_assigned_accepted",
                fields=["assigned_to", "-date_accepted", "-id"],
                condition=Q(status="accepted"),
            ),
        ),
        migrations.AddIndex(
            "case", models.Index(name="case_accepted", fields=["-date_accepted", "-id"], condition=Q(status="accepted"))
        ),
    ]
