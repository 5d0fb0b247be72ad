from tiny.settings import *  # noqa: F403

INSTALLED_APPS = ["tiny", "owners_loop"]
