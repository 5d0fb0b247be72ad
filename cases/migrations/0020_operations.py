"""Sums of days for the operations page, the indexes of what it asks of the outbox, and a step in the history."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0010_calendar_feed"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReleaseDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("zone", models.CharField(help_text="The zone whose midnights bound the day", max_length=64)),
                ("counted_at", models.DateTimeField()),
                ("released", models.PositiveIntegerField()),
                ("released_by", models.JSONField(default=dict, help_text="Released cases by ReleaseEvent.Source")),
                ("delay_cases", models.PositiveIntegerField(help_text="Released cases whose completion has a date")),
                ("delay_seconds", models.BigIntegerField(help_text="From completion to release, all of them together")),
                ("lateness", models.JSONField(default=dict, help_text="Histogram of cases.operations.lateness")),
                ("pending", models.PositiveIntegerField(help_text="Completed and not released at the end of the day")),
                ("mailed", models.PositiveIntegerField(help_text="E-mail rows that were sent")),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="releaseevent",
            name="event_kind_known",
        ),
        migrations.AlterField(
            model_name="releaseevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("submitted", "Submitted"),
                    ("accepted", "Accepted"),
                    ("completed", "Completed"),
                    ("scheduled", "Release scheduled"),
                    ("rescheduled", "Release rescheduled"),
                    ("held", "Schedule cancelled"),
                    ("returned", "Returned to accepted"),
                    ("released", "Released"),
                    ("mail_resent", "E-mail sent again"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddIndex(
            model_name="outgoingemail",
            index=models.Index(
                condition=models.Q(("state__in", ["failed", "undeliverable"])), fields=["-id"], name="email_given_up"
            ),
        ),
        migrations.AddIndex(
            model_name="outgoingemail",
            index=models.Index(condition=models.Q(("state", "sent")), fields=["sent"], name="email_sent"),
        ),
        migrations.AddConstraint(
            model_name="releaseevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "submitted",
                            "accepted",
                            "completed",
                            "scheduled",
                            "rescheduled",
                            "held",
                            "returned",
                            "released",
                            "mail_resent",
                        ],
                    )
                ),
                name="event_kind_known",
            ),
        ),
    ]
