"""The static files of the servers that tests start, whose names contain a hash of their content."""

import fcntl
from pathlib import Path


def collect_static() -> None:
    """Collect them once for the present sources, one process at a time: a server that starts while a file is being
    rewritten misses it, and fails to start."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    root = Path(settings.STATIC_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    with (root.parent / "static.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        sources = (storage.path(name) for finder in get_finders() for name, storage in finder.list([]))
        newest = max(Path(source).stat().st_mtime for source in sources)
        manifest = root / "staticfiles.json"
        if not manifest.exists() or manifest.stat().st_mtime < newest:
            call_command("collectstatic", interactive=False, verbosity=0)
