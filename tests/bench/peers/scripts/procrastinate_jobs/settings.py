from tiny.settings import *  # noqa: F403

INSTALLED_APPS = ["tiny", "procrastinate.contrib.django", "procrastinate_jobs"]
