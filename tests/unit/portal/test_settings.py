"""Settings that would break the release promise are refused at start, with a clear message."""

import datetime as dt
import runpy
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from django.conf import settings as real
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from django_celery_beat.schedulers import ModelEntry

import tasks
from cases.core.safe_errors import without_addresses
from portal.celery import app

SETTINGS = real.BASE_DIR / "portal" / "settings.py"


@pytest.fixture
def settings_with(monkeypatch):
    """Return the settings as they would be with these environment variables."""

    logging = structlog.get_config()  # the settings configure it again

    def load(**environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(SETTINGS))

    yield load
    structlog.configure(**logging)


BAD = {
    "SWEEP_INTERVAL": ["0", "-1", "1.5", "0.5", "ten", "", "86401", "99999999999"],
    "RELEASE_TIME_OF_DAY": ["24:00", "noon", "9", "09:30+02:00", "2025-06-11 09:30", ""],
    "TIME_ZONE": ["Europe/Nowhere", "Europe", "", "../UTC"],
    "PORTAL_URL": ["portal.example.org", "ftp://portal.example.org", "https://", "https://a:port", "https://[::1"],
    "SECRET_KEY": [""],
    "DEFAULT_FROM_EMAIL": [
        "",
        "Portal",
        "Portal <>",
        "@example.com",
        "portal@",
        "Portal <portal@a b.com>",
        "a,b@c.com",
        "a@b.com\nBcc: c@d.com",
    ],
    "EMAIL_URL": [
        "",
        "mail.example.com:25",
        "pop3://a",
        "smtp://a:port",
        "smtp:mail.example.com",
        "smtp+tls://u:p@",
        "smtp://u:p%C3%A4ss@a.com",
        "smtp://a..com",
    ],
    "BOUNCE_DOMAIN": [
        "bounces@example.com",
        "@example.com",
        "https://example.com",
        "example.com/",
        "example.com:25",
        "a b.com",
        "localhost",
        "-a.com",
        ".com",
        "über.example",
        "a." * 95 + "com",
    ],
    "BOUNCE_IMAP_URL": [
        "imap.example.com",
        "https://user:password@imap.example.com/INBOX",
        "imaps://",
        "imaps://user:password@",
        "imaps://imap.example.com/INBOX",
        "imaps://user@imap.example.com/INBOX",
        "imaps://user:password@imap.example.com:port/INBOX",
        "imaps://user:p%C3%A4ss@imap.example.com/INBOX",
    ],
    "FLOWER_URL": ["flower:5555", "javascript:alert(1)", "/flower/"],
    "ALLOWED_HOSTS": ["https://portal.example.com", "portal.example.com:8000", "a.example, b.example/", "", " ,"],
    "CSRF_TRUSTED_ORIGINS": [
        "portal.example.com",
        "https://portal.example.com/",
        "https://a.example/cases",
        "https://",
    ],
    "RELEASE_MEMBER_VIEW": ["Hidden", "all", ""],
    "RELEASE_MIN_DAYS": ["-1", "7 days", "6.5", "36501"],
    "RELEASE_DEFAULT_DAYS": ["6", "x", "36501"],
    "RELEASE_MAX_DAYS": ["6", "50000", "9999999"],
    "RELEASE_ETA_WINDOW_DAYS": ["-1", "x", "999999999"],
    "CLEANUP_SECURITY_STATE_DAYS": ["-1", "36501", "999999"],
    "EMAIL_TIMEOUT": ["0", "10000000000"],
    "RELEASE_BATCH_SIZE": ["0"],
    "RELEASE_CROWDED_DAY": ["0"],
    "DOCUMENT_MAX_MB": ["0", "-1", "1.5", "20 MB", "2048"],
    "FILE_STORAGE_URL": ["var/documents", "gs://papers"],
    "DATABASE_URL": [
        "garbage",
        "",
        "mysql://a/b",
        "postgresql://a:port/b",
        "postgresql:portal",
        "//user:secret@host/portal",
    ],
    "PORTAL_PORT": ["0", "http", "80:80", "65536"],
    "REDIS_URL": [
        "redis://redis:6379/first",
        "sentinel://a:26379;sentinel://b:26379",
        "sentinel://a:26379",
        "redis://a:6379/0;redis://b:6379/0",
        "redis+socket:///run/redis.sock",
        "amqp://guest@localhost//",
        "localhost:6379",
        "redis://",
        "redis://a:port/0",
        "",
        "rediss://a:6379/0?ssl_cert_reqs=non",
        "rediss://a:6379/0?ssl_cert_reqs=",
        "rediss://a:6379/0?ssl_ca_cert=/ca.pem",
        "rediss://a:6379/0?ssl_check_hostname=false",
    ],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_bad_values_are_refused_by_name(settings_with, name, value):
    with pytest.raises(ImproperlyConfigured, match=name):
        settings_with(**{name: value})


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("url", ["//user:secret@host/portal", "user:secret@host/portal", ""])
def test_a_database_without_a_scheme_is_refused_without_its_password(settings_with, url):
    """django-environ would print it, in a warning."""
    with pytest.raises(ImproperlyConfigured) as refused:
        settings_with(DATABASE_URL=url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("name", ["DATABASE_URL", "FILE_STORAGE_URL"])
def test_an_error_has_no_words_that_the_log_takes_for_an_address(settings_with, name):
    with pytest.raises(ImproperlyConfigured) as refused:
        settings_with(**{name: "garbage"})
    assert without_addresses(str(refused.value)) == str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BOUNCE_DOMAIN", "bounces.example.com"),
        ("BOUNCE_DOMAIN", "xn--bcher-kva.example"),
        ("BOUNCE_IMAP_URL", "imaps://user:pass%40word@imap.example.com:993/INBOX"),
        ("BOUNCE_IMAP_URL", "imap://me%40example.com:secret@imap"),
        ("FLOWER_URL", "https://portal.example.com:5555/flower/"),
        ("EMAIL_URL", "consolemail://"),
        ("EMAIL_URL", "smtp://[::1]:1025"),
        ("EMAIL_URL", "smtp://mail.example.com."),
        ("DEFAULT_FROM_EMAIL", "Müller & Söhne <portal@bücher.example>"),
        ("DEFAULT_FROM_EMAIL", "portal@mailhost"),
        ("EMAIL_URL", "smtp+ssl://user:password@mail.example.com:465"),
    ],
)
def test_good_addresses_are_taken(name, value, settings_with):
    assert settings_with(**{name: value}).get(name, value) == value


