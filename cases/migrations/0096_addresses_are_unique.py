"""One account for each address, however it is spelled."""

from django.db import migrations, models
from django.db.models.functions import Lower, Trim


def fill(apps, schema_editor):
    """Whose domain is not ASCII gets the exact form when the account is saved next."""
    people = apps.get_model("cases", "User").objects.exclude(email="")
    people.update(email_canonical=Lower(Trim("email")))


class Migration(migrations.Migration):
    dependencies = [("cases", "0090_portal_clock")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="email_canonical",
            field=models.CharField(
                blank=True,
                editable=False,
                help_text="What all spellings of the address have in common: no two accounts share it",
                max_length=320,
                null=True,
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                condition=models.Q(("email_canonical__isnull", False)),
                fields=("email_canonical",),
                name="user_address_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("email", ""), ("email_canonical__isnull", True)),
                    models.Q(models.Q(("email", ""), _negated=True), ("email_canonical__isnull", False)),
                    _connector="OR",
                ),
                name="user_address_is_canonical_too",
            ),
        ),
    ]
