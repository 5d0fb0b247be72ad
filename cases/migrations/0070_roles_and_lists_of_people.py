"""Django's admin opens with the role, and lists of people have their indexes."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def let_flags_follow_roles(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Until now the flags of Django's admin were set by hand: invited administrators had none, former ones theirs."""
    users = apps.get_model("cases", "User").objects
    users.filter(role="administrator").update(is_staff=True, is_superuser=True)
    users.exclude(role="administrator").update(is_staff=False, is_superuser=False)


class Migration(migrations.Migration):
    dependencies = [("cases", "0050_lists_of_technicians")]

    operations = [
        migrations.RunPython(let_flags_follow_roles, migrations.RunPython.noop),
        migrations.AddIndex(model_name="user", index=models.Index(fields=["role", "username"], name="user_role")),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(fields=["last_name", "first_name", "username"], name="user_last_name"),
        ),
        migrations.AddIndex(model_name="user", index=models.Index(fields=["-date_joined", "-id"], name="user_newest")),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                condition=models.Q(("is_active", True), ("password__startswith", "!")),
                fields=["username"],
                name="user_invited",
            ),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(condition=models.Q(("is_active", False)), fields=["username"], name="user_deactivated"),
        ),
    ]
