from tiny.settings import *  # noqa: F403
from tiny.settings import REDIS_URL

INSTALLED_APPS = ["tiny", "django_q"]
Q_CLUSTER = {
    "name": "cases",
    "workers": 2,
    "redis": REDIS_URL,
    "timeout": 60,
    "retry": 120,
    # The fastest setting: successes are not recorded.
    "save_limit": -1,
    "queue_limit": 500,
}
