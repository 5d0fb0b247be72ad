"""The heartbeat says what ran the sweep: beat, or the command."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0126_sent_forms")]

    operations = [
        migrations.AddField(
            model_name="heartbeat",
            name="source",
            field=models.CharField(
                blank=True, db_default="", help_text="What ran it, as in the history", max_length=20
            ),
        ),
    ]
