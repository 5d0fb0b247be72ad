"""The settings page: each setting with its value, default and meaning, and without a secret."""

import datetime as dt
import html

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.monitoring.settings_report import groups_now, place_of
from portal.setting_registry import GROUPS

pytestmark = [pytest.mark.django_db, pytest.mark.one_database("is about texts")]

URL = "/portal-settings/"


def test_what_belongs_to_the_page_is_shown_with_its_meaning(client, administrator):
    client.force_login(administrator)
    page = html.unescape(client.get(URL).content.decode())
    for group in GROUPS:
        for setting in group.settings:
            assert (f"<code>{setting.name}</code>" in page) is group.on_page
            assert (str(setting.meaning) in page) is group.on_page


def test_what_is_set_is_shown_with_its_default(client, administrator, settings):
    settings.RELEASE_MIN_DAYS = 7
    settings.SWEEP_INTERVAL = 15
    settings.RELEASE_TIME_OF_DAY = dt.time(9, 30)
    settings.RELEASE_MEMBER_VIEW = "announced"
    client.force_login(administrator)
    page = client.get(URL).content.decode()
    assert "Members see the case as in progress" not in page
    assert "Members see the case number, title and release date." in page
    assert "<strong>09:30</strong>" in page
    assert "Default: 00:00" in page
    assert "<strong>15 seconds</strong>" in page
    assert "Default: 10 seconds" in page
    changed = {line.setting.name for _group, lines in groups_now() for line in lines if line.is_changed}
    assert changed >= {"SWEEP_INTERVAL", "RELEASE_TIME_OF_DAY", "RELEASE_MEMBER_VIEW"}
    assert not changed & {"RELEASE_MIN_DAYS", "BOUNCE_IMAP_URL"}
    assert page.count(">Changed<") == page.count("Default: ") == len(changed), "another default is no news"


def test_what_is_not_set_says_so(client, administrator, settings):
    client.force_login(administrator)
    settings.RELEASE_HOLIDAYS = ""
    assert "<strong>Not set</strong>" in client.get(URL).content.decode()
    settings.RELEASE_HOLIDAYS = "US-TX"
    page = client.get(URL).content.decode()
    assert "Default: Not set" in page
    assert "<strong></strong>" not in page


def test_the_parts_and_their_versions(client, administrator):
    client.force_login(administrator)
    page = client.get(URL).content.decode()
    for part in ("Python", "Django", "celery", connection.display_name):
        assert f"<dt>{part}</dt>" in page


def test_no_secret_is_shown(client, administrator, settings, monkeypatch):
    settings.SECRET_KEY = "hush-key"
    settings.METRICS_TOKEN = "hush-metrics"
    settings.CELERY_BROKER_URL = "redis://worker:hush-redis@broker.internal:6380/2?password=hush-query"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "mx.internal"
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "hush-user", "hush-mail"
    settings.BOUNCE_IMAP_URL = "imaps://bounces:hush-folder@imap.internal/INBOX"
    settings.PORTAL_URL = "https://hush-web:hush-pass@portal.example"
    bucket = {"bucket_name": "papers", "access_key": "hush-access", "secret_key": "hush-secret"}
    settings.STORAGES = settings.STORAGES | {"default": settings.STORAGES["default"] | {"OPTIONS": bucket}}
    monkeypatch.setitem(settings.DATABASES["default"], "PASSWORD", "hush-database")
    client.force_login(administrator)
    page = client.get(URL).content.decode()
    assert "hush" not in page
    assert "redis://broker.internal:6380" in page
    assert "smtp://mx.internal" in page
    assert "https://portal.example" in page
    assert "s3://papers" in page
    assert "imaps://imap.internal" in page


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
        ("", ""),
    ],
)
def test_of_an_address_only_the_place_is_told(url, told):
    assert place_of(url) == told


def test_it_costs_as_much_as_who_is_asking(client, administrator):
    client.force_login(administrator)
    with CaptureQueriesContext(connection) as queries:
        client.get(URL)
    assert len(queries) <= 5