def test_good_hosts_and_origins_are_taken(settings_with):
    hosts = [".example.com", "localhost", "[::1]", "127.0.0.1", "*"]
    origins = ["https://*.example.com", "http://127.0.0.1:8000"]
    found = settings_with(ALLOWED_HOSTS=", ".join(hosts), CSRF_TRUSTED_ORIGINS=",".join(origins))
    assert (found["ALLOWED_HOSTS"], found["CSRF_TRUSTED_ORIGINS"]) == (hosts, origins)


def test_hosts_are_written_as_browsers_and_headers_write_them(settings_with):
    """Django compares what a browser sends letter by letter, and headers contain only ASCII letters."""
    found = settings_with(
        PORTAL_URL="https://Fußball.bücher.example:8443/portal/",
        ALLOWED_HOSTS=".bücher.example,faß.example",
        CSRF_TRUSTED_ORIGINS="https://bücher.example:8443,https://*.bücher.example",
        FLOWER_URL="http://user:pässword@bücher.example/flower",
    )
    assert found["PORTAL_URL"] == "https://xn--fuball-cta.xn--bcher-kva.example:8443/portal"
    assert found["ALLOWED_HOSTS"] == [".xn--bcher-kva.example", "xn--fa-hia.example"]
    assert found["CSRF_TRUSTED_ORIGINS"] == [
        "https://xn--bcher-kva.example:8443",
        "https://*.xn--bcher-kva.example",
    ]
    assert found["FLOWER_URL"] == "http://user:pässword@xn--bcher-kva.example/flower"
    for name in ("PORTAL_URL", "CSRF_TRUSTED_ORIGINS"):
        with pytest.raises(ImproperlyConfigured, match=name):
            settings_with(**{"PORTAL_URL": "", name: "https://bü_cher☃.example"})


