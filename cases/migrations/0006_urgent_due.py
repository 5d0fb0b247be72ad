"""An index of what is urgent and scheduled, in the order of its release."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_keys")]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                name="case_urgent_due",
                fields=["scheduled_release_date", "scheduled_release_time", "id"],
                condition=models.Q(
                    ("urgency", "urgent"),
                    ("actual_release_date__isnull", True),
                    ("scheduled_release_date__isnull", False),
                ),
            ),
        ),
    ]
