"""The lists of one technician by age, and the sign-in before the last.

One index goes and two come, of which a wave writes into one, as before: what is completed is not in `case_in_work`.
On a running system PostgreSQL makes and drops them without locking writers out.
"""

from django.db import migrations, models
from django.db.models import Q

NEWEST = models.Index(name="case_assigned_newest", fields=["assigned_to", "-id"])
IN_WORK = models.Index(name="case_in_work", fields=["assigned_to", "-id"], condition=Q(status="accepted"))
FORMER = models.Index(name="case_assigned_latest", fields=["assigned_to", "status", "-id"])


def _beside_others(schema_editor):
    return {"concurrently": True} if schema_editor.connection.vendor == "postgresql" else {}


def forwards(apps, schema_editor):
    case, how = apps.get_model("cases", "Case"), _beside_others(schema_editor)
    schema_editor.add_index(case, NEWEST, **how)
    schema_editor.add_index(case, IN_WORK, **how)
    schema_editor.remove_index(case, FORMER, **how)


def backwards(apps, schema_editor):
    case, how = apps.get_model("cases", "Case"), _beside_others(schema_editor)
    schema_editor.add_index(case, FORMER, **how)
    schema_editor.remove_index(case, IN_WORK, **how)
    schema_editor.remove_index(case, NEWEST, **how)


class Migration(migrations.Migration):
    # CONCURRENTLY works outside of transactions only.
    atomic = False
    dependencies = [("cases", "0060_user_language")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(forwards, backwards)],
            state_operations=[
                migrations.AddIndex("case", NEWEST),
                migrations.AddIndex("case", IN_WORK),
                migrations.RemoveIndex("case", "case_assigned_latest"),
            ],
        ),
        migrations.AddField(
            model_name="user",
            name="previous_login",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="The sign-in before the last: what came after it is new",
                null=True,
            ),
        ),
    ]
