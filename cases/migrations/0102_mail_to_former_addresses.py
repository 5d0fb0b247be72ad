"""A former address is told that it was replaced."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0083_account_mail_resent"),
    ]

    operations = [
        migrations.AlterField(
            model_name="outgoingemail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("released", "Case released"),
                    ("password_reset", "Password reset"),
                    ("invitation", "Invitation"),
                    ("address_changed", "Address changed"),
                ],
                max_length=20,
            ),
        ),
    ]
