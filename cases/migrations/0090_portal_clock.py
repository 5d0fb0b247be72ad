"""The clock of the portal, as the settings have it now, and the history of the portal, which refuses to be changed."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

REFUSE = """
CREATE FUNCTION cases_portal_history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history of the portal is append-only';
END $$;
CREATE TRIGGER cases_portalevent_append_only BEFORE UPDATE OR DELETE ON cases_portalevent
    FOR EACH ROW EXECUTE FUNCTION cases_portal_history_is_append_only();
"""
ALLOW = """
DROP TRIGGER cases_portalevent_append_only ON cases_portalevent;
DROP FUNCTION cases_portal_history_is_append_only();
"""


def on_postgresql(sql):
    """A migration step that runs `sql` on PostgreSQL and nothing elsewhere."""

    def step(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return step


def store_clock(apps, schema_editor):
    """Whatever is scheduled already was scheduled by the clock that the settings name."""
    apps.get_model("cases", "PortalClock").objects.using(schema_editor.connection.alias).create(
        time_zone=settings.TIME_ZONE, release_time_of_day=settings.RELEASE_TIME_OF_DAY
    )


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0095_structured_details"),
    ]

    operations = [
        migrations.CreateModel(
            name="PortalClock",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("time_zone", models.CharField(max_length=64)),
                ("release_time_of_day", models.TimeField()),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="portal_clock_has_one_row")],
            },
        ),
        migrations.CreateModel(
            name="PortalEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("clock_changed", "Time zone or release time changed")],
                        max_length=30,
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "system_actor",
                    models.CharField(
                        blank=True, help_text="The program that acted, where no person did", max_length=60
                    ),
                ),
                ("details", models.JSONField(default=dict)),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("actor__isnull", False), ("system_actor", "")),
                            models.Q(("actor__isnull", True), models.Q(("system_actor", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="portal_event_names_an_actor",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["clock_changed"])), name="portal_event_kind_known"
                    ),
                ],
            },
        ),
        migrations.RunPython(on_postgresql(REFUSE), on_postgresql(ALLOW)),
        migrations.RunPython(store_clock, migrations.RunPython.noop),
    ]
