"""docker-compose.yml and Dockerfile match the settings, and keep their promises about secrets."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from portal.setting_registry import SETTINGS

ROOT = Path(settings.BASE_DIR)
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
# Where settings.py keeps documents, relative to the program's folder.
FOLDER = Path(settings.STORAGES["default"]["OPTIONS"]["location"]).relative_to(ROOT)
# Not for a container: images are built for production.
NOT_PASSED_ON = {"DEBUG", "ENV_FILE"}


def test_the_services_are_the_parts_of_the_system() -> None:
    assert set(OURS) == {"web", "release-worker", "sweep-worker", "mail-worker", "beat", "flower", "migrate"}
    assert set(SERVICES) - set(OURS) == {"postgres", "redis", "mail", "proxy"}


def test_no_secret_has_a_default() -> None:
    variables = re.findall(r"\$\{(\w+)([^}]*)\}", (ROOT / "docker-compose.yml").read_text())
    secrets = {(name, rest) for name, rest in variables if re.search("SECRET|PASSWORD|TOKEN", name)}

    assert {name for name, _ in secrets} == {
        "SECRET_KEY",
        "POSTGRES_PASSWORD",
        "FLOWER_PASSWORD",
        "REDIS_PASSWORD",
    }
    assert all(rest.startswith(":?") for _, rest in secrets), secrets


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_what_runs_for_long_says_how_it_is_and_comes_back(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", sorted(set(OURS) - {"migrate"}))
def test_ours_start_after_the_migration(name: str) -> None:
    assert OURS[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_all_of_ours_share_one_environment() -> None:
    own = {"WEB_CONCURRENCY", "FLOWER_BASIC_AUTH"}
    shared = [{k: v for k, v in service["environment"].items() if k not in own} for service in OURS.values()]

    assert all(environment == shared[0] for environment in shared)
    assert shared[0]["DATABASE_URL"].endswith("@postgres:5432/portal")


def test_every_setting_of_the_environment_reaches_the_containers() -> None:
    assert SETTINGS.keys() - NOT_PASSED_ON == set(COMPOSE["x-environment"]), "name it under x-environment"


def test_the_workers_serve_every_queue() -> None:
    used = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    used |= {settings.CELERY_TASK_DEFAULT_QUEUE}
    used |= {entry["options"]["queue"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    served = [found for service in OURS.values() for found in re.findall(r"-Q (\S+)", service.get("command", ""))]

    assert {queue for queues in served for queue in queues.split(",")} == used


def test_what_is_written_to_files_is_kept_in_volumes_of_those_who_write_it() -> None:
    """Documents: web, and the worker that checks them. The heads of the history: the worker that seals it."""
    mounted = {name: service["volumes"] for name, service in OURS.items() if "volumes" in service}
    documents, heads = f"documents:/app/{FOLDER}", "history:/app/var/history"

    assert settings.CELERY_BEAT_SCHEDULE["seal-history"]["options"]["queue"] == "mail"
    assert mounted == {"web": [documents], "mail-worker": [documents, heads]}
    assert {"documents", "history"} <= COMPOSE["volumes"].keys()
    assert all(service["read_only"] for service in OURS.values())


@pytest.mark.parametrize("volume", ["documents", "history"])
def test_a_new_volume_belongs_to_the_user_of_the_image(volume: str) -> None:
    (made,) = re.findall(r"install -d -o portal -g portal -m 700 ([^\\]*)", (ROOT / "Dockerfile").read_text())
    assert f"var/{volume}" in made.split()


def test_the_docs_name_the_file_for_heads_in_its_volume() -> None:
    assert "HISTORY_HEAD_FILE=/app/var/history/heads" in (ROOT / "docs" / "docker.md").read_text()


def test_ports_are_published_on_loopback_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert len(ports) == 3
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_redis_is_fit_to_be_a_broker() -> None:
    (command,) = SERVICES["redis"]["command"]

    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


def test_redis_asks_for_a_password_that_is_no_argument() -> None:
    (command,) = SERVICES["redis"]["command"]

    assert "requirepass" in command.partition("|")[0]
    assert "$$REDIS_PASSWORD" not in command.partition("|")[2]
    assert "REDIS_PASSWORD:?" in COMPOSE["x-environment"]["REDIS_URL"]


@pytest.mark.parametrize(
    ("network", "members"),
    [
        ("broker", {"redis", "web", "release-worker", "sweep-worker", "mail-worker", "beat", "flower"}),
        ("database", {"postgres", *OURS}),
    ],
)
def test_broker_and_database_are_reached_by_those_who_need_them_alone(network: str, members: set[str]) -> None:
    assert {name for name, service in SERVICES.items() if network in service["networks"]} == members
    assert COMPOSE["networks"][network] == {"internal": True}


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_has_capabilities_that_it_does_not_need(name: str) -> None:
    service = SERVICES[name]

    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert name == "postgres" or "cap_add" not in service


def test_web_is_reached_through_the_proxy_alone() -> None:
    assert "ports" not in SERVICES["web"]
    assert SERVICES["proxy"]["ports"] == ["127.0.0.1:${PORTAL_PORT:-8000}:8080"]
    assert COMPOSE["x-environment"]["BEHIND_PROXY"] == "true"


def test_the_image_runs_as_nobody_special_and_holds_no_secret() -> None:
    steps = (ROOT / "Dockerfile").read_text()
    users = re.findall(r"^USER (\S+)", steps, flags=re.MULTILINE)

    assert users
    assert users[-1].split(":")[0] not in {"root", "0"}
    assert not re.search(r"^(ENV|ARG) .*(SECRET|PASSWORD)", steps, flags=re.MULTILINE)


def test_only_what_is_named_enters_the_image() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]

    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == {
        "cases",
        "portal",
        "tasks",
        "manage.py",
        "gunicorn.conf.py",
        "requirements.txt",
    }
