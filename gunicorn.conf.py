"""gunicorn reads this file by itself: its own lines go where those of the portal go, in the same form."""

import os

from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
logconfig_dict = settings.LOGGING
