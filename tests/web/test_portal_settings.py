"""The settings page: what shapes the portal, with the meaning that the docs give it, and without a secret."""

import datetime as dt
import re

import pytest
from django.conf import settings as real
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.monitoring.settings_report import GROUPS, place_of

pytestmark = pytest.mark.django_db

URL = "/portal-settings/"
SHOWN = {setting.name: setting for group in GROUPS for setting in group.settings}
# What stays in the docs: secrets, and what matters only to whoever installs the portal.
NOT_SHOWN = {
    "RELEASE_VISIBILITY_TIMEOUT",
    "ENV_FILE",
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "DEBUG",
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "BEHIND_PROXY",
    "HSTS_INCLUDE_SUBDOMAINS",
    "HSTS_PRELOAD",
    "PORTAL_PORT",
    "REDIS_KEY_PREFIX",
    "FLOWER_URL",
    "METRICS_TOKEN",
    "LOG_LEVEL`, `LOG_JSON",
    "LOG_CLIENT_IP",
}


def documented() -> dict[str, tuple[str, str]]:
    """Default and meaning of each variable, by docs/settings.md."""
    text = (real.BASE_DIR / "docs" / "settings.md").read_text()
    rows = re.findall(r"^\| `(.+?)` \| (.*?) \| (.*?) ?\|$", text, flags=re.MULTILINE)
    return {name: (default.replace("`", ""), meaning.replace("`", "")) for name, default, meaning in rows}


def test_every_documented_setting_is_shown_or_left_out_on_purpose():
    assert set(documented()) == set(SHOWN) | NOT_SHOWN


@pytest.mark.parametrize("name", SHOWN)
def test_page_and_docs_say_the_same(name):
    assert documented()[name] == (SHOWN[name].default, str(SHOWN[name].meaning))


def test_what_is_set_is_shown_with_its_default(client, ada, settings):
    settings.RELEASE_MIN_DAYS = 7
    settings.SWEEP_INTERVAL = 15
    settings.RELEASE_TIME_OF_DAY = dt.time(9, 30)
    settings.RELEASE_MEMBER_VIEW = "announced"
    client.force_login(ada)
    page = client.get(URL).content.decode()
    assert "For members it goes on" not in page
    assert "Members see its number, its title and the date of its release." in page
    assert "<strong>09:30</strong>" in page
    assert "Default: 00:00" in page
    changed = {name for name, setting in SHOWN.items() if setting.is_changed}
    assert changed >= {"SWEEP_INTERVAL", "RELEASE_TIME_OF_DAY", "RELEASE_MEMBER_VIEW"}
    assert "RELEASE_MIN_DAYS" not in changed
    assert page.count(">Changed<") == len(changed)


def test_the_parts_and_their_versions(client, ada):
    client.force_login(ada)
    page = client.get(URL).content.decode()
    for part in ("Python", "Django", "celery", connection.display_name):
        assert f"<dt>{part}</dt>" in page


def test_no_secret_is_shown(client, ada, settings, monkeypatch):
    settings.SECRET_KEY = "hush-key"
    settings.METRICS_TOKEN = "hush-metrics"
    settings.CELERY_BROKER_URL = "redis://worker:hush-redis@broker.internal:6380/2?password=hush-query"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "mx.internal"
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "hush-user", "hush-mail"
    settings.PORTAL_URL = "https://hush-web:hush-pass@portal.example"
    bucket = {"bucket_name": "papers", "access_key": "hush-access", "secret_key": "hush-secret"}
    settings.STORAGES = settings.STORAGES | {"default": settings.STORAGES["default"] | {"OPTIONS": bucket}}
    monkeypatch.setitem(settings.DATABASES["default"], "PASSWORD", "hush-database")
    client.force_login(ada)
    page = client.get(URL).content.decode()
    assert "hush" not in page
    assert "redis://broker.internal:6380" in page
    assert "smtp://mx.internal" in page
    assert "https://portal.example" in page
    assert "s3://papers" in page


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379"),
        ("rediss://:hush@[::1]:6379/0", "rediss://::1:6379"),
        ("sentinel://:hush@a:26379;sentinel://:hush@b:26379", "sentinel://a:26379; sentinel://b:26379"),
        ("redis://:hu/hush@a/0", "redis://…"),
        ("redis://:hu#hush@a/0", "redis://…"),
        ("redis://:hu?hush@a/0", "redis://…"),
        ("redis://:hu@hush@a/0", "redis://…"),
        ("redis://hush", "redis://hush"),
        ("hush", "…"),
    ],
)
def test_of_an_address_only_the_place_is_told(url, told):
    assert place_of(url) == told


def test_it_costs_as_much_as_who_is_asking(client, ada):
    client.force_login(ada)
    with CaptureQueriesContext(connection) as queries:
        client.get(URL)
    assert len(queries) <= 2
