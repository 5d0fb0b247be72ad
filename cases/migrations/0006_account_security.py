"""Kinds of account events that people are told of by email, and the kind of that email."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0005_keys"),
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
                    ("invited", "Invitation sent"),
                    ("invited_again", "Invitation resent"),
                    ("deactivated", "Deactivated"),
                    ("reactivated", "Reactivated"),
                    ("role_changed", "Role changed"),
                    ("corrected", "Name or email changed"),
                    ("second_factor_added", "Two-factor authentication turned on"),
                    ("second_factor_removed", "Two-factor authentication turned off"),
                    ("recovery_codes_made", "New recovery codes created"),
                    ("cases_handed_over", "Open cases handed over"),
                    ("password_set", "First password set"),
                    ("password_reset", "Password reset by email link"),
                    ("password_changed", "Password changed"),
                    ("api_token_created", "API token created"),
                    ("api_token_ended", "API token revoked"),
                    ("calendar_feed_made", "Calendar feed link created"),
                    ("calendar_feed_ended", "Calendar feed turned off"),
                    ("mail_resent", "Email resent"),
                    ("email_bounced", "Email bounced"),
                    ("bounce_cleared", "Bounce cleared"),
                    ("absence_set", "Absence set"),
                    ("absence_ended", "Absence ended"),
                ],
                max_length=30,
                verbose_name="kind",
            ),
        ),
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
                    ("account_security", "Account security notice"),
                    ("history_head", "History proof"),
                    ("reminder", "Release reminder"),
                    ("unopened", "Reminder of an unopened case"),
                    ("notification", "Notifications"),
                    ("digest", "Daily notifications"),
                ],
                max_length=20,
                verbose_name="kind",
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
                            "second_factor_added",
                            "second_factor_removed",
                            "recovery_codes_made",
                            "cases_handed_over",
                            "password_set",
                            "password_reset",
                            "password_changed",
                            "api_token_created",
                            "api_token_ended",
                            "calendar_feed_made",
                            "calendar_feed_ended",
                            "mail_resent",
                            "email_bounced",
                            "bounce_cleared",
                            "absence_set",
                            "absence_ended",
                        ],
                    )
                ),
                name="account_event_kind_known",
            ),
        ),
    ]
