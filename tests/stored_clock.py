"""The stored clock of the portal in tests. It follows the settings, unless a test says otherwise."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.db.models.signals import post_migrate

from cases.models import PortalClock

NAMES = {"TIME_ZONE", "RELEASE_TIME_OF_DAY"}


def store(time_zone: str, time_of_day: dt.time) -> None:
    """The schedules in the database were made for that clock."""
    PortalClock.objects.update_or_create(
        pk=PortalClock.ONLY, defaults={"time_zone": time_zone, "release_time_of_day": time_of_day}
    )


@contextmanager
def following_the_settings() -> Iterator[None]:
    """Store settings that a test changes, and the usual ones again after a flush."""
    usual = settings.TIME_ZONE, settings.RELEASE_TIME_OF_DAY

    def changed(setting: str, **_: Any) -> None:
        if setting in NAMES:
            try:
                store(settings.TIME_ZONE, settings.RELEASE_TIME_OF_DAY)
            except RuntimeError:
                return  # pytest-django: this test has no database

    def emptied(**_: Any) -> None:
        if not PortalClock.objects.exists():
            store(*usual)

    setting_changed.connect(changed)
    post_migrate.connect(emptied)
    try:
        yield
    finally:
        setting_changed.disconnect(changed)
        post_migrate.disconnect(emptied)
