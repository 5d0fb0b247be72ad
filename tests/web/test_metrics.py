"""/metrics: what it says, and to whom."""

import datetime as dt

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cases import releases
from cases.models import FirstView, Heartbeat
from cases.monitoring import daily_statistics
from tests.conftest import FROZEN
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db

SECOND = dt.timedelta(seconds=1)


def samples(client):
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


def test_it_says_what_the_page_says(client, clock):
    CaseFactory.create_batch(2, due=True, member__email="")
    CaseFactory(scheduled=True, scheduled_release_date=FROZEN.date(), scheduled_release_time=dt.time(11, 59, 58))
    releases.release_due(by="a test", source="sweep")
    CaseFactory(due=True)
    CaseFactory(held=True)
    Heartbeat.objects.create(name="sweep", at=FROZEN - 7 * SECOND, host="here")
    daily_statistics.update(FROZEN - 5 * SECOND, seconds=0)

    told = samples(client)

    assert told["portal_cases_due",] == 1
    assert told["portal_cases_held",] == 1
    assert told["portal_cases_pending",] == 2
    assert told["portal_cases_failing",] == told["portal_cases_armed",] == 0
    assert told["portal_emails", "undeliverable"] == 2
    assert told["portal_emails", "waiting"] == 1
    assert told["portal_sweep_age_seconds",] == 7
    assert told["portal_figures_age_seconds",] == 5
    assert told["portal_releases_total", "sweep"] == 3
    assert told["portal_releases_total", "eta"] == 0
    assert told["portal_release_lateness_seconds_count",] == 3
    assert told["portal_release_lateness_seconds_bucket", "1.0"] == 0
    assert told["portal_release_lateness_seconds_bucket", "5.0"] == 1


def test_it_says_how_soon_members_looked(client, member, clock):
    case = CaseFactory(due=True, member=member)
    releases.release_due(by="a test", source="sweep")
    FirstView.objects.create(case=case, release_number=1, kind="page", at=FROZEN + 300 * SECOND)
    daily_statistics.update(FROZEN, seconds=0)
    told = samples(client)
    assert told["portal_first_view_seconds_count",] == 1
    assert told["portal_first_view_seconds_bucket", "60.0"] == 0
    assert told["portal_first_view_seconds_bucket", "600.0"] == 1
    assert 300 <= told["portal_first_view_seconds_sum",] <= 330


def test_before_anything_has_happened_it_answers_too(client):
    told = samples(client)
    assert told["portal_cases_due",] == 0
    assert ("portal_sweep_age_seconds",) not in told


def test_without_a_token_only_this_machine_may_read_it(client):
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="::1").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 404


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Forwarded"])
def test_a_proxy_on_this_machine_is_not_this_machine(client, header):
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404


@pytest.mark.parametrize(
    ("header", "status"),
    [(None, 404), ("Bearer s3cret", 200), ("Bearer s3cre", 404), ("bearer s3cret", 404), ("Bearer ünïcode", 404)],
)
@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.7"])
def test_with_a_token_whoever_knows_it_may_and_nobody_else(client, settings, header, status, address):
    settings.METRICS_TOKEN = "s3cret"
    headers = {"Authorization": header} if header else {}
    assert client.get("/metrics", headers=headers, REMOTE_ADDR=address).status_code == status


def test_it_names_no_case_and_no_person(client, member):
    case = CaseFactory(held=True, member=member)
    text = client.get("/metrics").content.decode()
    assert case.external_case_id not in text
    assert "mia" not in text
