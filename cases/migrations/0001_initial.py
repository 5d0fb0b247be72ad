"""The account alone. The migrations of Django and allauth that point to it run before the portal has other tables.

Django makes all models again that have to do with one that is altered: with forty of them that is most of a migration.
"""

import django.contrib.auth.validators
import django.utils.timezone
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
                    "keyboard_shortcuts",
                    models.BooleanField(
                        db_default=True,
                        default=True,
                        help_text="Single-key shortcuts, such as / to search.",
                        verbose_name="keyboard shortcuts",
                    ),
                ),
                (
                    "reminders_considered",
                    models.DateField(
                        blank=True,
                        editable=False,
                        help_text="The last day, in this person's time zone, for which reminders were processed.",
                        null=True,
                        verbose_name="reminders processed",
                    ),
                ),
                (
                    "email_bounced",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="When the address started bouncing.",
                        null=True,
                        verbose_name="email bounced",
                    ),
                ),
                (
                    "email_bounce_words",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        editable=False,
                        help_text="Why it bounced. For staff only.",
                        max_length=500,
                        verbose_name="mail server's message",
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
                        help_text="Part of every session, token and link. A new key invalidates them all.",
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
                "indexes": [
                    models.Index(fields=["role", "username"], name="user_role"),
                    models.Index(fields=["last_name", "first_name", "username"], name="user_last_name"),
                    models.Index(fields=["-date_joined", "-id"], name="user_newest"),
                    models.Index(
                        condition=models.Q(("is_active", True), ("password__startswith", "!")),
                        fields=["username"],
                        name="user_invited",
                    ),
                    models.Index(
                        condition=models.Q(("is_active", False)), fields=["username"], name="user_deactivated"
                    ),
                    models.Index(
                        condition=models.Q(("email_bounced__isnull", False)),
                        fields=["-email_bounced"],
                        name="user_bounced",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["member", "technician", "administrator"])),
                        name="user_role_known",
                    ),
                    models.CheckConstraint(
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
                    models.UniqueConstraint(
                        condition=models.Q(("email_canonical__isnull", False)),
                        fields=("email_canonical",),
                        name="user_address_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("email", ""), ("email_canonical__isnull", True)),
                            models.Q(models.Q(("email", ""), _negated=True), ("email_canonical__isnull", False)),
                            _connector="OR",
                        ),
                        name="user_address_is_canonical_too",
                    ),
                ],
            },
        ),
    ]
