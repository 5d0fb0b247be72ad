from tiny.settings import *  # noqa: F403
