from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0043_notes")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="language",
            # In the database too: the version before this one goes on adding people while it is replaced.
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Of pages and e-mails; empty for the browser's",
                max_length=10,
            ),
        ),
    ]
