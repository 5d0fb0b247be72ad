"""The portal's settings without what is ours: no release on read, and the plain views besides the portal's URLs."""

from portal.settings import *  # noqa: F403
from portal.settings import BASE_DIR, MIDDLEWARE, TEMPLATES

ROOT_URLCONF = "tests.bench.plain.urls"
MIDDLEWARE = [name for name in MIDDLEWARE if not name.startswith("cases.")]
TEMPLATES[0]["DIRS"] = [*TEMPLATES[0]["DIRS"], BASE_DIR / "tests" / "bench" / "plain" / "templates"]
