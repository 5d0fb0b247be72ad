from django.db import migrations, models

KINDS = {
    "submitted": "Submitted",
    "accepted": "Accepted",
    "completed": "Completed",
    "scheduled": "Release scheduled",
    "rescheduled": "Release rescheduled",
    "held": "Schedule cancelled",
    "returned": "Returned to accepted",
    "released": "Released",
    "mail_resent": "E-mail sent again",
    "handed_over": "Handed over",
    "document_attached": "Document attached",
    "document_removed": "Document removed",
}


class Migration(migrations.Migration):
    dependencies = [("cases", "0041_case_handed_over")]

    operations = [
        migrations.RemoveConstraint(model_name="releaseevent", name="event_kind_known"),
        migrations.AlterField(
            model_name="releaseevent",
            name="kind",
            field=models.CharField(choices=list(KINDS.items()), max_length=20),
        ),
        migrations.AddConstraint(
            model_name="releaseevent",
            constraint=models.CheckConstraint(condition=models.Q(("kind__in", list(KINDS))), name="event_kind_known"),
        ),
    ]
