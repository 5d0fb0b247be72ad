"""gunicorn reads this file by itself: where its own lines go, and what a worker does once it is ready."""

import gc
import os
from typing import Any

from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
# Its lines go where those of the portal go, in the same form.
logconfig_dict = settings.LOGGING


def post_worker_init(worker: Any) -> None:
    """Take what the worker has loaded out of garbage collection, which has nothing to find there.

    Otherwise one request in about 90 stopped all others of its worker for 140 ms, to look through all modules.
    """
    gc.collect()
    gc.freeze()
