"""A schedule that is cancelled has one name everywhere: the case is put on hold. The table stays as it is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0071_account_events"),
    ]

    operations = [
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
                    ("held", "Put on hold"),
                    ("returned", "Returned to accepted"),
                    ("released", "Released"),
                    ("mail_resent", "E-mail sent again"),
                    ("handed_over", "Handed over"),
                    ("document_attached", "Document attached"),
                    ("document_removed", "Document removed"),
                ],
                max_length=20,
            ),
        ),
    ]
