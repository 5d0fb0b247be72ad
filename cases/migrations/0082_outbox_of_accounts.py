"""E-mails about accounts, claims with an identity, and the age of what waits."""

import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

import cases.models.text_limits


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0081_case_numbers_stay_plain"),
    ]

    operations = [
        migrations.CreateModel(
            name="PasswordResetRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "language",
                    models.CharField(help_text="Of the page; used where the person has chosen none", max_length=10),
                ),
            ],
        ),
        migrations.AddField(
            model_name="outgoingemail",
            name="claim",
            field=models.UUIDField(blank=True, help_text="The sender's claim; what ends the claim names it", null=True),
        ),
        migrations.AddField(
            model_name="outgoingemail",
            name="deferrals",
            field=models.PositiveSmallIntegerField(
                db_default=0,
                default=0,
                help_text="“Later” answers since it was last queued: the next pause, and when to stop",
            ),
        ),
        migrations.AddField(
            model_name="outgoingemail",
            name="due",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                help_text="When it was first to leave; its age is counted from here, whatever next_try says",
            ),
        ),
        migrations.AddField(
            model_name="outgoingemail",
            name="payload",
            field=models.JSONField(
                blank=True,
                help_text="Ids and codes that the kind needs; never a person's text, never a token",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="outgoingemail",
            name="address",
            field=models.CharField(
                blank=True,
                help_text="Of the present message; a claim replaces it if the person has another",
                max_length=254,
            ),
        ),
        migrations.AlterField(
            model_name="outgoingemail",
            name="attempts",
            field=models.PositiveIntegerField(default=0, help_text="Answers about this message; never goes down"),
        ),
        migrations.AlterField(
            model_name="outgoingemail",
            name="case",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="emails",
                to="cases.case",
            ),
        ),
        migrations.AlterField(
            model_name="outgoingemail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("released", "Case released"),
                    ("password_reset", "Password reset"),
                    ("invitation", "Invitation"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="outgoingemail",
            name="release_number",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="outgoingemail",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "sending"]), models.Q(("last_error", ""), _negated=True)),
                fields=["due"],
                name="email_retrying",
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoingemail",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.LessThanOrEqual(
                    django.db.models.functions.text.Length(
                        django.db.models.functions.comparison.Cast("payload", output_field=models.TextField())
                    ),
                    10000,
                ),
                name="email_payload_limit",
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoingemail",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("state__in", ["waiting", "sending"]), ("kind__in", ["password_reset", "invitation"])
                ),
                fields=("recipient", "kind"),
                name="email_account_open_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoingemail",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("case__isnull", False), ("kind__in", ["released"]), ("release_number__isnull", False)),
                    models.Q(
                        models.Q(("kind__in", ["released"]), _negated=True),
                        ("case__isnull", True),
                        ("release_number__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="email_case_by_kind",
            ),
        ),
        migrations.AddField(
            model_name="passwordresetrequest",
            name="person",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="passwordresetrequest",
            constraint=cases.models.text_limits.TextLimits(name="password_reset_request_text_limits"),
        ),
    ]
