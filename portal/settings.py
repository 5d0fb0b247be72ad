"""Settings of Django. What differs between machines comes from the environment or `.env`, through `env`.

portal/setting_registry.py has the default, the bounds and the meaning of each variable.
"""

import datetime as dt
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from portal.broker import check_broker_url, tls_options, without_options
from portal.email_url import email_settings, has_webhook, provider_in
from portal.environment import Environment
from portal.file_storage import file_storage
from portal.logs import configure_structlog, logging_config

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = Environment(BASE_DIR / ".env")

# --- The release promise -------------------------------------------------------------------------------------------

TIME_ZONE = env("TIME_ZONE")
USE_TZ = True

RELEASE_TIME_OF_DAY: dt.time = env("RELEASE_TIME_OF_DAY")
RELEASE_MIN_DAYS: int = env("RELEASE_MIN_DAYS")
RELEASE_DEFAULT_DAYS = env.at_least("RELEASE_DEFAULT_DAYS", RELEASE_MIN_DAYS, of="RELEASE_MIN_DAYS")
RELEASE_MAX_DAYS = env.at_least("RELEASE_MAX_DAYS", RELEASE_DEFAULT_DAYS, of="RELEASE_DEFAULT_DAYS")
RELEASE_MEMBER_VIEW: str = env("RELEASE_MEMBER_VIEW")
RELEASE_ETA_WINDOW = dt.timedelta(days=env("RELEASE_ETA_WINDOW_DAYS"))
# Per slot of 50 ms. Why so few: docs/adr/0009-few-wake-ups-per-slot.md.
RELEASE_ETA_PER_INSTANT: int = env("RELEASE_ETA_PER_INSTANT")
RELEASE_CROWDED_DAY: int = env("RELEASE_CROWDED_DAY")
RELEASE_BATCH_SIZE: int = env("RELEASE_BATCH_SIZE")
RELEASE_UNDO_SECONDS: int = env("RELEASE_UNDO_SECONDS")
RELEASE_REQUIRES_ANSWER: bool = env("RELEASE_REQUIRES_ANSWER")
RELEASE_ANSWER_IN_EMAIL: bool = env("RELEASE_ANSWER_IN_EMAIL")
NOTIFICATION_EMAILS: bool = env("NOTIFICATION_EMAILS")
NOTIFICATION_DIGEST_TIME: dt.time = env("NOTIFICATION_DIGEST_TIME")
RELEASE_UNOPENED_DAYS: int = env("RELEASE_UNOPENED_DAYS")
RELEASE_UNOPENED_REMINDER: bool = env("RELEASE_UNOPENED_REMINDER")
RELEASE_REMINDER_DAYS: int = env("RELEASE_REMINDER_DAYS")
RELEASE_REMINDER_TIME: dt.time = env("RELEASE_REMINDER_TIME")
REQUIRE_SECOND_APPROVER: bool = env("REQUIRE_SECOND_APPROVER")
CASE_QUESTIONS_DAYS: int = env("CASE_QUESTIONS_DAYS")
CONDITION_LINK_DAYS: int = env("CONDITION_LINK_DAYS")
RELEASE_ON_WEEKENDS: bool = env("RELEASE_ON_WEEKENDS")
RELEASE_HOLIDAYS: str = env("RELEASE_HOLIDAYS")
RELEASE_MAIL_HOURS: tuple[dt.time, dt.time] | None = env("RELEASE_MAIL_HOURS")
SWEEP_INTERVAL: int = env("SWEEP_INTERVAL")

# --- Django --------------------------------------------------------------------------------------------------------

SECRET_KEY = env("SECRET_KEY")
SECRET_KEY_FALLBACKS = env("SECRET_KEY_FALLBACKS")
DEBUG: bool = env("DEBUG")
ALLOWED_HOSTS = env("ALLOWED_HOSTS")
PORTAL_PORT: int = env("PORTAL_PORT")
PORTAL_URL: str = (env("PORTAL_URL") or f"http://127.0.0.1:{PORTAL_PORT}").rstrip("/")
HTTPS = PORTAL_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = env("CSRF_TRUSTED_ORIGINS", default=[PORTAL_URL])

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_celery_beat",
    "django_filters",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    "rest_framework",
    "cases",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cases.middleware.private_pages.PrivatePagesMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "cases.middleware.request_limits.RequestLimitsMiddleware",
    "cases.middleware.trailing_slash.TrailingSlashMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "cases.middleware.language.ReadersLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "cases.middleware.login_required.SignedInMiddleware",
    "cases.middleware.mfa.RequireMfaMiddleware",
    "cases.middleware.mfa.SecretUnreadableMiddleware",
    "cases.middleware.release_on_read.ReleaseOnReadMiddleware",
    "cases.middleware.toasts.ToastsMiddleware",
    "cases.middleware.timezone.ReadersZoneMiddleware",
    "cases.middleware.method_not_allowed.MethodNotAllowedMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "cases" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cases.context_processors.portal",
            ],
        },
    },
]

