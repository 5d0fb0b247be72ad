"""Where security state is kept, in place of a cache table that evicted it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0096_addresses_are_unique"),
    ]

    operations = [
        migrations.CreateModel(
            name="SecurityState",
            fields=[
                (
                    "digest",
                    models.CharField(
                        help_text="SHA-256 of the key, in hexadecimal", max_length=64, primary_key=True, serialize=False
                    ),
                ),
                ("value", models.TextField(help_text="JSON")),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["expires_at"], name="security_state_expires")],
            },
        ),
        migrations.RunSQL("DROP TABLE IF EXISTS portal_cache", migrations.RunSQL.noop),
    ]
