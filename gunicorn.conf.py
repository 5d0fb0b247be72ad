"""gunicorn reads this file automatically: where its own log lines go, and what a worker does once it is ready."""

import gc
import os
from typing import Any

from django.apps import apps
from django.conf import settings
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
# Its log lines go to the same place as the portal's, in the same format.
logconfig_dict = settings.LOGGING


def post_worker_init(worker: Any) -> None:
    """Load all views, and exclude what the worker has loaded from garbage collection, which has nothing to find there.

    Otherwise the first visitor after each start would wait about a second longer, and about one request in 90 stopped
    all others in its worker for 140 ms, to go through all modules.
    """
    if apps.ready:  # another application, such as that of a test, has no views
        get_resolver().url_patterns  # noqa: B018 - reading it imports them
    gc.collect()
    gc.freeze()