# For commands, workers and mail to people who have not chosen a language.
LANGUAGE_CODE = "en"
# Each language by its own name. docs/languages.md says how to add one.
LANGUAGES = [("en", "English"), ("es", "Español")]
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
FORMAT_MODULE_PATH = "portal.formats"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
WHITENOISE_USE_FINDERS = DEBUG
STORAGES = {
    "default": file_storage(env("FILE_STORAGE_URL"), VAR_DIR / "documents"),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

DOCUMENT_MAX_MB: int = env("DOCUMENT_MAX_MB")
DOCUMENT_ORPHAN_DAYS: int = env("DOCUMENT_ORPHAN_DAYS")
# SizeLimit ends a request that is too large before it fills a disk.
FILE_UPLOAD_HANDLERS = [
    "cases.documents.upload_handlers.SizeLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "cases.documents.upload_handlers.TemporaryFile",
]

# No one reaches these limits by working manually.
MAX_OPEN_DRAFTS: int = env("MAX_OPEN_DRAFTS")
MAX_SUBMISSIONS_PER_HOUR: int = env("MAX_SUBMISSIONS_PER_HOUR")
MAX_NOTES_PER_HOUR: int = env("MAX_NOTES_PER_HOUR")
MAX_MESSAGES_PER_HOUR: int = env("MAX_MESSAGES_PER_HOUR")
MAX_UPLOADS_PER_HOUR: int = env("MAX_UPLOADS_PER_HOUR")

# --- Database and cache --------------------------------------------------------------------------------------------


def database() -> dict[str, Any]:
    """Return the default database, by DATABASE_URL. Unset, it is SQLite in var/."""
    url = env("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'portal.sqlite3'}")
    config: dict[str, Any] = {}
    # django-environ prints a URL without a scheme in a warning, with its password, and takes one without slashes.
    if re.match(r"\w+://", url):
        with suppress(ValueError):  # the port, or a bracket; the error may quote a password
            config = environ.Env.db_url_config(url)
    if config.get("ENGINE") not in ("django.db.backends.postgresql", "django.db.backends.sqlite3"):
        raise ImproperlyConfigured(
            "DATABASE_URL must begin with postgresql:// or sqlite:///, and a port must be a number."
        )
    config["CONN_MAX_AGE"] = 600
    config["CONN_HEALTH_CHECKS"] = True
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config.setdefault("OPTIONS", {}).update(
            # A transaction that starts as a reader can't wait for the write lock, so take it at BEGIN.
            transaction_mode="IMMEDIATE",
            timeout=20,
            init_command="PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        )
    elif not config.get("DISABLE_SERVER_SIDE_CURSORS"):
        # A connection keeps the plan of a statement that requests this when it runs again (cases.db.compiled_queries).
        config.setdefault("OPTIONS", {}).setdefault("prepare_threshold", 1)
    return config


DATABASES = {"default": database()}

# In the database, so that sessions and login work while Redis is down. It holds lockouts and used codes, so it evicts
# nothing before it expires. Use another cache for what may be lost.
CACHES = {"default": {"BACKEND": "cases.accounts.security_state.SecurityStateCache"}}

# --- People --------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "cases.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
] + [{"NAME": "cases.accounts.passwords.MaximumLengthValidator"}]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_ADAPTER = "cases.accounts.adapter.PortalAccountAdapter"
ACCOUNT_FORMS = {
    "login": "cases.forms.accounts.LoginForm",
    "reauthenticate": "cases.forms.accounts.ReauthenticateForm",
    "reset_password": "cases.forms.accounts.ResetPasswordForm",
    "reset_password_from_key": "cases.forms.accounts.ResetPasswordKeyForm",
    "change_password": "cases.forms.accounts.ChangePasswordForm",
}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "cases.accounts.password_links.PasswordLinkGenerator"  # noqa: S105
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Advisor Portal] "
# Send no mail to unknown addresses. The page gives the same response for known ones.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_RATE_LIMITS = {
    # Failed passwords and codes, for each account and each client address (cases.accounts.login_attempts).
    "login_failed": "5/5m/key",
    "guesses": "10/m/ip",
    # Looks at confirmation links, right or wrong.
    "condition_links": "30/m/ip",
    "unsubscribe": "30/m/ip",
    # Anyone can have links mailed to a person. Those that were sent keep working, so this locks no one out.
    "reset_password": "20/m/ip,5/m/key,10/h/key",
}
MFA_ADAPTER = "cases.accounts.mfa_adapter.PortalMFAAdapter"
MFA_FORMS = {
    "authenticate": "cases.forms.accounts.AuthenticateForm",
    "reauthenticate": "cases.forms.accounts.ReauthenticateByCodeForm",
    "activate_totp": "cases.forms.accounts.ActivateTOTPForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Advisor Portal"
# Allow for a phone's clock that is half a minute off.
MFA_TOTP_TOLERANCE = 1
# Administrators create the accounts, so no one can sign up with another person's address.
MFA_ALLOW_UNVERIFIED_EMAIL = True
REQUIRE_STAFF_MFA: bool = env("REQUIRE_STAFF_MFA")

CSRF_FAILURE_VIEW = "cases.views.session_ends.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env("HSTS_INCLUDE_SUBDOMAINS") and HTTPS
SECURE_HSTS_PRELOAD = env("HSTS_PRELOAD") and HTTPS
if env("BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # Without this, everyone shares the proxy's address and its limit of failed logins.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
# Health checks and Prometheus use plain HTTP inside the network.
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        # Bootstrap's stylesheet has icons in data: URLs.
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

# --- Email ---------------------------------------------------------------------------------------------------------

_email_url: str = env("EMAIL_URL")
EMAIL_PROVIDER = provider_in(_email_url)
_email_settings = email_settings(_email_url)
vars().update(_email_settings)
EMAIL_HAS_WEBHOOK = has_webhook(_email_settings)
EMAIL_TIMEOUT: int = env("EMAIL_TIMEOUT")
if EMAIL_PROVIDER:
    INSTALLED_APPS.append("anymail")
    _email_settings["ANYMAIL"]["REQUESTS_TIMEOUT"] = EMAIL_TIMEOUT
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL")
BOUNCE_DOMAIN: str = env("BOUNCE_DOMAIN")
BOUNCE_IMAP_URL: str = env("BOUNCE_IMAP_URL")

# --- Celery --------------------------------------------------------------------------------------------------------

_redis_url = check_broker_url(env("REDIS_URL"))
CELERY_BROKER_URL = without_options(_redis_url)
# Only for rediss://. kombu verifies nothing by default.
if _tls := tls_options(_redis_url):
    CELERY_BROKER_USE_SSL = _tls
# The same for web, workers, beat and Flower: the shortest visibility timeout on a broker wins for all of them.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # An ETA task waits as an unacknowledged message. Redis delivers it again and again once it has waited longer than
    # this. So this must exceed the furthest ETA (a system check makes sure).
    "visibility_timeout": env("RELEASE_VISIBILITY_TIMEOUT", default=int(RELEASE_ETA_WINDOW.total_seconds()) + 86400),
    # Notice a frozen Redis or a dead connection, and hold up a request for 1 s at most.
    "socket_connect_timeout": 1,
    "socket_timeout": 1,
    "socket_keepalive": True,
    "health_check_interval": 2,
    # Check every second for messages that a killed worker held.
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
    # Other applications may share the Redis.
    "global_keyprefix": env("REDIS_KEY_PREFIX"),
}
CELERY_BROKER_CONNECTION_TIMEOUT = 1
# Workers outlive any outage of Redis.
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
# Try publishing once. The sweep finds what was not published.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 0, "interval_start": 0}
# Nothing reads results: the database says what was released.
CELERY_TASK_IGNORE_RESULT = True
# A killed worker's message is delivered again. Running a task twice is harmless.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
# Give up a killed pool process after 1 s and return its message. The default is 10 s, during which the process counts
# as busy, in case results still arrive.
CELERY_WORKER_LOST_WAIT = 1
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "releases"
# Everything but releases has its own queue and worker, so that neither a hanging SMTP server nor a long count holds up
# a release. The sweep has a queue of its own too: it must not wait behind thousands of ETA tasks.
CELERY_TASK_ROUTES = {
    "tasks.releases.sweep": {"queue": "sweep"},
    "tasks.releases.*": {"queue": "releases"},
    "tasks.*": {"queue": "mail"},
}
# On SIGQUIT running tasks have this many seconds. Then they and the waiting ETA tasks go back to Redis. (SIGTERM waits
# for running tasks without limit.) An idle worker gives back its tasks and ends immediately.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = False
CELERY_WORKER_SEND_TASK_EVENTS = True
CELERY_TASK_SEND_SENT_EVENT = True
# Keep database connections between tasks. portal.celery closes dead ones.
CELERY_DB_REUSE_MAX = sys.maxsize
# Beat adds intervals to the wall clock of this zone. With DST it would stand still, or send without pause, in the
# hour that comes twice.
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "portal.beat:PortalScheduler"
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "tasks.releases.sweep",
        "schedule": SWEEP_INTERVAL,
        # No expiry: a worker whose clock is ahead would drop every sweep. Sweeps that have piled up while the workers
        # were down are skipped (cases.releases.sweep).
        "options": {"queue": "sweep"},
    },
    # No expiry either: these do nothing while the last count is fresh.
    "count": {"task": "tasks.monitoring.count_cases", "schedule": 60, "options": {"queue": "mail"}},
    "figures": {"task": "tasks.monitoring.count_days", "schedule": 60, "options": {"queue": "mail"}},
    "seal-history": {"task": "tasks.history.seal_history", "schedule": 60, "options": {"queue": "mail"}},
    "reminders": {"task": "tasks.reminders.queue_reminders", "schedule": 60, "options": {"queue": "mail"}},
    # It does nothing until a week has passed. If beat is restarted often, an interval of days would never end.
    "clean-up": {"task": "tasks.cleanup.clean_up", "schedule": 3600, "options": {"queue": "mail"}},
}

