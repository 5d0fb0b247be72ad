"""Facts of the history as data: what happened to whom is no longer taken out of words."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0072_put_on_hold")]

    operations = [
        migrations.RenameField(model_name="accountevent", old_name="detail", new_name="reason"),
        migrations.AlterField(
            model_name="accountevent",
            name="reason",
            field=models.TextField(blank=True, help_text="What a person said to it"),
        ),
        migrations.AddField(
            model_name="accountevent",
            name="details",
            field=models.JSONField(
                blank=True, db_default={}, default=dict, help_text="The facts; people by their keys"
            ),
        ),
        migrations.AlterField(
            model_name="releaseevent",
            name="reason",
            field=models.TextField(blank=True, help_text="What a person said to it"),
        ),
        migrations.AddField(
            model_name="releaseevent",
            name="details",
            field=models.JSONField(
                blank=True, db_default={}, default=dict, help_text="Facts that have no column; people by their keys"
            ),
        ),
    ]
