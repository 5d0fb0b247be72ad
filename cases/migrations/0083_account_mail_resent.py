"""The history of an account knows that an e-mail was sent again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0082_outbox_of_accounts"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="accountevent",
            name="account_event_kind_known",
        ),
        migrations.AlterField(
            model_name="accountevent",
            name="kind",
            field=models.CharField(
                choices=[
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
                    ("api_token_created", "API token created"),
                    ("api_token_ended", "API token ended"),
                    ("mail_resent", "E-mail sent again"),
                ],
                max_length=30,
            ),
        ),
        migrations.AddConstraint(
            model_name="accountevent",
            constraint=models.CheckConstraint(
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
                            "password_set",
                            "password_reset",
                            "password_changed",
                            "api_token_created",
                            "api_token_ended",
                            "mail_resent",
                        ],
                    )
                ),
                name="account_event_kind_known",
            ),
        ),
    ]
