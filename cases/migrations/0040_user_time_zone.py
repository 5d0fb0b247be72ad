from django.db import migrations, models

import cases.zones


class Migration(migrations.Migration):
    dependencies = [("cases", "0030_documents")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="time_zone",
            # In the database too: the version before this one goes on adding people while it is replaced.
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="In which moments are shown; empty for the portal's. Releases stay in the portal's",
                max_length=64,
                validators=[cases.zones.validate_zone],
            ),
        ),
    ]
