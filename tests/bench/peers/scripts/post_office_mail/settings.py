import os

from tiny.settings import *  # noqa: F403

INSTALLED_APPS = ["post_office"]
EMAIL_BACKEND = "post_office.EmailBackend"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
POST_OFFICE = {
    "BATCH_SIZE": int(os.environ["PEER_BATCH"]),
    "THREADS_PER_PROCESS": int(os.environ["PEER_THREADS"]),
    "LOG_LEVEL": 1,
    "MESSAGE_ID_ENABLED": True,
}
