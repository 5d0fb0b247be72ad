"""Every setting of the portal: its variable, default, kind and meaning, defined only here.

portal/settings.py reads the values, the settings page shows them, and `make settings` writes the tables of
docs/settings.md and the lines of .env.example. It imports no models, because it is read before Django is set up.
"""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from portal.address_types import Domain, Hosts, MailFolder, Origins, Sender, Site
from portal.setting_types import (
    DAY_SECONDS,
    MAX_DAYS,
    Choice,
    Flag,
    Holidays,
    Hours,
    Setting,
    SettingGroup,
    TimeOfDay,
    WholeNumber,
    Words,
    Zone,
)

DAYS = ngettext_lazy("%(number)d day", "%(number)d days", "number")
SECONDS = ngettext_lazy("%(number)d second", "%(number)d seconds", "number")
MEGABYTES = _("%(number)d MB")


# Shown in the docs only, so not translated.
INSTALLATION = [
    Setting("ENV_FILE", "", "File with the variables that the environment doesn't set.", told_default=".env"),
    Setting(
        "SECRET_KEY",
        "",
        "Signs sessions and links, and encrypts the secrets of authenticator apps. 50 random characters.",
        is_secret=True,
        is_required=True,
        in_example=True,
    ),
    Setting(
        "SECRET_KEY_FALLBACKS",
        "",
        "Previous secret keys. What was signed or encrypted with them stays valid.",
        Words(),
        is_secret=True,
    ),
    Setting("DEBUG", "False", "Django's debug mode. Never in production.", Flag()),
    Setting(
        "ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]", "Host names the portal answers to.", Hosts(), in_example=True
    ),
    Setting(
        "PORTAL_PORT",
        "8000",
        "Port that `docker-compose.yml` publishes. The default of `PORTAL_URL` follows it.",
        WholeNumber(1, 65_535),
    ),
    Setting("CSRF_TRUSTED_ORIGINS", "", "Origins that may send forms.", Origins(), told_default="PORTAL_URL"),
    Setting(
        "BEHIND_PROXY",
        "False",
        "Trust `X-Forwarded-Proto`, and the client address that the proxy adds to `X-Forwarded-For`.",
        Flag(),
    ),
    Setting(
        "HSTS_INCLUDE_SUBDOMAINS", "False", "With `https://`: HSTS also covers all subdomains of the portal.", Flag()
    ),
    Setting(
        "HSTS_PRELOAD",
        "False",
        "With `https://`: HSTS asks browsers to preload the portal's name. It takes months to undo.",
        Flag(),
    ),
    Setting("REDIS_KEY_PREFIX", "portal:", "Prefix of all keys. Change it if Redis is shared."),
    Setting(
        "RELEASE_VISIBILITY_TIMEOUT",
        "",
        "Redis delivers an unacknowledged message again after this time. Must exceed `RELEASE_ETA_WINDOW_DAYS`.",
        WholeNumber(0, (MAX_DAYS + 1) * DAY_SECONDS),
        SECONDS,
        told_default="RELEASE_ETA_WINDOW_DAYS + 1 day",
    ),
    Setting("FLOWER_URL", "", "Address of Flower, linked from the operations page.", Site(), in_example=True),
    Setting(
        "METRICS_TOKEN",
        "",
        "Bearer token for `/metrics`. Without one, only programs on the same machine may read it.",
        is_secret=True,
        in_example=True,
    ),
    Setting(
        "LOG_LEVEL",
        "INFO",
        "Lowest level that is logged.",
        Choice(("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")),
    ),
    Setting("LOG_JSON", "False", "Log as JSON, including gunicorn, workers (`celery -q`) and beat.", Flag()),
    Setting("LOG_CLIENT_IP", "False", "Log the client's address with each request.", Flag()),
]

MEMBER_VIEWS = {
    "hidden": _("Members can't see the case until it is released."),
    "in_progress": _("Members see the case as in progress until it is released."),
    "announced": _("Members see the case number, title and release date."),
}