def test_good_values_are_taken(settings_with):
    found = settings_with(
        SWEEP_INTERVAL="1",
        RELEASE_TIME_OF_DAY="09:30",
        RELEASE_MEMBER_VIEW="announced",
        RELEASE_MIN_DAYS="0",
        RELEASE_DEFAULT_DAYS="0",
        RELEASE_ETA_WINDOW_DAYS="2",
    )
    assert found["SWEEP_INTERVAL"] == 1
    assert found["RELEASE_TIME_OF_DAY"] == dt.time(9, 30)
    assert found["RELEASE_MEMBER_VIEW"] == "announced"
    assert (found["RELEASE_MIN_DAYS"], found["RELEASE_DEFAULT_DAYS"]) == (0, 0)
    assert found["CELERY_BROKER_TRANSPORT_OPTIONS"]["visibility_timeout"] > 2 * 86400


@pytest.mark.parametrize(
    ("url", "checked"),
    [
        ("rediss://:pw@redis:6380/1", {"ssl_cert_reqs": ssl.CERT_REQUIRED}),
        (
            "rediss://redis:6380/1?ssl_ca_certs=/etc/ca.pem&ssl_certfile=/c.pem&ssl_keyfile=/k.pem",
            {
                "ssl_cert_reqs": ssl.CERT_REQUIRED,
                "ssl_ca_certs": "/etc/ca.pem",
                "ssl_certfile": "/c.pem",
                "ssl_keyfile": "/k.pem",
            },
        ),
        ("rediss://redis/0?ssl_cert_reqs=none", {"ssl_cert_reqs": ssl.CERT_NONE}),
    ],
)
def test_a_broker_with_tls_is_verified_unless_its_address_says_otherwise(settings_with, url, checked):
    found = settings_with(REDIS_URL=url)
    assert found["CELERY_BROKER_USE_SSL"] == checked
    assert found["CELERY_BROKER_URL"] == url.partition("?")[0]


def test_a_broker_without_tls_has_no_tls_options(settings_with):
    assert "CELERY_BROKER_USE_SSL" not in settings_with(REDIS_URL="redis://:p%40ss@redis:6379/0")


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"PORTAL_PORT": "8123"}, "http://127.0.0.1:8123"),
        ({"PORTAL_PORT": "8123", "PORTAL_URL": ""}, "http://127.0.0.1:8123"),
        ({"PORTAL_PORT": "8123", "PORTAL_URL": "https://cases.example.org/"}, "https://cases.example.org"),
    ],
)
def test_links_lead_to_the_published_port(settings_with, environment, address):
    assert settings_with(**environment)["PORTAL_URL"] == address


def test_the_owners_defaults(settings_with, monkeypatch):
    for name in BAD.keys() - {"SECRET_KEY"}:
        monkeypatch.delenv(name, raising=False)
    found = settings_with()
    assert (found["RELEASE_MIN_DAYS"], found["RELEASE_DEFAULT_DAYS"], found["RELEASE_MAX_DAYS"]) == (7, 7, 365)
    assert found["RELEASE_TIME_OF_DAY"] == dt.time(0)
    assert found["RELEASE_MEMBER_VIEW"] == "hidden"
    assert found["SWEEP_INTERVAL"] == 10
    assert found["RELEASE_ETA_WINDOW"] == dt.timedelta(days=8)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, (31536000, False, False)),
        ({"HSTS_INCLUDE_SUBDOMAINS": "true"}, (31536000, True, False)),
        ({"HSTS_PRELOAD": "true", "HSTS_INCLUDE_SUBDOMAINS": "true"}, (31536000, True, True)),
        (
            {"HSTS_PRELOAD": "true", "HSTS_INCLUDE_SUBDOMAINS": "true", "PORTAL_URL": "http://a.example"},
            (0, False, False),
        ),
    ],
)
def test_hsts_binds_other_names_only_when_asked_to(asked, expected, settings_with):
    found = settings_with(**({"PORTAL_URL": "https://portal.example"} | asked))
    names = ("SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD")
    assert tuple(found[name] for name in names) == expected


