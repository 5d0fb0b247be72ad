from tiny.settings import *  # noqa: F403

INSTALLED_APPS = ["mailer"]
EMAIL_BACKEND = "mailer.backend.DbBackend"
# The row lock is enough for two processes, and a lock file outlives a killed process.
MAILER_USE_FILE_LOCK = False
