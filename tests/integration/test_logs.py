"""The log lines of real processes: all JSON if that is set, and tied to the request that caused them."""

import json
import sys
import urllib.request

import pytest
import structlog

from cases.models import Case
from tests.integration.processes import LocalProcess
from tests.integration.steps import completed, in_seconds, until
from tests.services import free_port, wait_for_port

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

PORT = free_port()
COMMANDS = {
    "worker": ["celery", "-q", "-A", "portal", "worker", "-Q", "releases,sweep", "-c", "1"],
    "beat": ["celery", "-q", "-A", "portal", "beat"],
    "web": ["gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{PORT}", "--no-control-socket"],
}


@pytest.fixture
def start(process_env, _started, tmp_path):
    """Start some of the processes, which log JSON."""

    def start(*names: str) -> dict[str, LocalProcess]:
        environment = process_env | {"LOG_JSON": "true", "PYTHONUNBUFFERED": "1"}
        for name in names:
            command = [sys.executable, "-m", *COMMANDS[name]]
            _started.append(LocalProcess(name, command, directory=tmp_path, env=environment))
        until("the worker is ready", lambda: " ready." in _started[0].logs())
        return {process.name: process for process in _started}

    return start


def lines(process) -> list[dict[str, object]]:
    """Return every line, as JSON."""
    return [json.loads(line) for line in process.logs().splitlines() if line.strip()]


def test_every_line_of_every_process_is_json(start):
    processes = start("worker", "beat", "web")
    wait_for_port(PORT)
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health/live/?q=secret"):
        pass
    until("beat sends", lambda: "Sending due task sweep" in processes["beat"].logs())
    until("the sweep runs", lambda: "tasks.releases.sweep" in processes["worker"].logs())
    for process in processes.values():
        process.kill("SIGTERM")
        process.wait()
        found = lines(process)
        assert found
        assert all({"event", "level", "timestamp"} <= line.keys() for line in found)
        assert "secret" not in process.logs()


def test_the_lines_of_a_task_name_the_request_and_not_its_person(start, member, technician):
    processes = start("worker")
    with structlog.contextvars.bound_contextvars(request_id="request-1", user_id=4711, ip="203.0.113.9"):
        case = completed(member=member, by=technician, release_on=in_seconds(2))
    until("it is released", lambda: Case.objects.get(pk=case.pk).is_released)
    until("it is logged", lambda: "cases released" in processes["worker"].logs())
    (released,) = [line for line in lines(processes["worker"]) if line["event"] == "cases released"]
    assert (released["request_id"], released["source"], released["count"]) == ("request-1", "eta", 1)
    assert released["case_ids"] == [case.pk]
    assert released["task_id"] == f"release-{case.pk}-{case.schedule_revision}"
    assert "4711" not in processes["worker"].logs()
    assert "203.0.113.9" not in processes["worker"].logs()
