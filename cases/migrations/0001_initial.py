import datetime

import django.contrib.auth.validators
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.db.models.lookups
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        error_messages={"unique": "A user with that username already exists."},
                        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                        max_length=150,
                        unique=True,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                ("date_joined", models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined")),
                ("first_name", models.CharField(blank=True, max_length=60, verbose_name="first name")),
                ("last_name", models.CharField(blank=True, max_length=60, verbose_name="last name")),
                (
                    "name_folded",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        editable=False,
                        help_text="Used to search for people.",
                        max_length=816,
                        verbose_name="folded name",
                    ),
                ),
                (
                    "email_canonical",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="The same for every spelling of an address. No two accounts share it.",
                        max_length=320,
                        null=True,
                        verbose_name="canonical email address",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("member", "Member"),
                            ("technician", "Technician"),
                            ("administrator", "Administrator"),
                        ],
                        default="member",
                        max_length=20,
                        verbose_name="role",
                    ),
                ),
                (
                    "time_zone",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Used for dates and times. Empty: the portal's time zone. Release dates always use the portal's.",
                        max_length=64,
                        verbose_name="time zone",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Used for pages and emails. Empty: the browser's language.",
                        max_length=10,
                        verbose_name="language",
                    ),
                ),
                (
                    "previous_login",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="The sign-in before the last one.",
                        null=True,
                        verbose_name="previous sign-in",
                    ),
                ),
                (
                    "credentials_key",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        editable=False,
                        help_text="Part of every session, token and link. A new key ends them all.",
                        max_length=32,
                        verbose_name="credentials key",
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "user",
                "verbose_name_plural": "users",
            },
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=60, primary_key=True, serialize=False, verbose_name="name")),
                ("at", models.DateTimeField(verbose_name="time")),
                (
                    "source",
                    models.CharField(
                        blank=True,
                        db_default="",
                        help_text="What ran it, as in the history.",
                        max_length=20,
                        verbose_name="source",
                    ),
                ),
                ("host", models.CharField(blank=True, max_length=255, verbose_name="host")),
                (
                    "released",
                    models.PositiveIntegerField(
                        default=0, help_text="Cases released by this run.", verbose_name="released"
                    ),
                ),
            ],
            options={
                "verbose_name": "heartbeat",
                "verbose_name_plural": "heartbeats",
            },
        ),
        migrations.CreateModel(
            name="SampledTotal",
            fields=[
                (
                    "state",
                    models.CharField(
                        help_text="The key of a state that staff see.",
                        max_length=20,
                        primary_key=True,
                        serialize=False,
                        verbose_name="state",
                    ),
                ),
                ("cases", models.PositiveBigIntegerField(verbose_name="cases")),
                ("counted_at", models.DateTimeField(verbose_name="counted")),
                (
                    "seconds",
                    models.FloatField(help_text="How long it took to count all states.", verbose_name="seconds"),
                ),
            ],
            options={
                "verbose_name": "sampled total",
                "verbose_name_plural": "sampled totals",
            },
        ),
        migrations.CreateModel(
            name="ApiUsage",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                ("minute", models.BigIntegerField(help_text="Minutes since 1970.", verbose_name="minute")),
                ("calls", models.PositiveIntegerField(verbose_name="calls")),
            ],
            options={
                "verbose_name": "API usage",
                "verbose_name_plural": "API usage",
            },
        ),
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="calendar_feed",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                (
                    "token_digest",
                    models.CharField(
                        help_text="SHA-256 of the token, in hexadecimal.",
                        max_length=64,
                        unique=True,
                        verbose_name="digest",
                    ),
                ),
                (
                    "credentials_key",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=32, verbose_name="credentials key"
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="created")),
            ],
            options={
                "verbose_name": "calendar link",
                "verbose_name_plural": "calendar links",
            },
        ),
        migrations.CreateModel(
            name="AccountEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="time")),
                (
                    "system_actor",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="The program that acted, if no person did.",
                        max_length=60,
                        verbose_name="program",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="The reason a person gave.",
                        max_length=1000,
                        verbose_name="reason",
                    ),
                ),
                (
                    "details",
                    models.JSONField(
                        blank=True,
                        db_default={},
                        default=dict,
                        help_text="Facts that have no column of their own. People are listed by ID.",
                        verbose_name="details",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("invited", "Invited"),
                            ("invited_again", "Invitation resent"),
                            ("deactivated", "Deactivated"),
                            ("reactivated", "Reactivated"),
                            ("role_changed", "Role changed"),
                            ("corrected", "Name or email changed"),
                            ("second_factor_removed", "Two-factor authentication turned off"),
                            ("cases_handed_over", "Open cases handed over"),
                            ("password_set", "First password set"),
                            ("password_reset", "Password reset by email link"),
                            ("password_changed", "Password changed"),
                            ("api_token_created", "API token created"),
                            ("api_token_ended", "API token revoked"),
                            ("mail_resent", "Email resent"),
                        ],
                        max_length=30,
                        verbose_name="kind",
                    ),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="done by",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="account_events",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "account event",
                "verbose_name_plural": "account events",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("token_key", models.CharField(db_index=True, max_length=25)),
                ("id", models.BigAutoField(primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "digest",
                    models.CharField(
                        help_text="SHA-512 of the token, in hexadecimal.",
                        max_length=128,
                        unique=True,
                        verbose_name="digest",
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("credentials_key", models.CharField(blank=True, max_length=32, verbose_name="credentials key")),
                ("created", models.DateTimeField(verbose_name="created")),
                ("expiry", models.DateTimeField(verbose_name="expires")),
                (
                    "last_used",
                    models.DateTimeField(blank=True, help_text="To the minute.", null=True, verbose_name="last used"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="api_tokens",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "API token",
                "verbose_name_plural": "API tokens",
            },
        ),
        migrations.CreateModel(
            name="Case",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_case_id", models.CharField(max_length=64, unique=True, verbose_name="case number")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("submitted", "Submitted"),
                            ("accepted", "Accepted"),
                            ("completed", "Completed"),
                        ],
                        default="draft",
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                (
                    "urgency",
                    models.CharField(
                        choices=[("normal", "Normal"), ("urgent", "Urgent")],
                        default="normal",
                        max_length=20,
                        verbose_name="urgency",
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=200, verbose_name="title")),
                (
                    "title_folded",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        editable=False,
                        help_text="Used for search.",
                        max_length=600,
                        verbose_name="folded title",
                    ),
                ),
                ("description", models.CharField(blank=True, max_length=10000, verbose_name="description")),
                ("date_created", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("date_submitted", models.DateTimeField(blank=True, null=True, verbose_name="submitted")),
                ("date_accepted", models.DateTimeField(blank=True, null=True, verbose_name="accepted")),
                ("date_completed", models.DateTimeField(blank=True, null=True, verbose_name="completed")),
                (
                    "scheduled_release_date",
                    models.DateField(
                        blank=True,
                        help_text="Date when completed case will be released to member",
                        null=True,
                        verbose_name="scheduled release date",
                    ),
                ),
                (
                    "scheduled_release_time",
                    models.TimeField(
                        blank=True,
                        help_text="Time of day in the portal's time zone. Empty: RELEASE_TIME_OF_DAY.",
                        null=True,
                        verbose_name="scheduled release time",
                    ),
                ),
                (
                    "actual_release_date",
                    models.DateTimeField(
                        blank=True,
                        help_text="Actual date/time when case was released to member",
                        null=True,
                        verbose_name="actual release date",
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        db_default=0,
                        default=0,
                        help_text="Counts changes to the case. A form made for an earlier version is refused.",
                        verbose_name="version",
                    ),
                ),
                (
                    "schedule_revision",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Counts changes to the schedule. A task is scheduled for one revision.",
                        verbose_name="schedule revision",
                    ),
                ),
                (
                    "armed_revision",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="The schedule revision for which a task has been scheduled.",
                        null=True,
                        verbose_name="armed revision",
                    ),
                ),
                (
                    "announced_revision",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="The schedule revision that was announced shortly before its release.",
                        null=True,
                        verbose_name="announced revision",
                    ),
                ),
                (
                    "release_number",
                    models.PositiveIntegerField(
                        default=0, help_text="How many times the case has been released.", verbose_name="release number"
                    ),
                ),
                (
                    "release_batch",
                    models.UUIDField(
                        blank=True,
                        help_text="The batch that released the case.",
                        null=True,
                        verbose_name="release batch",
                    ),
                ),
                (
                    "release_error",
                    models.CharField(
                        blank=True,
                        help_text="Why the last attempt to release the case failed.",
                        max_length=1000,
                        verbose_name="release error",
                    ),
                ),
                (
                    "release_attempts",
                    models.PositiveIntegerField(
                        default=0, help_text="Failed attempts to release the case.", verbose_name="release attempts"
                    ),
                ),
                (
                    "release_next_try",
                    models.DateTimeField(
                        blank=True,
                        help_text="The release isn't retried before this time.",
                        null=True,
                        verbose_name="next release attempt",
                    ),
                ),
                (
                    "assigned_to",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assigned_cases",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="assigned to",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="member",
                    ),
                ),
            ],
            options={
                "verbose_name": "case",
                "verbose_name_plural": "cases",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="CaseDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("submission", "Submission"), ("report", "Report")], max_length=20, verbose_name="kind"
                    ),
                ),
                ("file", models.FileField(upload_to="", verbose_name="file")),
                (
                    "name",
                    models.CharField(
                        help_text="The file name when it was uploaded.", max_length=150, verbose_name="name"
                    ),
                ),
                ("size", models.PositiveIntegerField(help_text="In bytes.", verbose_name="size")),
                ("content_type", models.CharField(max_length=100, verbose_name="content type")),
                ("uploaded_at", models.DateTimeField(verbose_name="uploaded")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="cases.case",
                        verbose_name="case",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="uploaded by",
                    ),
                ),
            ],
            options={
                "verbose_name": "document",
                "verbose_name_plural": "documents",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="CaseEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="time")),
                (
                    "system_actor",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="The program that acted, if no person did.",
                        max_length=60,
                        verbose_name="program",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="The reason a person gave.",
                        max_length=1000,
                        verbose_name="reason",
                    ),
                ),
                (
                    "details",
                    models.JSONField(
                        blank=True,
                        db_default={},
                        default=dict,
                        help_text="Facts that have no column of their own. People are listed by ID.",
                        verbose_name="details",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("submitted", "Submitted"),
                            ("accepted", "Accepted"),
                            ("completed", "Completed"),
                            ("scheduled", "Release scheduled"),
                            ("rescheduled", "Release rescheduled"),
                            ("held", "Put on hold"),
                            ("returned", "Reopened"),
                            ("released", "Released"),
                            ("mail_resent", "Email resent"),
                            ("handed_over", "Handed over"),
                            ("document_attached", "Document attached"),
                            ("document_removed", "Document removed"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("web", "Web"),
                            ("api", "API"),
                            ("admin", "Admin"),
                            ("eta", "Scheduled task"),
                            ("sweep", "Periodic check"),
                            ("command", "Command line"),
                            ("read", "Member's visit"),
                        ],
                        max_length=10,
                        verbose_name="source",
                    ),
                ),
                ("from_status", models.CharField(blank=True, max_length=20, verbose_name="status before")),
                ("to_status", models.CharField(blank=True, max_length=20, verbose_name="status after")),
                ("from_date", models.DateField(blank=True, null=True, verbose_name="release date before")),
                ("from_time", models.TimeField(blank=True, null=True, verbose_name="release time before")),
                ("to_date", models.DateField(blank=True, null=True, verbose_name="release date after")),
                ("to_time", models.TimeField(blank=True, null=True, verbose_name="release time after")),
                (
                    "schedule_revision",
                    models.PositiveIntegerField(
                        help_text="The schedule revision after this step.", verbose_name="schedule revision"
                    ),
                ),
                (
                    "release_number",
                    models.PositiveIntegerField(
                        default=0, help_text="Which release of the case this was.", verbose_name="release number"
                    ),
                ),
                ("release_batch", models.UUIDField(blank=True, null=True, verbose_name="release batch")),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="done by",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="cases.case",
                        verbose_name="case",
                    ),
                ),
            ],
            options={
                "verbose_name": "case event",
                "verbose_name_plural": "case events",
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="CaseNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.CharField(max_length=4000, verbose_name="text")),
                ("at", models.DateTimeField(verbose_name="time")),
                (
                    "author",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="author",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="cases.case",
                        verbose_name="case",
                    ),
                ),
            ],
            options={
                "verbose_name": "note",
                "verbose_name_plural": "notes",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="OutgoingEmail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("sending", "Sending"),
                            ("sent", "Sent"),
                            ("failed", "Failed"),
                            ("undeliverable", "Undeliverable"),
                            ("dropped", "Canceled"),
                        ],
                        default="waiting",
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                (
                    "claim",
                    models.UUIDField(
                        blank=True,
                        help_text="Identifies the sender that is working on it.",
                        null=True,
                        verbose_name="claim",
                    ),
                ),
                (
                    "attempts",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Server answers for this message. Never goes down.",
                        verbose_name="attempts",
                    ),
                ),
                (
                    "deferrals",
                    models.PositiveSmallIntegerField(
                        db_default=0,
                        default=0,
                        help_text="Temporary refusals since the email was last queued.",
                        verbose_name="deferrals",
                    ),
                ),
                (
                    "due",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        help_text="When it was first due.",
                        verbose_name="due",
                    ),
                ),
                (
                    "next_try",
                    models.DateTimeField(
                        help_text="Not sent before this time. While it is being sent: the end of the claim.",
                        verbose_name="next attempt",
                    ),
                ),
                ("last_error", models.CharField(blank=True, max_length=1000, verbose_name="last error")),
                ("created", models.DateTimeField(verbose_name="created")),
                ("sent", models.DateTimeField(blank=True, null=True, verbose_name="sent")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("released", "Case released"),
                            ("password_reset", "Password reset"),
                            ("invitation", "Invitation"),
                            ("address_changed", "Email address changed"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("release_number", models.PositiveIntegerField(blank=True, null=True, verbose_name="release number")),
                (
                    "payload",
                    models.JSONField(
                        blank=True,
                        help_text="IDs and codes for this kind of email. Never personal text, never a token.",
                        null=True,
                        verbose_name="payload",
                    ),
                ),
                (
                    "address",
                    models.CharField(
                        blank=True,
                        help_text="The address of the current message. Replaced if the person has a new one.",
                        max_length=254,
                        verbose_name="address",
                    ),
                ),
                (
                    "group",
                    models.UUIDField(
                        blank=True,
                        help_text="Set by the first claim and kept by every retry.",
                        null=True,
                        verbose_name="group",
                    ),
                ),
                ("message_id", models.CharField(blank=True, max_length=255, verbose_name="message ID")),
                (
                    "case",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="emails",
                        to="cases.case",
                        verbose_name="case",
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="recipient",
                    ),
                ),
            ],
            options={
                "verbose_name": "outgoing email",
                "verbose_name_plural": "outgoing emails",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="PasswordResetRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "language",
                    models.CharField(
                        help_text="The language of the page. Used if the person hasn't chosen one.",
                        max_length=10,
                        verbose_name="language",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "password reset request",
                "verbose_name_plural": "password reset requests",
            },
        ),
        migrations.CreateModel(
            name="PortalClock",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("time_zone", models.CharField(max_length=64, verbose_name="time zone")),
                ("release_time_of_day", models.TimeField(verbose_name="release time of day")),
            ],
            options={
                "verbose_name": "portal clock",
                "verbose_name_plural": "portal clocks",
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="portal_clock_has_one_row")],
            },
        ),
        migrations.CreateModel(
            name="PortalEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="time")),
                (
                    "system_actor",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="The program that acted, if no person did.",
                        max_length=60,
                        verbose_name="program",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="The reason a person gave.",
                        max_length=1000,
                        verbose_name="reason",
                    ),
                ),
                (
                    "details",
                    models.JSONField(
                        blank=True,
                        db_default={},
                        default=dict,
                        help_text="Facts that have no column of their own. People are listed by ID.",
                        verbose_name="details",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("clock_changed", "Time zone or release time changed")],
                        max_length=30,
                        verbose_name="kind",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("web", "Web"),
                            ("api", "API"),
                            ("admin", "Admin"),
                            ("eta", "Scheduled task"),
                            ("sweep", "Periodic check"),
                            ("command", "Command line"),
                            ("read", "Member's visit"),
                        ],
                        max_length=10,
                        verbose_name="source",
                    ),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="done by",
                    ),
                ),
            ],
            options={
                "verbose_name": "portal event",
                "verbose_name_plural": "portal events",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="ReleaseDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False, verbose_name="day")),
                (
                    "zone",
                    models.CharField(
                        help_text="The time zone in which the day was counted.", max_length=64, verbose_name="time zone"
                    ),
                ),
                ("counted_at", models.DateTimeField(verbose_name="counted")),
                (
                    "released",
                    models.PositiveIntegerField(help_text="Cases released, from the history.", verbose_name="released"),
                ),
                (
                    "released_by",
                    models.JSONField(default=dict, help_text="Released cases by source.", verbose_name="released by"),
                ),
                (
                    "not_recorded",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Released cases that are missing from the history.",
                        verbose_name="not recorded",
                    ),
                ),
                (
                    "delay_cases",
                    models.PositiveIntegerField(
                        help_text="Released cases with a completion date.", verbose_name="cases with a delay"
                    ),
                ),
                (
                    "delay_seconds",
                    models.BigIntegerField(
                        help_text="From completion to release, in seconds, for all cases together.",
                        verbose_name="total delay",
                    ),
                ),
                (
                    "lateness",
                    models.JSONField(
                        default=dict, help_text="How many scheduled releases were how late.", verbose_name="lateness"
                    ),
                ),
                (
                    "pending",
                    models.PositiveIntegerField(
                        help_text="Completed but not released at the end of the day.", verbose_name="pending"
                    ),
                ),
                (
                    "mailed",
                    models.PositiveIntegerField(help_text="Emails sent on that day.", verbose_name="emails sent"),
                ),
            ],
            options={
                "verbose_name": "release day",
                "verbose_name_plural": "release days",
                "constraints": [
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(
                                django.db.models.functions.comparison.Cast(
                                    "released_by", output_field=models.TextField()
                                )
                            ),
                            10000,
                        ),
                        name="release_day_sources_limit",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(
                                django.db.models.functions.comparison.Cast("lateness", output_field=models.TextField())
                            ),
                            10000,
                        ),
                        name="release_day_lateness_limit",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SecurityState",
            fields=[
                (
                    "digest",
                    models.CharField(
                        help_text="SHA-256 of the key, in hexadecimal.",
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                        verbose_name="digest",
                    ),
                ),
                ("value", models.CharField(help_text="As JSON.", max_length=10000, verbose_name="value")),
                ("expires_at", models.DateTimeField(verbose_name="expires")),
            ],
            options={
                "verbose_name": "security state",
                "verbose_name_plural": "security states",
                "indexes": [models.Index(fields=["expires_at"], name="security_state_expires")],
            },
        ),
        migrations.CreateModel(
            name="StorageReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="time")),
                (
                    "files",
                    models.PositiveIntegerField(default=0, help_text="Files in the storage.", verbose_name="files"),
                ),
                (
                    "orphans",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Files without a document that are too new to be deleted.",
                        verbose_name="orphans",
                    ),
                ),
                (
                    "deleted",
                    models.PositiveIntegerField(
                        default=0, help_text="Files without a document that were deleted.", verbose_name="deleted"
                    ),
                ),
                (
                    "missing",
                    models.PositiveIntegerField(
                        default=0, help_text="Documents whose file is missing.", verbose_name="missing"
                    ),
                ),
                (
                    "missing_ids",
                    models.JSONField(
                        default=list, help_text="The first missing documents.", verbose_name="missing IDs"
                    ),
                ),
            ],
            options={
                "verbose_name": "storage report",
                "verbose_name_plural": "storage reports",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="storage_report_is_one"),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(
                                django.db.models.functions.comparison.Cast(
                                    "missing_ids", output_field=models.TextField()
                                )
                            ),
                            10000,
                        ),
                        name="storage_report_facts_limit",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UsedFormToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.CharField(max_length=32, verbose_name="token")),
                (
                    "content",
                    models.CharField(help_text="A digest of what was sent.", max_length=64, verbose_name="content"),
                ),
                ("made", models.BigIntegerField(null=True, verbose_name="created object")),
                ("at", models.DateTimeField(db_index=True, verbose_name="time")),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "used form token",
                "verbose_name_plural": "used form tokens",
            },
        ),
        migrations.CreateModel(
            name="UnsentForm",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                ("path", models.CharField(max_length=500, verbose_name="path")),
                ("fields", models.JSONField(verbose_name="fields")),
                ("at", models.DateTimeField(db_index=True, verbose_name="time")),
            ],
            options={
                "verbose_name": "unsent form",
                "verbose_name_plural": "unsent forms",
                "constraints": [
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(
                                django.db.models.functions.comparison.Cast("fields", output_field=models.TextField())
                            ),
                            394216,
                        ),
                        name="unsent_form_fields_limit",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(fields=["role", "username"], name="user_role"),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(fields=["last_name", "first_name", "username"], name="user_last_name"),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(fields=["-date_joined", "-id"], name="user_newest"),
        ),
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
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["member", "technician", "administrator"])), name="user_role_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("first_name__regex", "[\\u0001-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]"),
                        _negated=True,
                    ),
                    models.Q(
                        ("last_name__regex", "[\\u0001-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]"),
                        _negated=True,
                    ),
                    models.Q(
                        ("username__regex", "[\\u0001-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]"),
                        _negated=True,
                    ),
                ),
                name="user_names_are_lines",
            ),
        ),
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
        migrations.AddIndex(
            model_name="accountevent",
            index=models.Index(fields=["person", "-id"], name="account_event_latest"),
        ),
        migrations.AddConstraint(
            model_name="accountevent",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.LessThanOrEqual(
                    django.db.models.functions.text.Length(
                        django.db.models.functions.comparison.Cast("details", output_field=models.TextField())
                    ),
                    10000,
                ),
                name="account_event_facts_limit",
            ),
        ),
        migrations.AddConstraint(
            model_name="accountevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("actor__isnull", False), ("system_actor", "")),
                    models.Q(("actor__isnull", True), models.Q(("system_actor", ""), _negated=True)),
                    _connector="OR",
                ),
                name="account_event_names_an_actor",
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
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.UniqueConstraint(fields=("user", "name"), name="api_token_name_once_per_person"),
        ),
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="api_token_is_named"
            ),
        ),
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.CheckConstraint(
                condition=models.Q(("expiry__gt", models.F("created"))), name="api_token_expires"
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("actual_release_date__isnull", True), ("scheduled_release_date__isnull", False)),
                fields=["scheduled_release_date", "scheduled_release_time", "id"],
                name="case_due",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("actual_release_date__isnull", True), ("scheduled_release_date__isnull", False)),
                fields=["member", "scheduled_release_date", "scheduled_release_time"],
                name="case_member_due",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(
                    ("actual_release_date__isnull", True),
                    ("scheduled_release_date__isnull", False),
                    ("armed_revision", models.F("schedule_revision")),
                ),
                fields=["scheduled_release_date", "scheduled_release_time"],
                name="case_armed",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("actual_release_date__isnull", True), ("scheduled_release_date__isnull", False)),
                fields=["assigned_to", "scheduled_release_date", "scheduled_release_time", "id"],
                name="case_assigned_due",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("release_next_try__isnull", False)),
                fields=["release_next_try"],
                name="case_failing",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(
                    ("actual_release_date__isnull", True),
                    ("scheduled_release_date__isnull", True),
                    ("status", "completed"),
                ),
                fields=["-id"],
                name="case_held",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(
                    ("actual_release_date__isnull", True),
                    ("scheduled_release_date__isnull", True),
                    ("status", "completed"),
                ),
                fields=["assigned_to", "-id"],
                name="case_assigned_held",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("actual_release_date__isnull", False)),
                fields=["-actual_release_date", "-id"],
                name="case_released",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("actual_release_date__isnull", False)),
                fields=["assigned_to", "-actual_release_date", "-id"],
                name="case_assigned_released",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["member", "-id"], name="case_member_latest"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["assigned_to", "-id"], name="case_assigned_newest"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("status", "accepted")), fields=["assigned_to", "-id"], name="case_in_work"
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                models.F("assigned_to"),
                models.OrderBy(
                    django.db.models.functions.comparison.Coalesce("date_accepted", "date_created"), descending=True
                ),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("status", "accepted")),
                name="case_assigned_accepted",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                models.F("status"),
                models.OrderBy(
                    django.db.models.functions.comparison.Coalesce("date_accepted", "date_created"), descending=True
                ),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("status", "accepted")),
                name="case_accepted",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["status", "-id"], name="case_status_latest"),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["draft", "submitted", "accepted", "completed"])),
                name="case_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("title__regex", "[\\u0001-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]"), _negated=True
                ),
                name="case_title_is_a_line",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("external_case_id__regex", "[\\u0001-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]"),
                    _negated=True,
                ),
                name="case_number_is_a_line",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(("urgency__in", ["normal", "urgent"])), name="case_urgency_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(("actual_release_date__isnull", True), ("status", "completed"), _connector="OR"),
                name="case_released_is_completed",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(("scheduled_release_date__isnull", True), ("status", "completed"), _connector="OR"),
                name="case_scheduled_is_completed",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("scheduled_release_time__isnull", True), ("scheduled_release_date__isnull", False), _connector="OR"
                ),
                name="case_time_needs_date",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("scheduled_release_date__isnull", True),
                    models.Q(
                        ("scheduled_release_date__gte", datetime.date(1900, 1, 1)),
                        ("scheduled_release_date__lt", datetime.date(9000, 1, 1)),
                    ),
                    _connector="OR",
                ),
                name="case_schedule_within_calendar",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("date_created__isnull", True),
                        models.Q(
                            ("date_created__gte", datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                            ("date_created__lt", datetime.datetime(9000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                        ),
                        _connector="OR",
                    ),
                    models.Q(
                        ("date_submitted__isnull", True),
                        models.Q(
                            ("date_submitted__gte", datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                            ("date_submitted__lt", datetime.datetime(9000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                        ),
                        _connector="OR",
                    ),
                    models.Q(
                        ("date_accepted__isnull", True),
                        models.Q(
                            ("date_accepted__gte", datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                            ("date_accepted__lt", datetime.datetime(9000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                        ),
                        _connector="OR",
                    ),
                    models.Q(
                        ("date_completed__isnull", True),
                        models.Q(
                            ("date_completed__gte", datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                            ("date_completed__lt", datetime.datetime(9000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                        ),
                        _connector="OR",
                    ),
                    models.Q(
                        ("actual_release_date__isnull", True),
                        models.Q(
                            ("actual_release_date__gte", datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                            ("actual_release_date__lt", datetime.datetime(9000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                        ),
                        _connector="OR",
                    ),
                    models.Q(
                        ("release_next_try__isnull", True),
                        models.Q(
                            ("release_next_try__gte", datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                            ("release_next_try__lt", datetime.datetime(9000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                        ),
                        _connector="OR",
                    ),
                ),
                name="case_dates_within_calendar",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("armed_revision__isnull", True),
                    ("armed_revision__lte", models.F("schedule_revision")),
                    _connector="OR",
                ),
                name="case_armed_not_ahead",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("announced_revision__isnull", True),
                    ("announced_revision__lte", models.F("armed_revision")),
                    _connector="OR",
                ),
                name="case_announced_is_armed",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("release_attempts", 0), ("release_error", ""), ("release_next_try__isnull", True)),
                    models.Q(("release_attempts__gt", 0), ("release_next_try__isnull", False)),
                    _connector="OR",
                ),
                name="case_failure_has_next_try",
            ),
        ),
        migrations.AddConstraint(
            model_name="casedocument",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["submission", "report"])), name="document_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="casedocument",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("name__regex", "[\\u0001-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]"), _negated=True
                ),
                name="document_name_is_a_line",
            ),
        ),
        migrations.AddConstraint(
            model_name="casedocument",
            constraint=models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="document_not_empty"),
        ),
        migrations.AddConstraint(
            model_name="casedocument",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("name", ""), _negated=True), models.Q(("file", ""), _negated=True)),
                name="document_has_name_and_file",
            ),
        ),
        migrations.AddConstraint(
            model_name="casedocument",
            constraint=models.UniqueConstraint(fields=("file",), name="document_has_file_of_its_own"),
        ),
        migrations.AddIndex(
            model_name="caseevent",
            index=models.Index(condition=models.Q(("kind", "released")), fields=["at"], name="event_released_at"),
        ),
        migrations.AddIndex(
            model_name="caseevent",
            index=models.Index(
                condition=models.Q(("kind", "document_attached")), fields=["actor", "-id"], name="event_attached"
            ),
        ),
        migrations.AddConstraint(
            model_name="caseevent",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.LessThanOrEqual(
                    django.db.models.functions.text.Length(
                        django.db.models.functions.comparison.Cast("details", output_field=models.TextField())
                    ),
                    10000,
                ),
                name="event_facts_limit",
            ),
        ),
        migrations.AddConstraint(
            model_name="caseevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("actor__isnull", False), ("system_actor", "")),
                    models.Q(("actor__isnull", True), models.Q(("system_actor", ""), _negated=True)),
                    _connector="OR",
                ),
                name="event_names_an_actor",
            ),
        ),
        migrations.AddConstraint(
            model_name="caseevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "submitted",
                            "accepted",
                            "completed",
                            "scheduled",
                            "rescheduled",
                            "held",
                            "returned",
                            "released",
                            "mail_resent",
                            "handed_over",
                            "document_attached",
                            "document_removed",
                        ],
                    )
                ),
                name="event_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="caseevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["web", "api", "admin", "eta", "sweep", "command", "read"])),
                name="event_source_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="caseevent",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "released")), fields=("case", "release_number"), name="event_released_once"
            ),
        ),
        migrations.AddIndex(
            model_name="casenote",
            index=models.Index(fields=["case", "id"], name="note_of_case"),
        ),
        migrations.AddIndex(
            model_name="casenote",
            index=models.Index(fields=["author", "-id"], name="note_of_author"),
        ),
        migrations.AddConstraint(
            model_name="casenote",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="note_says_something"
            ),
        ),
        migrations.AddIndex(
            model_name="outgoingemail",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "sending"])),
                fields=["next_try", "recipient"],
                name="email_open",
            ),
        ),
        migrations.AddIndex(
            model_name="outgoingemail",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "sending"])),
                fields=["recipient", "group"],
                name="email_open_of_recipient",
            ),
        ),
        migrations.AddIndex(
            model_name="outgoingemail",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "sending"]), models.Q(("last_error", ""), _negated=True)),
                fields=["due"],
                name="email_retrying",
            ),
        ),
        migrations.AddIndex(
            model_name="outgoingemail",
            index=models.Index(
                condition=models.Q(("state__in", ["failed", "undeliverable"])), fields=["-id"], name="email_given_up"
            ),
        ),
        migrations.AddIndex(
            model_name="outgoingemail",
            index=models.Index(condition=models.Q(("state", "sent")), fields=["sent"], name="email_sent"),
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
                fields=("case", "kind", "release_number"), name="email_once_per_release"
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
        migrations.AddConstraint(
            model_name="outgoingemail",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "sending", "sent", "failed", "undeliverable", "dropped"])),
                name="email_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoingemail",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("group__isnull", True), ("message_id", "")),
                    models.Q(("group__isnull", False), models.Q(("message_id", ""), _negated=True)),
                    _connector="OR",
                ),
                name="email_group_has_message_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoingemail",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["sending", "sent"]), _negated=True),
                    ("group__isnull", False),
                    _connector="OR",
                ),
                name="email_sent_has_group",
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoingemail",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("sent__isnull", False), ("state", "sent")),
                    models.Q(("state", "sent"), _negated=True),
                    _connector="OR",
                ),
                name="email_sent_has_date",
            ),
        ),
        migrations.AddConstraint(
            model_name="portalevent",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.LessThanOrEqual(
                    django.db.models.functions.text.Length(
                        django.db.models.functions.comparison.Cast("details", output_field=models.TextField())
                    ),
                    10000,
                ),
                name="portal_event_facts_limit",
            ),
        ),
        migrations.AddConstraint(
            model_name="portalevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("actor__isnull", False), ("system_actor", "")),
                    models.Q(("actor__isnull", True), models.Q(("system_actor", ""), _negated=True)),
                    _connector="OR",
                ),
                name="portal_event_names_an_actor",
            ),
        ),
        migrations.AddConstraint(
            model_name="portalevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["clock_changed"])), name="portal_event_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="portalevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["web", "api", "admin", "eta", "sweep", "command", "read"])),
                name="portal_event_source_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="usedformtoken",
            constraint=models.UniqueConstraint(fields=("user", "token"), name="used_form_token_once"),
        ),
    ]
