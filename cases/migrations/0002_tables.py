"""All other tables, as the models have them."""

import datetime

import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="CaseType",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                (
                    "guidance",
                    models.CharField(
                        blank=True,
                        help_text="Members see this when they choose the type for a new case.",
                        max_length=2000,
                        verbose_name="guidance",
                    ),
                ),
                (
                    "default_days",
                    models.PositiveSmallIntegerField(
                        blank=True, help_text="Empty: RELEASE_DEFAULT_DAYS.", null=True, verbose_name="default days"
                    ),
                ),
                (
                    "min_days",
                    models.PositiveSmallIntegerField(
                        blank=True, help_text="Empty: RELEASE_MIN_DAYS.", null=True, verbose_name="minimum days"
                    ),
                ),
                (
                    "requires_answer",
                    models.BooleanField(
                        default=False,
                        help_text="A case of this type can't be completed without an answer.",
                        verbose_name="answer required",
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Types with lower numbers come first.", verbose_name="position"
                    ),
                ),
                (
                    "is_retired",
                    models.BooleanField(
                        default=False,
                        help_text="Can't be chosen anymore. Existing cases keep it.",
                        verbose_name="retired",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=0, verbose_name="version")),
            ],
            options={
                "verbose_name": "case type",
                "verbose_name_plural": "case types",
                "ordering": ["position", "name", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("name",), name="case_type_name_once"),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="case_type_has_a_name"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("default_days__isnull", True),
                            ("min_days__isnull", True),
                            ("default_days__gte", models.F("min_days")),
                            _connector="OR",
                        ),
                        name="case_type_default_from_minimum",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("default_days__isnull", True), ("default_days__lte", 366), _connector="OR"),
                            models.Q(("min_days__isnull", True), ("min_days__lte", 366), _connector="OR"),
                        ),
                        name="case_type_days_within_a_year",
                    ),
                ],
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
            name="HistorySeal",
            fields=[
                (
                    "number",
                    models.PositiveBigIntegerField(
                        help_text="Starts at 1, without gaps.",
                        primary_key=True,
                        serialize=False,
                        verbose_name="number",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="time")),
                (
                    "history",
                    models.CharField(
                        choices=[("cases", "Cases"), ("accounts", "Accounts"), ("portal", "Portal")],
                        max_length=10,
                        verbose_name="history",
                    ),
                ),
                ("first_id", models.PositiveBigIntegerField(verbose_name="first entry")),
                ("last_id", models.PositiveBigIntegerField(verbose_name="last entry")),
                (
                    "entries",
                    models.BinaryField(
                        help_text="The key and the SHA-256 of each entry, in order.", verbose_name="entries"
                    ),
                ),
                ("previous", models.CharField(max_length=64, verbose_name="previous seal")),
                ("digest", models.CharField(max_length=64, verbose_name="digest")),
            ],
            options={
                "verbose_name": "history seal",
                "verbose_name_plural": "history seals",
                "ordering": ["-number"],
                "indexes": [models.Index(fields=["history", "-number"], name="history_seal_latest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history__in", ["cases", "accounts", "portal"])), name="history_seal_known"
                    ),
                    models.UniqueConstraint(fields=("previous",), name="history_seal_follows_one"),
                ],
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
                        default=dict, help_text="Number of scheduled releases by delay.", verbose_name="lateness"
                    ),
                ),
                (
                    "first_view_delays",
                    models.JSONField(
                        db_default={},
                        default=dict,
                        help_text="Number of releases first seen on that day, by time since they became visible.",
                        verbose_name="time to first view",
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
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(
                                django.db.models.functions.comparison.Cast(
                                    "first_view_delays", output_field=models.TextField()
                                )
                            ),
                            10000,
                        ),
                        name="release_day_first_views_limit",
                    ),
                ],
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
            name="Absence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "technician",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="absences",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="technician",
                    ),
                ),
                (
                    "deputy",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="deputy",
                    ),
                ),
                ("first_day", models.DateField(verbose_name="first day")),
                ("last_day", models.DateField(verbose_name="last day")),
            ],
            options={
                "verbose_name": "absence",
                "verbose_name_plural": "absences",
                "ordering": ["first_day", "pk"],
                "indexes": [
                    models.Index(fields=["technician", "last_day"], name="absence_of_technician"),
                    models.Index(fields=["deputy", "last_day"], name="absence_of_deputy"),
                    models.Index(fields=["last_day"], name="absence_last_day"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_day__gte", models.F("first_day"))), name="absence_days_in_order"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("deputy", models.F("technician")), _negated=True),
                        name="absence_deputy_is_another",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AccountEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="time")),
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
                        help_text="Facts without a column of their own. People are listed by ID.",
                        verbose_name="details",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("invited", "Invitation sent"),
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
                            ("email_bounced", "Email bounced"),
                            ("bounce_cleared", "Bounce cleared"),
                            ("absence_set", "Absence set"),
                            ("absence_ended", "Absence ended"),
                        ],
                        max_length=30,
                        verbose_name="kind",
                    ),
                ),
            ],
            options={
                "verbose_name": "account event",
                "verbose_name_plural": "account events",
                "ordering": ["-pk"],
                "indexes": [models.Index(fields=["person", "-id"], name="account_event_latest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(
                                django.db.models.functions.comparison.Cast("details", output_field=models.TextField())
                            ),
                            10000,
                        ),
                        name="account_event_facts_limit",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("actor__isnull", False), ("system_actor", "")),
                            models.Q(("actor__isnull", True), models.Q(("system_actor", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="account_event_names_an_actor",
                    ),
                    models.CheckConstraint(
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
                                    "email_bounced",
                                    "bounce_cleared",
                                    "absence_set",
                                    "absence_ended",
                                ],
                            )
                        ),
                        name="account_event_kind_known",
                    ),
                ],
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
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("credentials_key", models.CharField(blank=True, max_length=32, verbose_name="credentials key")),
                ("created", models.DateTimeField(verbose_name="created")),
                ("expiry", models.DateTimeField(verbose_name="expires")),
                (
                    "last_used",
                    models.DateTimeField(blank=True, help_text="To the minute.", null=True, verbose_name="last used"),
                ),
            ],
            options={
                "verbose_name": "API token",
                "verbose_name_plural": "API tokens",
                "constraints": [
                    models.UniqueConstraint(fields=("user", "name"), name="api_token_name_once_per_person"),
                    models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="api_token_is_named"),
                    models.CheckConstraint(
                        condition=models.Q(("expiry__gt", models.F("created"))), name="api_token_expires"
                    ),
                ],
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
            name="BlackoutDay",
            fields=[
                ("date", models.DateField(primary_key=True, serialize=False, verbose_name="date")),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("created", models.DateTimeField(verbose_name="created")),
                (
                    "created_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
            ],
            options={
                "verbose_name": "blackout day",
                "verbose_name_plural": "blackout days",
                "ordering": ["date"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="blackout_day_has_a_name"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("release_now", "Release now"),
                            ("schedule", "Schedule release"),
                            ("schedule_each", "Schedule from a file"),
                            ("shift", "Move release dates"),
                            ("spread", "Spread release dates"),
                            ("hold", "Put on hold"),
                            ("return", "Reopen"),
                            ("hand_over", "Hand over"),
                            ("add_condition", "Add condition"),
                            ("meet_condition", "Mark condition as met"),
                            ("waive_condition", "Waive condition"),
                            ("urgency", "Change urgency"),
                            ("case_type", "Change case type"),
                            ("undo", "Undo"),
                        ],
                        max_length=20,
                        verbose_name="action",
                    ),
                ),
                (
                    "parameters",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="What was chosen. People and types are listed by ID.",
                        verbose_name="parameters",
                    ),
                ),
                ("reason", models.CharField(blank=True, default="", max_length=1000, verbose_name="reason")),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="done by",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        help_text="Results are written in this language.", max_length=10, verbose_name="language"
                    ),
                ),
                (
                    "undoes",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="undone_by",
                        to="cases.bulkrun",
                        verbose_name="undoes",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("previewed", "Not started"),
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("done", "Finished"),
                        ],
                        default="previewed",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "claim",
                    models.UUIDField(blank=True, help_text="Identifies the worker.", null=True, verbose_name="claim"),
                ),
                (
                    "lease_until",
                    models.DateTimeField(
                        blank=True,
                        help_text="Another worker continues after this time.",
                        null=True,
                        verbose_name="lease ends",
                    ),
                ),
                ("created", models.DateTimeField(verbose_name="created")),
                ("started", models.DateTimeField(blank=True, null=True, verbose_name="started")),
                ("finished", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                ("total", models.PositiveIntegerField(default=0, verbose_name="cases")),
                (
                    "to_do",
                    models.PositiveIntegerField(
                        default=0, help_text="Cases that can be changed.", verbose_name="to change"
                    ),
                ),
                ("worked", models.PositiveIntegerField(default=0, verbose_name="processed")),
                ("changed", models.PositiveIntegerField(default=0, verbose_name="changed")),
                (
                    "mails",
                    models.PositiveIntegerField(
                        default=0, help_text="Members who would get an email.", verbose_name="emails"
                    ),
                ),
                ("crowded", models.JSONField(blank=True, default=list, verbose_name="crowded days")),
            ],
            options={
                "verbose_name": "bulk operation",
                "verbose_name_plural": "bulk operations",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(fields=["by", "-id"], name="bulk_run_of_person"),
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "running"])), fields=["id"], name="bulk_run_open"
                    ),
                    models.Index(
                        condition=models.Q(("state", "previewed")), fields=["created"], name="bulk_run_previewed"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "action__in",
                                [
                                    "release_now",
                                    "schedule",
                                    "schedule_each",
                                    "shift",
                                    "spread",
                                    "hold",
                                    "return",
                                    "hand_over",
                                    "add_condition",
                                    "meet_condition",
                                    "waive_condition",
                                    "urgency",
                                    "case_type",
                                    "undo",
                                ],
                            )
                        ),
                        name="bulk_action_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["previewed", "waiting", "running", "done"])),
                        name="bulk_state_known",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(
                                django.db.models.functions.comparison.Cast(
                                    "parameters", output_field=models.TextField()
                                )
                            ),
                            10000,
                        ),
                        name="bulk_parameters_limit",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(
                                django.db.models.functions.comparison.Cast("crowded", output_field=models.TextField())
                            ),
                            10000,
                        ),
                        name="bulk_crowded_limit",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("changed__lte", models.F("worked")), ("worked__lte", models.F("to_do"))),
                        name="bulk_counts_agree",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("action", "undo"), ("undoes__isnull", False)),
                            models.Q(models.Q(("action", "undo"), _negated=True), ("undoes__isnull", True)),
                            _connector="OR",
                        ),
                        name="bulk_undo_names_run",
                    ),
                ],
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
                "verbose_name": "calendar feed",
                "verbose_name_plural": "calendar feeds",
            },
        ),
        migrations.CreateModel(
            name="CannedText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, unique=True, verbose_name="name")),
                ("text", models.CharField(max_length=4000, verbose_name="text")),
                ("version", models.PositiveIntegerField(default=0, verbose_name="version")),
                ("updated_at", models.DateTimeField(verbose_name="last changed")),
                (
                    "updated_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="changed by",
                    ),
                ),
            ],
            options={
                "verbose_name": "canned text",
                "verbose_name_plural": "canned texts",
                "ordering": ["name", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("name", ""), _negated=True), models.Q(("text", ""), _negated=True)
                        ),
                        name="canned_text_is_complete",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="NotificationChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notification_choices",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("queue", "New cases in the queue"),
                            ("received", "Your case was received"),
                            ("accepted", "A technician has started"),
                            ("assigned", "A case was handed over to you"),
                            ("question", "A question for you"),
                            ("reply", "A reply to you"),
                            ("mention", "A colleague mentioned you"),
                            ("condition", "You own a condition"),
                            ("approval", "Your approval is needed"),
                            ("held", "A release is held by conditions"),
                            ("failed", "A release failed"),
                            ("recalled", "A release was recalled"),
                            ("reminder", "A release is coming up"),
                            ("released", "Your case is ready"),
                            ("unopened", "You haven't opened a case that is ready"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("portal", "In the portal"),
                            ("mail", "Portal and email"),
                            ("digest", "Portal and daily email"),
                            ("nothing", "Not at all"),
                        ],
                        max_length=10,
                        verbose_name="channel",
                    ),
                ),
            ],
            options={
                "verbose_name": "notification choice",
                "verbose_name_plural": "notification choices",
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "kind"), name="notification_choice_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "queue",
                                    "received",
                                    "accepted",
                                    "assigned",
                                    "question",
                                    "reply",
                                    "mention",
                                    "condition",
                                    "approval",
                                    "held",
                                    "failed",
                                    "recalled",
                                    "reminder",
                                    "released",
                                    "unopened",
                                ],
                            )
                        ),
                        name="notification_choice_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["portal", "mail", "digest", "nothing"])),
                        name="notification_choice_channel_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PasswordResetRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                (
                    "language",
                    models.CharField(
                        help_text="The language of the page. Used if the person hasn't chosen one.",
                        max_length=10,
                        verbose_name="language",
                    ),
                ),
            ],
            options={
                "verbose_name": "password reset request",
                "verbose_name_plural": "password reset requests",
            },
        ),
        migrations.CreateModel(
            name="PersonWords",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="words",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                (
                    "names",
                    models.CharField(blank=True, db_default="", default="", max_length=2000, verbose_name="names"),
                ),
            ],
            options={
                "verbose_name": "words of a person",
                "verbose_name_plural": "words of people",
            },
        ),
        migrations.CreateModel(
            name="PortalEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="time")),
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
                        help_text="Facts without a column of their own. People are listed by ID.",
                        verbose_name="details",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("clock_changed", "Time zone or release time changed"),
                            ("releases_stopped", "Releases stopped"),
                            ("releases_started", "Releases started again"),
                            ("blackout_day_added", "Blackout day added"),
                            ("blackout_day_removed", "Blackout day removed"),
                            ("case_type_added", "Case type added"),
                            ("case_type_changed", "Case type changed"),
                        ],
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
                            ("link", "Signed link"),
                            ("bulk", "Bulk operation"),
                        ],
                        max_length=10,
                        verbose_name="source",
                    ),
                ),
            ],
            options={
                "verbose_name": "portal event",
                "verbose_name_plural": "portal events",
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(
                                django.db.models.functions.comparison.Cast("details", output_field=models.TextField())
                            ),
                            10000,
                        ),
                        name="portal_event_facts_limit",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("actor__isnull", False), ("system_actor", "")),
                            models.Q(("actor__isnull", True), models.Q(("system_actor", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="portal_event_names_an_actor",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "clock_changed",
                                    "releases_stopped",
                                    "releases_started",
                                    "blackout_day_added",
                                    "blackout_day_removed",
                                    "case_type_added",
                                    "case_type_changed",
                                ],
                            )
                        ),
                        name="portal_event_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("source__in", ["web", "api", "admin", "eta", "sweep", "command", "read", "link", "bulk"])
                        ),
                        name="portal_event_source_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReleaseStop",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("at", models.DateTimeField(verbose_name="stopped")),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="stopped by",
                    ),
                ),
                ("system_actor", models.CharField(blank=True, default="", max_length=60, verbose_name="program")),
                ("reason", models.CharField(max_length=1000, verbose_name="reason")),
            ],
            options={
                "verbose_name": "stop",
                "verbose_name_plural": "stops",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="release_stop_has_one_row"),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="release_stop_says_why"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("actor__isnull", False), ("system_actor", "")),
                            models.Q(("actor__isnull", True), models.Q(("system_actor", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="release_stop_names_an_actor",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="saved_views",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                (
                    "query",
                    models.CharField(
                        blank=True,
                        help_text="The query string of the case list.",
                        max_length=1000,
                        verbose_name="query",
                    ),
                ),
                ("is_shared", models.BooleanField(default=False, help_text="All staff see it.", verbose_name="shared")),
                ("created", models.DateTimeField(verbose_name="created")),
            ],
            options={
                "verbose_name": "saved view",
                "verbose_name_plural": "saved views",
                "ordering": ["name", "pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_shared", True)), fields=["name", "id"], name="saved_view_shared"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "name"), name="saved_view_name_once"),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="saved_view_has_a_name"
                    ),
                ],
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
        migrations.CreateModel(
            name="UsedFormToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                ("token", models.CharField(max_length=32, verbose_name="token")),
                (
                    "content",
                    models.CharField(help_text="A digest of what was sent.", max_length=64, verbose_name="content"),
                ),
                ("made", models.BigIntegerField(null=True, verbose_name="created object")),
                ("at", models.DateTimeField(db_index=True, verbose_name="time")),
            ],
            options={
                "verbose_name": "used form token",
                "verbose_name_plural": "used form tokens",
                "constraints": [models.UniqueConstraint(fields=("user", "token"), name="used_form_token_once")],
            },
        ),
        migrations.CreateModel(
            name="Case",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_case_id", models.CharField(max_length=64, unique=True, verbose_name="case number")),
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
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("submitted", "Submitted"),
                            ("accepted", "Accepted"),
                            ("completed", "Completed"),
                            ("deleted", "Deleted"),
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
                (
                    "case_type",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="Empty: General.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.casetype",
                        verbose_name="case type",
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
                    "armed_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When the task of the armed revision was scheduled.",
                        null=True,
                        verbose_name="armed",
                    ),
                ),
                (
                    "open_conditions",
                    models.PositiveSmallIntegerField(
                        db_default=0,
                        default=0,
                        help_text="How many conditions hold back the release. Counted again when one changes.",
                        verbose_name="open conditions",
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
                    "first_viewed_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When the member first saw this release.",
                        null=True,
                        verbose_name="first seen",
                    ),
                ),
                (
                    "waiting_for",
                    models.CharField(
                        blank=True,
                        choices=[("member", "Waiting for member"), ("staff", "Message to answer")],
                        db_default="",
                        default="",
                        help_text="Whose turn it is in the conversation. A release leaves it as it is.",
                        max_length=10,
                        verbose_name="waiting for",
                    ),
                ),
                ("waiting_since", models.DateTimeField(blank=True, null=True, verbose_name="waiting since")),
            ],
            options={
                "verbose_name": "case",
                "verbose_name_plural": "cases",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("actual_release_date__isnull", True), ("scheduled_release_date__isnull", False)
                        ),
                        fields=["scheduled_release_date", "scheduled_release_time", "id"],
                        name="case_due",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("actual_release_date__isnull", True),
                            ("scheduled_release_date__isnull", False),
                            ("open_conditions", 0),
                        ),
                        fields=["scheduled_release_date", "scheduled_release_time"],
                        name="case_ready",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("actual_release_date__isnull", True),
                            ("scheduled_release_date__isnull", False),
                            ("open_conditions__gt", 0),
                        ),
                        fields=["scheduled_release_date", "scheduled_release_time", "id"],
                        name="case_held_by_conditions",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("actual_release_date__isnull", True),
                            ("scheduled_release_date__isnull", False),
                            ("open_conditions", 0),
                        ),
                        fields=["member", "scheduled_release_date", "scheduled_release_time"],
                        name="case_member_due",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("actual_release_date__isnull", True),
                            ("scheduled_release_date__isnull", False),
                            ("armed_revision", models.F("schedule_revision")),
                        ),
                        fields=["scheduled_release_date", "scheduled_release_time"],
                        name="case_armed",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("actual_release_date__isnull", True), ("scheduled_release_date__isnull", False)
                        ),
                        fields=["assigned_to", "scheduled_release_date", "scheduled_release_time", "id"],
                        name="case_assigned_due",
                    ),
                    models.Index(
                        condition=models.Q(("release_next_try__isnull", False)),
                        fields=["release_next_try"],
                        name="case_failing",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("actual_release_date__isnull", True),
                            ("scheduled_release_date__isnull", True),
                            ("status", "completed"),
                        ),
                        fields=["-id"],
                        name="case_held",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("actual_release_date__isnull", True),
                            ("scheduled_release_date__isnull", True),
                            ("status", "completed"),
                        ),
                        fields=["assigned_to", "-id"],
                        name="case_assigned_held",
                    ),
                    models.Index(
                        condition=models.Q(("actual_release_date__isnull", False)),
                        fields=["-actual_release_date", "-id"],
                        name="case_released",
                    ),
                    models.Index(
                        condition=models.Q(("actual_release_date__isnull", False)),
                        fields=["assigned_to", "-actual_release_date", "-id"],
                        name="case_assigned_released",
                    ),
                    models.Index(
                        condition=models.Q(("actual_release_date__isnull", False), ("first_viewed_at__isnull", True)),
                        fields=["actual_release_date", "id"],
                        name="case_unopened",
                    ),
                    models.Index(
                        condition=models.Q(("actual_release_date__isnull", False), ("first_viewed_at__isnull", True)),
                        fields=["assigned_to", "actual_release_date", "id"],
                        name="case_assigned_unopened",
                    ),
                    models.Index(
                        condition=models.Q(("case_type__isnull", False)),
                        fields=["case_type", "-id"],
                        name="case_of_type",
                    ),
                    models.Index(fields=["member", "-id"], name="case_member_latest"),
                    models.Index(fields=["assigned_to", "-id"], name="case_assigned_newest"),
                    models.Index(
                        condition=models.Q(("status", "accepted")), fields=["assigned_to", "-id"], name="case_in_work"
                    ),
                    models.Index(
                        models.F("assigned_to"),
                        models.OrderBy(
                            django.db.models.functions.comparison.Coalesce("date_accepted", "date_created"),
                            descending=True,
                        ),
                        models.OrderBy(models.F("id"), descending=True),
                        condition=models.Q(("status", "accepted")),
                        name="case_assigned_accepted",
                    ),
                    models.Index(
                        models.F("status"),
                        models.OrderBy(
                            django.db.models.functions.comparison.Coalesce("date_accepted", "date_created"),
                            descending=True,
                        ),
                        models.OrderBy(models.F("id"), descending=True),
                        condition=models.Q(("status", "accepted")),
                        name="case_accepted",
                    ),
                    models.Index(
                        condition=models.Q(("actual_release_date__isnull", True)),
                        fields=["status", "-id"],
                        name="case_status_latest",
                    ),
                    models.Index(
                        condition=models.Q(("status", "submitted"), ("status", "accepted"), _connector="OR"),
                        fields=["status", "-urgency", "id"],
                        name="case_queue",
                    ),
                    models.Index(
                        condition=models.Q(("status", "accepted")),
                        fields=["assigned_to", "-urgency", "id"],
                        name="case_assigned_queue",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("urgency", "urgent"),
                            models.Q(("status", "draft"), _negated=True),
                            ("actual_release_date__isnull", True),
                        ),
                        fields=["-id"],
                        name="case_urgent_open",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("urgency", "urgent"),
                            ("actual_release_date__isnull", True),
                            ("scheduled_release_date__isnull", False),
                        ),
                        fields=["scheduled_release_date", "scheduled_release_time", "id"],
                        name="case_urgent_due",
                    ),
                    models.Index(
                        condition=models.Q(("status", "accepted"), ("waiting_for", "member")),
                        fields=["waiting_since", "id"],
                        name="case_waiting_for_member",
                    ),
                    models.Index(
                        condition=models.Q(("status", "accepted"), ("waiting_for", "member")),
                        fields=["assigned_to", "waiting_since", "id"],
                        name="case_assigned_asked",
                    ),
                    models.Index(
                        condition=models.Q(("waiting_for", "staff")),
                        fields=["waiting_since", "id"],
                        name="case_waiting_for_staff",
                    ),
                    models.Index(
                        condition=models.Q(("waiting_for", "staff")),
                        fields=["assigned_to", "waiting_since", "id"],
                        name="case_assigned_unanswered",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["draft", "submitted", "accepted", "completed", "deleted"])),
                        name="case_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("title__regex", "[\\u0001-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]"),
                            _negated=True,
                        ),
                        name="case_title_is_a_line",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "external_case_id__regex",
                                "[\\u0001-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]",
                            ),
                            _negated=True,
                        ),
                        name="case_number_is_a_line",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("urgency__in", ["normal", "urgent"])), name="case_urgency_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("actual_release_date__isnull", True), ("status", "completed"), _connector="OR"
                        ),
                        name="case_released_is_completed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("scheduled_release_date__isnull", True), ("status", "completed"), _connector="OR"
                        ),
                        name="case_scheduled_is_completed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("scheduled_release_time__isnull", True),
                            ("scheduled_release_date__isnull", False),
                            _connector="OR",
                        ),
                        name="case_time_needs_date",
                    ),
                    models.CheckConstraint(
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
                    models.CheckConstraint(
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
                                    (
                                        "actual_release_date__gte",
                                        datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                    ),
                                    (
                                        "actual_release_date__lt",
                                        datetime.datetime(9000, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                    ),
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
                            models.Q(
                                ("armed_at__isnull", True),
                                models.Q(
                                    ("armed_at__gte", datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                                    ("armed_at__lt", datetime.datetime(9000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                ("first_viewed_at__isnull", True),
                                models.Q(
                                    ("first_viewed_at__gte", datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                                    ("first_viewed_at__lt", datetime.datetime(9000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                                ),
                                _connector="OR",
                            ),
                        ),
                        name="case_dates_within_calendar",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("armed_revision__isnull", True),
                            ("armed_revision__lte", models.F("schedule_revision")),
                            _connector="OR",
                        ),
                        name="case_armed_not_ahead",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("announced_revision__isnull", True),
                            ("announced_revision__lte", models.F("armed_revision")),
                            _connector="OR",
                        ),
                        name="case_announced_is_armed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("waiting_for", ""), ("waiting_since__isnull", True)),
                            models.Q(
                                ("waiting_for__in", ["member", "staff"]),
                                ("waiting_since__isnull", False),
                                models.Q(
                                    ("waiting_since__isnull", True),
                                    models.Q(
                                        (
                                            "waiting_since__gte",
                                            datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                        ),
                                        ("waiting_since__lt", datetime.datetime(9000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                                    ),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="case_waiting_for_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("release_attempts", 0), ("release_error", ""), ("release_next_try__isnull", True)
                            ),
                            models.Q(("release_attempts__gt", 0), ("release_next_try__isnull", False)),
                            _connector="OR",
                        ),
                        name="case_failure_has_next_try",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CaseTypeCondition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "case_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="conditions",
                        to="cases.casetype",
                        verbose_name="case type",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("manual", "Something to confirm"),
                            ("report", "Report attached"),
                            ("answer", "Answer written"),
                            ("approval", "Approval by a second person"),
                            ("external", "Confirmation by link"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=100, verbose_name="name")),
            ],
            options={
                "verbose_name": "condition of a case type",
                "verbose_name_plural": "conditions of case types",
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["manual", "report", "answer", "approval", "external"])),
                        name="type_condition_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind__in", ["manual", "external"]), _negated=True),
                            models.Q(("name", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="type_condition_has_a_name",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ViewPin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="view_pins",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                (
                    "view",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pins",
                        to="cases.savedview",
                        verbose_name="saved view",
                    ),
                ),
                (
                    "builtin",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("unassigned", "Unassigned"),
                            ("urgent", "Urgent"),
                            ("mine", "Mine in progress"),
                            ("messages", "Messages to answer"),
                            ("asked", "Waiting for member"),
                            ("week", "Releasing this week"),
                            ("held", "On hold"),
                            ("conditions", "Held by conditions"),
                            ("unopened", "Not opened"),
                        ],
                        default="",
                        max_length=20,
                        verbose_name="built-in view",
                    ),
                ),
                ("is_pinned", models.BooleanField(verbose_name="pinned")),
            ],
            options={
                "verbose_name": "pin of a view",
                "verbose_name_plural": "pins of views",
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("view__isnull", False)), fields=("user", "view"), name="view_pin_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("builtin", ""), _negated=True),
                        fields=("user", "builtin"),
                        name="view_pin_once_builtin",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("builtin", ""), ("view__isnull", False)),
                            models.Q(("view__isnull", True), models.Q(("builtin", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="view_pin_of_one_view",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="cases.bulkrun",
                        verbose_name="bulk operation",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.case",
                        verbose_name="case",
                    ),
                ),
                ("position", models.PositiveIntegerField(verbose_name="position")),
                ("case_version", models.PositiveIntegerField(verbose_name="version at the preview")),
                ("reason", models.CharField(blank=True, default="", max_length=1000, verbose_name="reason")),
                ("to_date", models.DateField(blank=True, null=True, verbose_name="release date after")),
                ("to_time", models.TimeField(blank=True, null=True, verbose_name="release time after")),
                ("before", models.JSONField(blank=True, default=dict, verbose_name="before")),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("will", "Will be changed"),
                            ("done", "Changed"),
                            ("not_allowed", "Not allowed"),
                            ("state", "Not possible in this status"),
                            ("changed", "Changed since the preview"),
                            ("date", "Date not available"),
                            ("conditions", "Conditions open"),
                            ("stopped", "Releases are stopped"),
                            ("unchanged", "Nothing to change"),
                            ("refused", "Not possible"),
                            ("failed", "Failed"),
                        ],
                        max_length=12,
                        verbose_name="verdict",
                    ),
                ),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("will", "Will be changed"),
                            ("done", "Changed"),
                            ("not_allowed", "Not allowed"),
                            ("state", "Not possible in this status"),
                            ("changed", "Changed since the preview"),
                            ("date", "Date not available"),
                            ("conditions", "Conditions open"),
                            ("stopped", "Releases are stopped"),
                            ("unchanged", "Nothing to change"),
                            ("refused", "Not possible"),
                            ("failed", "Failed"),
                        ],
                        default="",
                        max_length=12,
                        verbose_name="result",
                    ),
                ),
                ("words", models.CharField(blank=True, default="", max_length=1000, verbose_name="why not")),
            ],
            options={
                "verbose_name": "bulk operation row",
                "verbose_name_plural": "bulk operation rows",
                "ordering": ["position"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("result", ""), ("verdict", "will")),
                        fields=["run", "position"],
                        name="bulk_row_open",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "verdict__in",
                                [
                                    "will",
                                    "done",
                                    "not_allowed",
                                    "state",
                                    "changed",
                                    "date",
                                    "conditions",
                                    "stopped",
                                    "unchanged",
                                    "refused",
                                    "failed",
                                ],
                            )
                        ),
                        name="bulk_verdict_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("result", ""),
                            models.Q(
                                (
                                    "result__in",
                                    [
                                        "done",
                                        "not_allowed",
                                        "state",
                                        "changed",
                                        "date",
                                        "conditions",
                                        "stopped",
                                        "unchanged",
                                        "refused",
                                        "failed",
                                    ],
                                ),
                                ("verdict", "will"),
                            ),
                            _connector="OR",
                        ),
                        name="bulk_result_known",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(
                                django.db.models.functions.comparison.Cast("before", output_field=models.TextField())
                            ),
                            10000,
                        ),
                        name="bulk_before_limit",
                    ),
                    models.UniqueConstraint(fields=("run", "case"), name="bulk_row_once"),
                    models.UniqueConstraint(fields=("run", "position"), name="bulk_row_place"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CaseAnswer",
            fields=[
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="answer",
                        serialize=False,
                        to="cases.case",
                        verbose_name="case",
                    ),
                ),
                ("text", models.CharField(blank=True, max_length=20000, verbose_name="answer")),
                ("version", models.PositiveIntegerField(default=0, verbose_name="version")),
                ("updated_at", models.DateTimeField(verbose_name="last changed")),
                (
                    "updated_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="changed by",
                    ),
                ),
            ],
            options={
                "verbose_name": "answer",
                "verbose_name_plural": "answers",
            },
        ),
        migrations.CreateModel(
            name="CaseEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="time")),
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
                        help_text="Facts without a column of their own. People are listed by ID.",
                        verbose_name="details",
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
                            ("type_changed", "Case type changed"),
                            ("urgency_changed", "Urgency changed"),
                            ("condition_added", "Condition added"),
                            ("condition_removed", "Condition removed"),
                            ("condition_met", "Condition met"),
                            ("condition_waived", "Condition waived"),
                            ("condition_reopened", "Condition open again"),
                            ("approved", "Release approved"),
                            ("approval_lapsed", "Approval lapsed"),
                            ("link_replaced", "Link replaced"),
                            ("undone", "Release undone"),
                            ("recalled", "Release recalled"),
                            ("draft_deleted", "Draft deleted"),
                            ("waiting_ended", "No reply needed"),
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
                            ("link", "Signed link"),
                            ("bulk", "Bulk operation"),
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
                    "woken_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When the program that released it began.",
                        null=True,
                        verbose_name="woken",
                    ),
                ),
                (
                    "bulk_run",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.bulkrun",
                        verbose_name="bulk operation",
                    ),
                ),
            ],
            options={
                "verbose_name": "case event",
                "verbose_name_plural": "case events",
                "ordering": ["-at", "-pk"],
                "indexes": [
                    models.Index(condition=models.Q(("kind", "released")), fields=["at"], name="event_released_at"),
                    models.Index(
                        condition=models.Q(("kind__in", ["undone", "recalled"])), fields=["at"], name="event_taken_back"
                    ),
                    models.Index(
                        condition=models.Q(("kind", "document_attached")),
                        fields=["actor", "-id"],
                        name="event_attached",
                    ),
                    models.Index(
                        condition=models.Q(("bulk_run__isnull", False)), fields=["bulk_run", "id"], name="event_of_run"
                    ),
                    models.Index(
                        condition=models.Q(("kind", "released"), _negated=True),
                        fields=["at", "id"],
                        name="event_others",
                    ),
                    models.Index(
                        condition=models.Q(("kind", "released"), _negated=True),
                        fields=["kind", "at", "id"],
                        name="event_of_kind",
                    ),
                    models.Index(
                        condition=models.Q(("actor__isnull", False)),
                        fields=["actor", "at", "id"],
                        name="event_by_person",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(
                                django.db.models.functions.comparison.Cast("details", output_field=models.TextField())
                            ),
                            10000,
                        ),
                        name="event_facts_limit",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("actor__isnull", False), ("system_actor", "")),
                            models.Q(("actor__isnull", True), models.Q(("system_actor", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="event_names_an_actor",
                    ),
                    models.CheckConstraint(
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
                                    "type_changed",
                                    "urgency_changed",
                                    "condition_added",
                                    "condition_removed",
                                    "condition_met",
                                    "condition_waived",
                                    "condition_reopened",
                                    "approved",
                                    "approval_lapsed",
                                    "link_replaced",
                                    "undone",
                                    "recalled",
                                    "draft_deleted",
                                    "waiting_ended",
                                ],
                            )
                        ),
                        name="event_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("source__in", ["web", "api", "admin", "eta", "sweep", "command", "read", "link", "bulk"])
                        ),
                        name="event_source_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "released")),
                        fields=("case", "release_number"),
                        name="event_released_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CaseMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="cases.case",
                        verbose_name="case",
                    ),
                ),
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
                ("is_from_member", models.BooleanField(verbose_name="from the member")),
                (
                    "text",
                    models.CharField(
                        blank=True, help_text="Empty: documents only.", max_length=4000, verbose_name="text"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="time")),
                (
                    "release_number",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="The current release when it was written. 0: none.",
                        verbose_name="release number",
                    ),
                ),
            ],
            options={
                "verbose_name": "message",
                "verbose_name_plural": "messages",
                "ordering": ["pk"],
                "indexes": [
                    models.Index(fields=["case", "id"], name="message_of_case"),
                    models.Index(fields=["author", "-id"], name="message_of_author"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CaseNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                ("text", models.CharField(max_length=4000, verbose_name="text")),
                ("at", models.DateTimeField(verbose_name="time")),
            ],
            options={
                "verbose_name": "note",
                "verbose_name_plural": "notes",
                "ordering": ["pk"],
                "indexes": [
                    models.Index(fields=["case", "id"], name="note_of_case"),
                    models.Index(fields=["author", "-id"], name="note_of_author"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("text", ""), _negated=True), name="note_says_something")
                ],
            },
        ),
        migrations.CreateModel(
            name="CaseWords",
            fields=[
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="words",
                        serialize=False,
                        to="cases.case",
                        verbose_name="case",
                    ),
                ),
                (
                    "member",
                    models.CharField(help_text="The key of the member, marked.", max_length=25, verbose_name="member"),
                ),
                (
                    "title",
                    models.CharField(blank=True, db_default="", default="", max_length=60000, verbose_name="title"),
                ),
                (
                    "description",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=60000, verbose_name="description"
                    ),
                ),
                (
                    "submissions",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=60000, verbose_name="submissions"
                    ),
                ),
                (
                    "answer",
                    models.CharField(blank=True, db_default="", default="", max_length=60000, verbose_name="answer"),
                ),
                (
                    "reports",
                    models.CharField(blank=True, db_default="", default="", max_length=60000, verbose_name="reports"),
                ),
                (
                    "notes",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=60000, verbose_name="notes and messages"
                    ),
                ),
            ],
            options={
                "verbose_name": "words of a case",
                "verbose_name_plural": "words of cases",
            },
        ),
        migrations.CreateModel(
            name="Condition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conditions",
                        to="cases.case",
                        verbose_name="case",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("manual", "Something to confirm"),
                            ("report", "Report attached"),
                            ("answer", "Answer written"),
                            ("approval", "Approval by a second person"),
                            ("external", "Confirmation by link"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=100, verbose_name="name")),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="Who takes care of it. Empty: the technician of the case.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "from_type",
                    models.BooleanField(
                        default=False,
                        help_text="Replaced if the case type changes while it is open.",
                        verbose_name="from the case type",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("met", "Met"), ("waived", "Waived")],
                        default="open",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("created", models.DateTimeField(verbose_name="created")),
                (
                    "since",
                    models.DateTimeField(
                        help_text="When it was added, or when its approval lapsed.", verbose_name="open since"
                    ),
                ),
                (
                    "lapsed_at",
                    models.DateTimeField(
                        blank=True, help_text="When the approval stopped counting.", null=True, verbose_name="lapsed"
                    ),
                ),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="met or waived")),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="Empty: someone with the link.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="met or waived by",
                    ),
                ),
                (
                    "settled_through",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("web", "Web"),
                            ("api", "API"),
                            ("admin", "Admin"),
                            ("eta", "Scheduled task"),
                            ("sweep", "Periodic check"),
                            ("command", "Command line"),
                            ("read", "Member's visit"),
                            ("link", "Signed link"),
                            ("bulk", "Bulk operation"),
                        ],
                        max_length=10,
                        verbose_name="met or waived via",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=1000, verbose_name="reason")),
                (
                    "approved_digest",
                    models.CharField(
                        blank=True,
                        help_text="A digest of the schedule, answer and reports. The approval lapses when they change.",
                        max_length=64,
                        verbose_name="what was approved",
                    ),
                ),
                (
                    "link_digest",
                    models.CharField(
                        blank=True,
                        help_text="A digest. The link isn't stored.",
                        max_length=64,
                        null=True,
                        unique=True,
                        verbose_name="link",
                    ),
                ),
                ("link_expires_at", models.DateTimeField(blank=True, null=True, verbose_name="link expires")),
            ],
            options={
                "verbose_name": "condition",
                "verbose_name_plural": "conditions",
                "ordering": ["pk"],
                "indexes": [
                    models.Index(fields=["case", "id"], name="condition_of_case"),
                    models.Index(
                        condition=models.Q(("state", "open")), fields=["owner", "since"], name="condition_open_of_owner"
                    ),
                    models.Index(
                        condition=models.Q(("state", "open")), fields=["kind", "since"], name="condition_open_of_kind"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["manual", "report", "answer", "approval", "external"])),
                        name="condition_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "met", "waived"])), name="condition_state_known"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind__in", ["report", "answer", "approval"])),
                        fields=("case", "kind"),
                        name="condition_once_per_case",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind__in", ["manual", "external"]), _negated=True),
                            models.Q(("name", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="condition_has_a_name",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("settled_at__isnull", True), ("settled_through", ""), ("state", "open")),
                            models.Q(
                                models.Q(("state", "open"), _negated=True),
                                ("settled_at__isnull", False),
                                models.Q(("settled_through", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="condition_settled_has_date",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "waived"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="condition_waived_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("link_digest__isnull", True),
                            models.Q(("kind", "external"), ("link_expires_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="condition_link_is_external",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FirstView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="first_views",
                        to="cases.case",
                        verbose_name="case",
                    ),
                ),
                ("release_number", models.PositiveIntegerField(verbose_name="release number")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("page", "Page"),
                            ("viewed", "Document view"),
                            ("document", "Download"),
                            ("api", "API"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="time")),
            ],
            options={
                "verbose_name": "first view",
                "verbose_name_plural": "first views",
                "ordering": ["pk"],
                "indexes": [models.Index(fields=["at"], name="first_view_at")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("case", "release_number", "kind"), name="first_view_once_per_release"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["page", "viewed", "document", "api"])),
                        name="first_view_kind_known",
                    ),
                ],
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
                        help_text="Number of server responses to this message. It never decreases.",
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
                    "interrupted",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="An attempt ended without a response: the sender stopped, or the connection was lost. The email may have been sent.",
                        verbose_name="interrupted",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("released", "Case released"),
                            ("recalled", "Release recalled"),
                            ("password_reset", "Password reset"),
                            ("invitation", "Invitation"),
                            ("address_changed", "Email address changed"),
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
                    "recipient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="recipient",
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
            ],
            options={
                "verbose_name": "outgoing email",
                "verbose_name_plural": "outgoing emails",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "sending"])),
                        fields=["next_try", "recipient"],
                        name="email_open",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "sending"])),
                        fields=["recipient", "group"],
                        name="email_open_of_recipient",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("state__in", ["waiting", "sending"]), models.Q(("last_error", ""), _negated=True)
                        ),
                        fields=["due"],
                        name="email_retrying",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["failed", "undeliverable"])),
                        fields=["-id"],
                        name="email_given_up",
                    ),
                    models.Index(condition=models.Q(("state", "sent")), fields=["sent"], name="email_sent"),
                    models.Index(
                        condition=models.Q(("sent__isnull", False)), fields=["recipient", "-sent"], name="email_sent_to"
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["failed", "undeliverable"])),
                        fields=["recipient", "-id"],
                        name="email_given_up_of",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(
                                django.db.models.functions.comparison.Cast("payload", output_field=models.TextField())
                            ),
                            10000,
                        ),
                        name="email_payload_limit",
                    ),
                    models.UniqueConstraint(fields=("case", "kind", "release_number"), name="email_once_per_release"),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("state__in", ["waiting", "sending"]), ("kind__in", ["password_reset", "invitation"])
                        ),
                        fields=("recipient", "kind"),
                        name="email_account_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("case__isnull", False),
                                ("kind__in", ["released", "recalled", "unopened"]),
                                ("release_number__isnull", False),
                            ),
                            models.Q(
                                models.Q(("kind__in", ["released", "recalled", "unopened"]), _negated=True),
                                ("case__isnull", True),
                                ("release_number__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="email_case_by_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["waiting", "sending", "sent", "failed", "undeliverable", "dropped"])
                        ),
                        name="email_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("group__isnull", True), ("message_id", "")),
                            models.Q(("group__isnull", False), models.Q(("message_id", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="email_group_has_message_id",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["sending", "sent"]), _negated=True),
                            ("group__isnull", False),
                            _connector="OR",
                        ),
                        name="email_sent_has_group",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sent__isnull", False), ("state", "sent")),
                            models.Q(("state", "sent"), _negated=True),
                            _connector="OR",
                        ),
                        name="email_sent_has_date",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CaseDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                ("uploaded_at", models.DateTimeField(verbose_name="uploaded")),
                (
                    "message",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="The message that it came with. Empty: none.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="cases.casemessage",
                        verbose_name="message",
                    ),
                ),
            ],
            options={
                "verbose_name": "document",
                "verbose_name_plural": "documents",
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["submission", "report"])), name="document_kind_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("name__regex", "[\\u0001-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]"),
                            _negated=True,
                        ),
                        name="document_name_is_a_line",
                    ),
                    models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="document_not_empty"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("name", ""), _negated=True), models.Q(("file", ""), _negated=True)
                        ),
                        name="document_has_name_and_file",
                    ),
                    models.UniqueConstraint(fields=("file",), name="document_has_file_of_its_own"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "recipient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notifications",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="recipient",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="Empty: it is about the whole queue.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.case",
                        verbose_name="case",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("queue", "New cases in the queue"),
                            ("received", "Your case was received"),
                            ("accepted", "A technician has started"),
                            ("assigned", "A case was handed over to you"),
                            ("question", "A question for you"),
                            ("reply", "A reply to you"),
                            ("mention", "A colleague mentioned you"),
                            ("condition", "You own a condition"),
                            ("approval", "Your approval is needed"),
                            ("held", "A release is held by conditions"),
                            ("failed", "A release failed"),
                            ("recalled", "A release was recalled"),
                            ("reminder", "A release is coming up"),
                            ("released", "Your case is ready"),
                            ("unopened", "You haven't opened a case that is ready"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("ref", models.PositiveBigIntegerField(blank=True, null=True, verbose_name="reference")),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="actor",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="time")),
                ("read_at", models.DateTimeField(blank=True, null=True, verbose_name="read")),
                (
                    "email",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="The email that contains it. Empty: it is only shown in the portal.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notifications",
                        to="cases.outgoingemail",
                        verbose_name="email",
                    ),
                ),
            ],
            options={
                "verbose_name": "notification",
                "verbose_name_plural": "notifications",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("read_at__isnull", True)),
                        fields=["recipient", "-id"],
                        name="notification_unread",
                    ),
                    models.Index(
                        condition=models.Q(("read_at__isnull", False)),
                        fields=["recipient", "-id"],
                        name="notification_read",
                    ),
                    models.Index(
                        condition=models.Q(("email__isnull", False)), fields=["email"], name="notification_mailed"
                    ),
                    models.Index(
                        condition=models.Q(("read_at__isnull", False)), fields=["read_at"], name="notification_expiring"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "queue",
                                    "received",
                                    "accepted",
                                    "assigned",
                                    "question",
                                    "reply",
                                    "mention",
                                    "condition",
                                    "approval",
                                    "held",
                                    "failed",
                                    "recalled",
                                    "reminder",
                                    "released",
                                    "unopened",
                                ],
                            )
                        ),
                        name="notification_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("case__isnull", True), ("kind", "queue")),
                            models.Q(models.Q(("kind", "queue"), _negated=True), ("case__isnull", False)),
                            _connector="OR",
                        ),
                        name="notification_has_a_case",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind__in", ["held", "failed", "reminder"])),
                        fields=("recipient", "case", "kind", "ref"),
                        name="notification_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reminder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reminders",
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
                ("schedule_revision", models.PositiveIntegerField(verbose_name="schedule revision")),
                ("day", models.DateField(verbose_name="day")),
                (
                    "email",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reminders",
                        to="cases.outgoingemail",
                        verbose_name="email",
                    ),
                ),
            ],
            options={
                "verbose_name": "reminder",
                "verbose_name_plural": "reminders",
                "ordering": ["pk"],
                "indexes": [models.Index(fields=["recipient", "day"], name="reminder_of_day")],
                "constraints": [
                    models.UniqueConstraint(fields=("case", "recipient", "schedule_revision"), name="reminder_once")
                ],
            },
        ),
    ]
