"""The portal's settings without release on read, and with the plain views added to the URLs."""

from portal.settings import *  # noqa: F403
from portal.settings import BASE_DIR, MIDDLEWARE, TEMPLATES

ROOT_URLCONF = "tests.bench.plain.urls"
MIDDLEWARE = [name for name in MIDDLEWARE if not name.startswith("cases.")]
TEMPLATES[0]["DIRS"] = [*TEMPLATES[0]["DIRS"], BASE_DIR / "tests" / "bench" / "plain" / "templates"]
