from tiny.settings import *  # noqa: F403

INSTALLED_APPS = ["mailer"]
EMAIL_BACKEND = "mailer.backend.DbBackend"
# The lock of the row is enough for two processes, and a file's lock outlives a process that is killed.
MAILER_USE_FILE_LOCK = False