RELEASE = [
    Setting("TIME_ZONE", "UTC", _("Time zone for all schedules."), Zone(), in_example=True),
    Setting(
        "RELEASE_TIME_OF_DAY", "00:00", _("Release time for schedules without a time."), TimeOfDay(), in_example=True
    ),
    Setting(
        "RELEASE_MIN_DAYS",
        "7",
        _("Earliest date a technician can choose, counted from today. Administrators can choose any future time."),
        WholeNumber(0, MAX_DAYS),
        DAYS,
        in_example=True,
    ),
    Setting(
        "RELEASE_DEFAULT_DAYS",
        "7",
        _("Suggested release date, counted from today. Also used when no date is given."),
        WholeNumber(0, MAX_DAYS),
        DAYS,
        in_example=True,
    ),
    Setting(
        "RELEASE_MAX_DAYS",
        "365",
        _("Latest date a technician can choose, counted from today."),
        WholeNumber(0, MAX_DAYS),
        DAYS,
        in_example=True,
    ),
    Setting(
        "RELEASE_MEMBER_VIEW",
        "hidden",
        _("What members see of a completed case before its release."),
        Choice(tuple(MEMBER_VIEWS)),
        choices=MEMBER_VIEWS,
        in_example=True,
    ),
    Setting(
        "RELEASE_ETA_WINDOW_DAYS",
        "8",
        _("How far ahead release tasks are scheduled. Tasks for later releases are scheduled one minute ahead."),
        WholeNumber(0, MAX_DAYS),
        DAYS,
    ),
    Setting("RELEASE_ETA_PER_INSTANT", "4", _("Maximum scheduled tasks per moment."), WholeNumber()),
    Setting(
        "RELEASE_UNDO_SECONDS",
        "30",
        _("How long a person can undo their own release. The release email is held for that time. 0 turns it off."),
        WholeNumber(0, 3600),
        SECONDS,
        in_example=True,
    ),
    Setting("RELEASE_REQUIRES_ANSWER", "False", _("A case can't be completed without an answer."), Flag()),
    Setting("RELEASE_ANSWER_IN_EMAIL", "False", _("The release email contains the answer."), Flag()),
    Setting("REQUIRE_SECOND_APPROVER", "False", _("An early release must be approved by a second person."), Flag()),
    Setting(
        "RELEASE_UNOPENED_DAYS",
        "7",
        _("A released case is listed as “Not opened” if its member hasn't opened it within this time."),
        # The list has the releases of the last 90 days.
        WholeNumber(1, 60),
        DAYS,
    ),
    Setting(
        "RELEASE_REMINDER_DAYS",
        "2",
        _("How long before a release its technician gets a reminder by email. 0 turns it off."),
        WholeNumber(0, 60),
        DAYS,
        in_example=True,
    ),
    Setting(
        "RELEASE_REMINDER_TIME",
        "08:00",
        _("Time of day of the reminders, in the technician's time zone."),
        TimeOfDay(),
    ),
    Setting(
        "RELEASE_UNOPENED_REMINDER",
        "False",
        _("Members get one reminder email about a released case they haven't opened."),
        Flag(),
    ),
    Setting(
        "CASE_QUESTIONS_DAYS",
        "30",
        _("How long after its release a member can ask about a case. 0 turns it off."),
        WholeNumber(0, 365),
        DAYS,
        in_example=True,
    ),
    Setting("CONDITION_LINK_DAYS", "30", _("Lifetime of a confirmation link."), WholeNumber(1, 365), DAYS),
    Setting("RELEASE_ON_WEEKENDS", "True", _("Releases can be scheduled on Saturdays and Sundays."), Flag()),
    Setting(
        "RELEASE_HOLIDAYS",
        "",
        _("Releases can't be scheduled on public holidays in this country, state or region."),
        Holidays(),
        in_example=True,
        example="US-TX",
    ),
    Setting(
        "RELEASE_MAIL_HOURS",
        "",
        _("Release emails are sent at these hours, in the member's time zone. Empty: at any time."),
        Hours(),
        in_example=True,
        example="08:00-20:00",
    ),
    Setting(
        "RELEASE_CROWDED_DAY",
        "100",
        _("The preview of a bulk operation lists days that would have more releases than this."),
        WholeNumber(1),
    ),
    Setting("RELEASE_BATCH_SIZE", "2000", _("Maximum cases released in one transaction."), WholeNumber(1)),
    Setting(
        "SWEEP_INTERVAL",
        "10",
        _("Time between checks for due releases."),
        WholeNumber(1, DAY_SECONDS),  # django-celery-beat turns 1.5 into 1, and 0.5 into 0, which fires without pause
        SECONDS,
        in_example=True,
    ),
]

NOTIFICATIONS = [
    Setting(
        "NOTIFICATION_EMAILS",
        "False",
        _("People get notifications by email too, unless they choose otherwise. The release email is always sent."),
        Flag(),
        in_example=True,
    ),
    Setting(
        "NOTIFICATION_DIGEST_TIME",
        "08:00",
        _("When the daily email with notifications is sent, in the person's time zone."),
        TimeOfDay(),
    ),
]

DOCUMENTS = [
    Setting(
        "DOCUMENT_MAX_MB",
        "20",
        _("Maximum size of a document."),
        WholeNumber(1, 2047),  # the column of sizes has room for 2 GB
        MEGABYTES,
        in_example=True,
    ),
    Setting(
        "DOCUMENT_ORPHAN_DAYS",
        "7",
        _("Stored files that don't belong to a document are deleted after this time."),
        WholeNumber(1, MAX_DAYS),
        DAYS,
    ),
    Setting(
        "FILE_STORAGE_URL",
        "",
        _("Where documents are stored: in a folder or in an S3 bucket."),
        told_default="var/documents/",
        is_secret=True,
        in_example=True,
        example="s3://KEY:SECRET@bucket?region_name=eu-central-1",
    ),
]

