"""The history of accounts, which refuses to be changed."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

REFUSE = """
CREATE FUNCTION cases_account_history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history of accounts is append-only';
END $$;
CREATE TRIGGER cases_accountevent_append_only BEFORE UPDATE OR DELETE ON cases_accountevent
    FOR EACH ROW EXECUTE FUNCTION cases_account_history_is_append_only();
"""
ALLOW = """
DROP TRIGGER cases_accountevent_append_only ON cases_accountevent;
DROP FUNCTION cases_account_history_is_append_only();
"""


def on_postgresql(sql):
    """A migration step that runs `sql` on PostgreSQL and nothing elsewhere."""

    def step(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return step


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0070_roles_and_lists_of_people"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("invited", "Invited"),
                            ("invited_again", "Invited again"),
                            ("deactivated", "Deactivated"),
                            ("reactivated", "Reactivated"),
                            ("role_changed", "Role changed"),
                            ("corrected", "Name or address corrected"),
                            ("second_factor_removed", "Second factor removed"),
                            ("cases_handed_over", "Open cases handed over"),
                        ],
                        max_length=30,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("detail", models.TextField(blank=True)),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="account_events",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [models.Index(fields=["person", "-id"], name="account_event_latest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "invited",
                                    "invited_again",
                                    "deactivated",
                                    "reactivated",
                                    "role_changed",
                                    "corrected",
                                    "second_factor_removed",
                                    "cases_handed_over",
                                ],
                            )
                        ),
                        name="account_event_kind_known",
                    )
                ],
            },
        ),
        migrations.RunPython(on_postgresql(REFUSE), on_postgresql(ALLOW)),
    ]
