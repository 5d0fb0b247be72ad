"""Indexes that another one makes superfluous, or that nobody asks, go: a wave writes into each of them.

On a running system: PostgreSQL drops them without locking readers or writers out, old code runs on without them, and
no table is rewritten (AlterField alone would make the foreign keys anew and check all rows).
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Index, and what it is made of where the migration is taken back.
FOREIGN_KEYS = {
    "cases_case_member_id_8006df68": "cases_case (member_id)",
    "cases_case_assigned_to_id_370071aa": "cases_case (assigned_to_id)",
    "cases_releaseevent_actor_id_ec26e5a2": "cases_releaseevent (actor_id)",
    "cases_outgoingemail_case_id_6ab0dc64": "cases_outgoingemail (case_id)",
    "cases_outgoingemail_recipient_id_fdd5b9a6": "cases_outgoingemail (recipient_id)",
}
# Django makes it beside the unique one, for LIKE 'C-…%'. Case numbers are looked up whole.
ON_POSTGRESQL = {"cases_case_external_case_id_a466fe3e_like": "cases_case (external_case_id varchar_pattern_ops)"}


def _each_index(schema_editor):
    postgresql = schema_editor.connection.vendor == "postgresql"
    indexes = FOREIGN_KEYS | ON_POSTGRESQL if postgresql else FOREIGN_KEYS
    return "CONCURRENTLY" if postgresql else "", indexes


def drop(apps, schema_editor):
    beside_others, indexes = _each_index(schema_editor)
    for name in indexes:
        schema_editor.execute(f"DROP INDEX {beside_others} IF EXISTS {name}")


def create(apps, schema_editor):
    beside_others, indexes = _each_index(schema_editor)
    for name, columns in indexes.items():
        schema_editor.execute(f"CREATE INDEX {beside_others} IF NOT EXISTS {name} ON {columns}")


def _without_index(model, field, to, *, optional=False, related_name):
    return migrations.AlterField(
        model_name=model,
        name=field,
        field=models.ForeignKey(
            blank=optional,
            db_index=False,
            null=optional,
            on_delete=django.db.models.deletion.PROTECT,
            related_name=related_name,
            to=to,
        ),
    )


class Migration(migrations.Migration):
    # CONCURRENTLY works outside of transactions only; each step may be repeated.
    atomic = False
    dependencies = [("cases", "0003_lists_and_calendar")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop, create)],
            state_operations=[
                _without_index("case", "member", settings.AUTH_USER_MODEL, related_name="cases"),
                _without_index(
                    "case", "assigned_to", settings.AUTH_USER_MODEL, optional=True, related_name="assigned_cases"
                ),
                _without_index("releaseevent", "actor", settings.AUTH_USER_MODEL, optional=True, related_name="+"),
                _without_index("outgoingemail", "case", "cases.case", related_name="emails"),
                _without_index("outgoingemail", "recipient", settings.AUTH_USER_MODEL, related_name="+"),
            ],
        )
    ]