LIMITS = [
    Setting("MAX_OPEN_DRAFTS", "100", _("Maximum drafts a member can have."), WholeNumber(1)),
    Setting("MAX_SUBMISSIONS_PER_HOUR", "100", _("Maximum cases a member can submit per hour."), WholeNumber(1)),
    Setting("MAX_NOTES_PER_HOUR", "300", _("Maximum notes a person can add per hour."), WholeNumber(1)),
    Setting("MAX_MESSAGES_PER_HOUR", "60", _("Maximum messages a person can send per hour."), WholeNumber(1)),
    Setting("MAX_UPLOADS_PER_HOUR", "300", _("Maximum documents a person can attach per hour."), WholeNumber(1)),
    Setting("MAX_API_CALLS_PER_MINUTE", "600", _("Maximum API calls a person can make per minute."), WholeNumber(1)),
]

CLEANUP = [
    Setting(
        "CLEANUP_SESSIONS_DAYS",
        "7",
        _("Expired sessions, with their IP address and browser, are deleted after this time."),
        WholeNumber(0, MAX_DAYS),
        DAYS,
    ),
    Setting(
        "CLEANUP_SECURITY_STATE_DAYS",
        "1",
        _("Expired lockouts, counts of failed sign-ins and used codes are deleted after this time."),
        WholeNumber(0, MAX_DAYS),
        DAYS,
    ),
    Setting(
        "CLEANUP_FORM_TOKENS_DAYS",
        "30",
        _("How long a sent form is remembered, so that it isn't processed twice."),
        WholeNumber(1, MAX_DAYS),
        DAYS,
    ),
    Setting(
        "CLEANUP_UNSENT_FORMS_DAYS",
        "1",
        _("How long we keep text that a person couldn't send because their session had ended."),
        WholeNumber(1, MAX_DAYS),
        DAYS,
    ),
    Setting(
        "CLEANUP_NOTIFICATIONS_DAYS",
        "90",
        _("How long read notifications are kept. Unread ones are kept for at least a year."),
        WholeNumber(1, MAX_DAYS),
        DAYS,
    ),
]

SYSTEM = [
    Setting(
        "PORTAL_URL",
        "",
        _("Address of the portal, used for links in emails. With https://, the portal is only reachable over HTTPS."),
        Site(),
        told_default="http://127.0.0.1:8000",
        in_example=True,
    ),
    Setting(
        "REQUIRE_STAFF_MFA",
        "False",
        _("Administrators, and everyone who can open the Django admin, must set up an authenticator app."),
        Flag(),
    ),
    Setting("API_TOKEN_DAYS", "90", _("Default lifetime of an API token."), WholeNumber(1, 365), DAYS),
    Setting("API_TOKENS_PER_PERSON", "10", _("Maximum API tokens a person can have."), WholeNumber(1, 100)),
    Setting(
        "DATABASE_URL",
        "",
        _("Main database."),
        told_default="SQLite (var/)",
        is_secret=True,
        in_example=True,
        example="postgresql://user:password@host/name",
    ),
    Setting(
        "REDIS_URL",
        "redis://127.0.0.1:6379/0",
        _("Message broker for scheduled tasks."),
        is_secret=True,
        in_example=True,
    ),
    Setting(
        "EMAIL_URL", "smtp://127.0.0.1:1025", _("Outgoing mail server or provider."), is_secret=True, in_example=True
    ),
    Setting(
        "EMAIL_TIMEOUT",
        "10",
        _("How long to wait for an answer from the mail server."),
        WholeNumber(1, 3600),
        SECONDS,
    ),
    Setting(
        "DEFAULT_FROM_EMAIL",
        "Advisor Portal <portal@localhost>",
        _("Sender of emails. Its domain is also used in message IDs."),
        Sender(),
    ),
    Setting(
        "BOUNCE_DOMAIN",
        "",
        _("Domain that receives bounces. Each email is sent from its own address at this domain. Empty: off."),
        Domain(),
        in_example=True,
        example="bounces.example.com",
    ),
    Setting(
        "BOUNCE_IMAP_URL",
        "",
        _("Folder that gets the bounces, for manage.py receive_bounces --imap."),
        MailFolder(),
        is_secret=True,
        in_example=True,
        example="imaps://user:password@host/INBOX",
    ),
    Setting(
        "HISTORY_HEAD_FILE",
        "",
        _("File that gets the proof of the history once a day. Empty: it is emailed to the administrators."),
        in_example=True,
        example="/var/backups/portal-history-heads",
    ),
]

GROUPS = [
    SettingGroup("installation", "Installation", INSTALLATION, on_page=False),
    SettingGroup("release", _("Release"), RELEASE),
    SettingGroup("notifications", _("Notifications"), NOTIFICATIONS),
    SettingGroup("documents", _("Documents"), DOCUMENTS),
    SettingGroup("limits", _("Limits per person"), LIMITS),
    SettingGroup("cleanup", _("Cleanup"), CLEANUP),
    SettingGroup("system", _("System"), SYSTEM),
]
SETTINGS = {setting.name: setting for group in GROUPS for setting in group.settings}
