"""The hash chain over the histories, and what the release history is read by."""

from django.db import migrations, models

REFUSE = """
CREATE FUNCTION cases_historyseal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the seals of the history are append-only';
END $$;
CREATE TRIGGER cases_historyseal_append_only BEFORE UPDATE OR DELETE ON cases_historyseal
    FOR EACH ROW EXECUTE FUNCTION cases_historyseal_is_append_only();
"""
ALLOW = """
DROP TRIGGER cases_historyseal_append_only ON cases_historyseal;
DROP FUNCTION cases_historyseal_is_append_only();
"""


def protect_seals(apps, schema_editor):
    """PostgreSQL: refuse UPDATE and DELETE on the seals."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(REFUSE)


def release_seals(apps, schema_editor):
    """The way back."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(ALLOW)


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0010_search"),
    ]

    operations = [
        migrations.AlterField(
            model_name="outgoingemail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("released", "Case released"),
                    ("recalled", "Release recalled"),
                    ("password_reset", "Password reset"),
                    ("invitation", "Invitation"),
                    ("address_changed", "Email address changed"),
                    ("history_head", "Proof of the history"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.CreateModel(
            name="HistorySeal",
            fields=[
                (
                    "number",
                    models.PositiveBigIntegerField(
                        help_text="1 is the first seal. No number is left out.",
                        primary_key=True,
                        serialize=False,
                        verbose_name="number",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="time")),
                (
                    "history",
                    models.CharField(
                        choices=[("cases", "Cases"), ("accounts", "Accounts"), ("portal", "Portal")],
                        max_length=10,
                        verbose_name="history",
                    ),
                ),
                ("first_id", models.PositiveBigIntegerField(verbose_name="first entry")),
                ("last_id", models.PositiveBigIntegerField(verbose_name="last entry")),
                (
                    "entries",
                    models.BinaryField(
                        help_text="The key and the SHA-256 of each entry, in order.", verbose_name="entries"
                    ),
                ),
                ("previous", models.CharField(max_length=64, verbose_name="previous seal")),
                ("digest", models.CharField(max_length=64, verbose_name="digest")),
            ],
            options={
                "verbose_name": "history seal",
                "verbose_name_plural": "history seals",
                "ordering": ["-number"],
                "indexes": [models.Index(fields=["history", "-number"], name="history_seal_latest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history__in", ["cases", "accounts", "portal"])), name="history_seal_known"
                    ),
                    models.UniqueConstraint(fields=("previous",), name="history_seal_follows_one"),
                ],
            },
        ),
        migrations.RunPython(protect_seals, release_seals),
        migrations.AddIndex(
            model_name="caseevent",
            index=models.Index(
                condition=models.Q(("kind", "released"), _negated=True), fields=["at", "id"], name="event_others"
            ),
        ),
        migrations.AddIndex(
            model_name="caseevent",
            index=models.Index(
                condition=models.Q(("kind", "released"), _negated=True),
                fields=["kind", "at", "id"],
                name="event_of_kind",
            ),
        ),
        migrations.AddIndex(
            model_name="caseevent",
            index=models.Index(
                condition=models.Q(("actor__isnull", False)), fields=["actor", "at", "id"], name="event_by_person"
            ),
        ),
    ]