# --- Cleanup -------------------------------------------------------------------------------------------------------

# The weekly cleanup (cases.maintenance.cleanup) deletes what has been expired for this long.
CLEANUP_SESSIONS = dt.timedelta(days=env("CLEANUP_SESSIONS_DAYS"))
CLEANUP_SECURITY_STATE = dt.timedelta(days=env("CLEANUP_SECURITY_STATE_DAYS"))
# Counted from the time a form was sent. Unsent text is not shown for longer either.
CLEANUP_FORM_TOKENS = dt.timedelta(days=env("CLEANUP_FORM_TOKENS_DAYS"))
CLEANUP_UNSENT_FORMS = dt.timedelta(days=env("CLEANUP_UNSENT_FORMS_DAYS"))
CLEANUP_NOTIFICATIONS = dt.timedelta(days=env("CLEANUP_NOTIFICATIONS_DAYS"))

# --- Operations ----------------------------------------------------------------------------------------------------

FLOWER_URL: str = env("FLOWER_URL")
METRICS_TOKEN: str = env("METRICS_TOKEN")
HISTORY_HEAD_FILE: str = env("HISTORY_HEAD_FILE")

# --- API -----------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "cases.api.authentication.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["cases.api.parsers.PortalJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["cases.api.throttling.PersonThrottle"],
    "DEFAULT_PAGINATION_CLASS": "cases.api.pagination.LatestFirst",
    # JSON allows half a surrogate pair. Only escapes can repeat it in a response.
    "UNICODE_JSON": False,
    "EXCEPTION_HANDLER": "cases.api.errors.exception_handler",
}
MAX_API_CALLS_PER_MINUTE: int = env("MAX_API_CALLS_PER_MINUTE")
API_TOKEN_DAYS: int = env("API_TOKEN_DAYS")
API_TOKENS_PER_PERSON: int = env("API_TOKENS_PER_PERSON")
KNOX_TOKEN_MODEL = "cases.ApiToken"  # noqa: S105
# Secret scanners recognize a token by its form: advp_ and 64 hexadecimal digits.
REST_KNOX = {"TOKEN_PREFIX": "advp_"}
# knox's own table is never used.
MIGRATION_MODULES = {"knox": None}
SPECTACULAR_SETTINGS = {
    "TITLE": "Advisor Portal",
    "DESCRIPTION": "Read cases, complete them, and schedule or release them.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "cases.api.schema.add_refusals",
    ],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# --- Logging -------------------------------------------------------------------------------------------------------

configure_structlog()
LOG_JSON: bool = env("LOG_JSON")
LOGGING = logging_config(json=LOG_JSON, level=env("LOG_LEVEL"))
# The client's address on each line of a request. Off by default, because it is personal data. django-structlog would
# believe what the client's own headers say of it.
LOG_CLIENT_IP: bool = env("LOG_CLIENT_IP")
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
# The lines of a task name the request that asked for it (portal.logs.keep_ids_only).
DJANGO_STRUCTLOG_CELERY_ENABLED = True