def test_a_longer_minimum_takes_the_default_with_it(settings_with):
    assert settings_with(RELEASE_MIN_DAYS="400")["RELEASE_DEFAULT_DAYS"] == 400


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SWEEP_INTERVAL", "0.5", "SWEEP_INTERVAL must be a whole number, not '0.5'."),
        # Django's own error is logged without its message, which may contain anything.
        ("TIME_ZONE", "Europe/Nowhere", "TIME_ZONE must be a time zone such as Europe/Berlin, not 'Europe/Nowhere'."),
    ],
)
def test_the_program_does_not_start_with_a_bad_value(name, value, sentence):
    """The real thing: a process that ends with the message."""
    found = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=real.BASE_DIR,
        env={"SECRET_KEY": "x", name: value, "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode != 0
    assert sentence in found.stderr


@pytest.mark.parametrize(("timeout", "errors"), [(86400, ["cases.E001"]), (86401, [])], ids=["as long", "longer"])
def test_the_visibility_timeout_must_be_longer_than_the_window(settings, timeout, errors):
    settings.RELEASE_ETA_WINDOW = dt.timedelta(days=1)
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": timeout}
    assert [message.id for message in checks.run_checks() if message.id == "cases.E001"] == errors


def test_the_settings_as_they_are_pass_the_checks():
    assert checks.run_checks() == []


@pytest.mark.django_db
def test_sweeps_never_expire_because_a_workers_clock_would_say_so(settings):
    """Neither does the expiry that an earlier version wrote to the table."""
    interval = IntervalSchedule.objects.create(every=10, period="seconds")
    PeriodicTask.objects.create(name="sweep", expire_seconds=10, interval=interval)
    entry = settings.CELERY_BEAT_SCHEDULE["sweep"]
    ModelEntry.from_entry("sweep", app=app, **entry)
    task = PeriodicTask.objects.get(name="sweep")
    assert task.task == "tasks.releases.sweep"
    assert task.expire_seconds is None
    assert (task.interval.every, task.interval.period) == (settings.SWEEP_INTERVAL, "seconds")
    assert task.queue == "sweep"


def test_all_programs_share_the_options_of_the_broker():
    options = app.conf.broker_transport_options
    assert options["visibility_timeout"] > real.RELEASE_ETA_WINDOW.total_seconds()
    assert options["socket_timeout"] == options["socket_connect_timeout"] == 1
    assert app.conf.task_publish_retry_policy == {"max_retries": 0, "interval_start": 0}
    assert app.conf.task_acks_late


def test_each_file_of_tasks_is_loaded():
    app.loader.import_default_modules()
    (folder,) = tasks.__path__
    written = {f"tasks.{path.stem}" for path in Path(folder).glob("*.py") if "@shared_task" in path.read_text()}
    assert len(written) > 5
    assert {task.__module__ for name, task in app.tasks.items() if name.startswith("tasks.")} == written


def test_tasks_go_to_their_queues():
    route = app.amqp.router.route
    assert route({}, "tasks.releases.release_case")["queue"].name == "releases"
    assert route({}, "tasks.releases.sweep")["queue"].name == "sweep"
    assert route({}, "tasks.emails.send_release_emails")["queue"].name == "mail"
    assert route({}, "tasks.monitoring.count_days")["queue"].name == "mail"
    assert route({}, "tasks.bulk.work_off_runs")["queue"].name == "mail"
    assert route({}, "tasks.of_a_new_file.work")["queue"].name == "mail", "only releases have a queue of their own"


def test_every_entry_of_beat_names_a_task(settings):
    app.loader.import_default_modules()
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)
