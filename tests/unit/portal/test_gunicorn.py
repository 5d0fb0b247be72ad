"""What a worker of the web server does once it is ready."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
# In a separate process, so that this one's garbage collector does not change.
SCRIPT = """
import django, gc, runpy, sys
django.setup()
conf = runpy.run_path("gunicorn.conf.py")
before = gc.get_freeze_count()
conf["post_worker_init"](None)
print(before, gc.get_freeze_count(), "cases.views" in sys.modules)
"""


def test_a_worker_loads_all_views_and_keeps_them_out_of_garbage_collection():
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "portal.settings"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    before, after, has_views = done.stdout.split()
    assert (before, int(after) > 10_000, has_views) == ("0", True, "True")
