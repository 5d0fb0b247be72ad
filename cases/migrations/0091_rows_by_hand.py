"""Figures from history, releases that are not in it, and moments that every zone can tell."""

import datetime

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0117_folded_texts"),
    ]

    operations = [
        migrations.AddField(
            model_name="releaseday",
            name="not_recorded",
            field=models.PositiveIntegerField(default=0, help_text="Released cases that are not in the history"),
        ),
        migrations.AlterField(
            model_name="releaseday",
            name="released",
            field=models.PositiveIntegerField(help_text="By the history"),
        ),
        migrations.AddIndex(
            model_name="releaseevent",
            index=models.Index(condition=models.Q(("kind", "released")), fields=["at"], name="event_released_at"),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("date_created__isnull", True),
                        models.Q(
                            ("date_created__gte", datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                            ("date_created__lt", datetime.datetime(9000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                        ),
                        _connector="OR",
                    ),
                    models.Q(
                        ("date_submitted__isnull", True),
                        models.Q(
                            ("date_submitted__gte", datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                            ("date_submitted__lt", datetime.datetime(9000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                        ),
                        _connector="OR",
                    ),
                    models.Q(
                        ("date_accepted__isnull", True),
                        models.Q(
                            ("date_accepted__gte", datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                            ("date_accepted__lt", datetime.datetime(9000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                        ),
                        _connector="OR",
                    ),
                    models.Q(
                        ("date_completed__isnull", True),
                        models.Q(
                            ("date_completed__gte", datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                            ("date_completed__lt", datetime.datetime(9000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                        ),
                        _connector="OR",
                    ),
                    models.Q(
                        ("actual_release_date__isnull", True),
                        models.Q(
                            ("actual_release_date__gte", datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                            ("actual_release_date__lt", datetime.datetime(9000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                        ),
                        _connector="OR",
                    ),
                    models.Q(
                        ("release_next_try__isnull", True),
                        models.Q(
                            ("release_next_try__gte", datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                            ("release_next_try__lt", datetime.datetime(9000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                        ),
                        _connector="OR",
                    ),
                ),
                name="case_dates_within_calendar",
            ),
        ),
    ]
