"""The look-ahead of the sweep announces each near instant once more, whatever is armed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0085_heartbeat_source")]

    operations = [
        migrations.AddField(
            model_name="case",
            name="announced_revision",
            field=models.PositiveIntegerField(
                blank=True, help_text="The schedule revision that the sweep has announced before its instant", null=True
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("announced_revision__isnull", True),
                    ("announced_revision__lte", models.F("armed_revision")),
                    _connector="OR",
                ),
                name="case_announced_is_armed",
            ),
        ),
    ]
