"""The history of accounts records how people set their passwords."""

from django.db import migrations, models

KINDS = [
    ("invited", "Invited"),
    ("invited_again", "Invited again"),
    ("deactivated", "Deactivated"),
    ("reactivated", "Reactivated"),
    ("role_changed", "Role changed"),
    ("corrected", "Name or address corrected"),
    ("second_factor_removed", "Second factor removed"),
    ("cases_handed_over", "Open cases handed over"),
    ("password_set", "Password set for the first time"),
    ("password_reset", "Password reset by email link"),
    ("password_changed", "Password changed"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0100_security_state"),
    ]

    operations = [
        migrations.AlterField("accountevent", "kind", models.CharField(choices=KINDS, max_length=30)),
        migrations.RemoveConstraint("accountevent", "account_event_kind_known"),
        migrations.AddConstraint(
            "accountevent",
            models.CheckConstraint(
                condition=models.Q(("kind__in", [kind for kind, _label in KINDS])), name="account_event_kind_known"
            ),
        ),
    ]
