"""What a worker of the web server does once it is ready."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
# In a separate process, so that this one's garbage collector does not change.
SCRIPT = """
import gc, runpy
conf = runpy.run_path("gunicorn.conf.py")
before = gc.get_freeze_count()
conf["post_worker_init"](None)
print(before, gc.get_freeze_count())
"""


def test_a_worker_keeps_what_it_loaded_out_of_garbage_collection():
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "portal.settings"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    before, after = map(int, done.stdout.split())
    assert (before, after > 10_000) == (0, True)
