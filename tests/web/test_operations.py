"""The operations page: what an administrator reads, what it costs, and its button."""

import datetime as dt
import html
import re
from importlib import import_module
from unittest.mock import Mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from redis.exceptions import OutOfMemoryError

from cases import releases
from cases.accounts import people
from cases.delivery import outbox
from cases.delivery.results import SENDER_REFUSED, DeliveryResult, Outcome
from cases.models import Case, CaseEvent, FirstView, Heartbeat, OutgoingEmail, StorageReport
from cases.monitoring import daily_statistics
from cases.monitoring.broker_status import BrokerStatus, Queue
from cases.templatetags.durations import NOTHING
from portal.celery import app
from tests.conftest import FROZEN
from tests.factories import CaseFactory
from tests.stored_clock import store

pytestmark = pytest.mark.django_db

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _noon(clock, settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"


@pytest.fixture
def admin(client, administrator):
    """Ada's browser."""
    client.force_login(administrator)
    return client


@pytest.fixture
def refused(member):
    """An email to Mia that her server refused."""
    CaseFactory(due=True, member=member)
    releases.release_due(by="a test", source="sweep")
    (batch,) = outbox.claim(limit=1)
    outbox.record(batch, DeliveryResult(Outcome.REJECTED, "550 unknown"))
    return OutgoingEmail.objects.get()


def read(client, url="/operations/"):
    response = client.get(url)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def problems_in(page) -> dict[str, str]:
    """Return where each sentence of *Needs attention* leads."""
    found = re.findall(r'<li><a class="alert-link" href="([^"]+)">(.+?)</a>', page)
    return {html.unescape(text): link for link, text in found}


def test_it_says_that_all_is_well(admin):
    Heartbeat.objects.create(name="sweep", at=FROZEN, host="here")
    page = read(admin)
    assert "All systems normal" in page
    assert "needs attention" not in page
    assert "Flower" not in page


def test_it_says_what_is_wrong(admin, refused):
    CaseFactory(due=True)
    failing = CaseFactory(due=True)
    Case.objects.filter(pk=failing.pk).update(
        release_error="a check failed", release_attempts=2, release_next_try=FROZEN + MINUTE
    )
    page = read(admin)
    for text in (
        "1 case is overdue for release.",
        "1 case can&#x27;t be released.",
        "1 email wasn&#x27;t delivered.",
        "Automatic releases aren&#x27;t running.",
        "a check failed",
        "2 attempts, next Jun 11, 12:01:00",
        "550 unknown",
    ):
        assert text in page


def everything_is_wrong(member) -> None:
    CaseFactory(due=True)
    failing = CaseFactory(due=True)
    Case.objects.filter(pk=failing.pk).update(
        release_error="a check failed", release_attempts=2, release_next_try=FROZEN + MINUTE
    )
    soon = dt.time(12, 0, 20)
    CaseFactory(scheduled=True, scheduled_release_date=FROZEN.date(), scheduled_release_time=soon)
    moments = {"created": FROZEN, "due": FROZEN - 120 * MINUTE, "next_try": FROZEN + MINUTE}
    for deferrals, error in ((0, "timed out"), (3, "451 try later"), (3, f"{SENDER_REFUSED}: 550 who are you")):
        OutgoingEmail.objects.create(kind="digest", recipient=member, last_error=error, deferrals=deferrals, **moments)
    member.email_bounced = FROZEN
    member.save()
    StorageReport.objects.create(
        pk=StorageReport.ONLY, at=FROZEN, files=1, orphans=0, deleted=0, missing=1, missing_ids=[1]
    )
    every = IntervalSchedule.objects.create(every=1, period="minutes")
    PeriodicTask.objects.create(name="figures", task="x", interval=every, enabled=False)


def test_each_problem_leads_to_the_part_of_the_page_about_it(admin, refused, member):
    everything_is_wrong(member)
    page = read(admin)
    found = problems_in(page)
    assert len(found) >= 9
    assert page.count('<li><a class="alert-link"') == len(found)
    assert [link for link in found.values() if f'id="{link[1:]}"' not in page] == []
    assert found["1 case can't be released."] == "#failing-heading"
    assert found["1 email wasn't delivered."] == "#failed-heading"


def test_a_clock_that_differs_leads_to_the_settings(admin, settings):
    store("Asia/Tokyo", settings.RELEASE_TIME_OF_DAY)
    (link,) = [link for text, link in problems_in(read(admin)).items() if "TIME_ZONE" in text]
    assert link == "/portal-settings/"


def test_a_stop_leads_to_the_form_that_ends_it(admin, administrator):
    releases.stop_releases(by=administrator, source="web", reason="x")
    page = read(admin)
    assert "<title>Operations" in page
    assert problems_in(page)["All releases are stopped. 0 cases are waiting."] == "#release-stop-form"
    assert 'id="release-stop-form"' in page


def test_the_period_comes_from_the_url(admin):
    assert "Last 7 days" in read(admin, "/operations/?days=7")
    assert "Last 30 days" in read(admin, "/operations/?days=all")
    assert read(admin, "/operations/figures/?days=90").count("data-day=") == 90


def test_days_that_nobody_has_counted_are_told_apart_from_days_without_releases(admin):
    assert "30 days aren't counted yet." in read(admin)
    daily_statistics.update(FROZEN, seconds=0)
    page = read(admin)
    assert "29 days aren't counted yet." in page
    assert 'data-day="Jun 11" data-released="0" data-pending="0" data-delay=""' in page
    assert 'data-day="Jun 10">' in page


def test_it_says_how_soon_members_looked(admin, member):
    assert f"Time to first view: median / 95th percentile</dt><dd>{NOTHING} / {NOTHING}</dd>" in read(admin)
    case = CaseFactory(due=True, member=member)
    releases.release_due(by="a test", source="sweep")
    FirstView.objects.create(case=case, release_number=1, kind="page", at=FROZEN + 3 * MINUTE)
    daily_statistics.update(FROZEN + MINUTE, seconds=0)
    page = read(admin)
    assert "Releases first seen</dt><dd>1</dd>" in page
    assert "Time to first view: median / 95th percentile</dt><dd>3 min" in page


def test_flower_is_linked_where_it_is_named(admin, settings):
    settings.FLOWER_URL = "https://flower.example.com/"
    assert 'href="https://flower.example.com/"' in read(admin)


def test_a_broker_that_is_down_breaks_nothing(admin):
    assert "Broker not responding" in read(admin, "/operations/workers/")
    assert "Broker not responding" not in read(admin)


def test_a_broker_that_is_down_is_said_at_the_top(admin):
    part = read(admin, "/operations/workers/")
    assert '<div id="broker-problems" hx-swap-oob="true"><div class="alert alert-danger"' in part
    assert problems_in(part) == {"Redis isn't responding. Check that it is running.": "#workers-heading"}
    assert 'id="workers-heading"' in part
    assert "Connection refused" in part
    assert '<div id="broker-problems"></div>' in read(admin)


def test_redis_says_why_it_refuses(admin, monkeypatch):
    full = OutOfMemoryError("command not allowed when used memory > 'maxmemory'.")
    monkeypatch.setattr(app, "connection_for_write", Mock(side_effect=full))
    part = read(admin, "/operations/workers/")
    assert list(problems_in(part)) == ["Redis refuses messages. Check its memory, its disk and its password."]
    assert "command not allowed when used memory" in part


def test_a_queue_without_a_worker_is_said_at_the_top(admin, monkeypatch):
    status = BrokerStatus(is_up=True, queues=[Queue("mail", 3, []), Queue("sweep", 0, ["sweep@here"])])
    monkeypatch.setattr(import_module("cases.views.operations"), "broker_status", lambda: status)
    part = read(admin, "/operations/workers/")
    assert list(problems_in(part)) == ["No worker is responding for the queue “mail”. Check that it is running."]
    assert "“sweep”" not in part


def test_a_portal_without_celery_needs_no_redis(admin):
    Heartbeat.objects.create(name="sweep", at=FROZEN, host="here", source=CaseEvent.Source.COMMAND)
    part = read(admin, "/operations/workers/")
    assert '<div id="broker-problems" hx-swap-oob="true"></div>' in part
    assert "Redis isn't used." in part


def test_the_page_itself_does_not_ask_the_broker(admin, monkeypatch):
    monkeypatch.setattr(app, "connection_for_write", lambda **options: pytest.fail("asked the broker"))
    read(admin)
    read(admin, "/operations/present/")
    read(admin, "/operations/figures/")


def test_the_button_has_an_email_sent_again(admin, administrator, refused):
    assert f'id="resend-{refused.pk}"' in read(admin)

    answer = admin.post(f"/operations/emails/{refused.pk}/resend/", follow=True)

    assert "Resending the email" in answer.content.decode()
    refused.refresh_from_db()
    assert refused.state == "waiting"
    assert CaseEvent.objects.get(kind="mail_resent").actor == administrator


def test_a_server_that_is_away_makes_no_attempt_to_count(admin, member):
    CaseFactory(due=True, member=member)
    releases.release_due(by="a test", source="sweep")
    (batch,) = outbox.claim(limit=1)
    outbox.record(batch, DeliveryResult(Outcome.UNREACHABLE, "Connection refused"))
    page = read(admin)
    assert "next attempt Jun 11, 12:00" in page
    assert "0 attempts" not in page


def test_an_email_about_an_account_is_about_no_case(admin, administrator):
    invited = people.invite(by=administrator, email="nina@example.com", first_name="", last_name="", role="technician")
    OutgoingEmail.objects.update(state="failed")
    email = OutgoingEmail.objects.get(recipient=invited)
    page = admin.post(f"/operations/emails/{email.pk}/resend/", follow=True).content.decode()
    assert "Resending the email." in page
    assert "about 1 case" not in page


def test_between_two_runs_of_the_command_nothing_needs_attention(admin, member):
    """With only cron or a timer: there is no mail worker, and no ETA task is published."""
    Heartbeat.objects.create(name="sweep", source="command", at=FROZEN - 60 * MINUTE, host="here")
    CaseFactory(due=True, member=member)
    releases.release_due(by="a test", source="command")
    OutgoingEmail.objects.update(due=FROZEN - 59 * MINUTE, next_try=FROZEN - 59 * MINUTE)
    soon = (FROZEN + dt.timedelta(seconds=20)).astimezone(dt.UTC)
    CaseFactory(scheduled=True, scheduled_release_date=soon.date(), scheduled_release_time=soon.time(), member=member)
    page = read(admin)
    assert "All systems normal." in page
    assert "no ETA task" not in page
    assert "out of date</span>" not in page
    OutgoingEmail.objects.update(due=FROZEN - 1561 * MINUTE, next_try=FROZEN - 1561 * MINUTE)
    assert "Emails are waiting, but no mail worker is processing them." in read(admin)


def test_a_refusal_of_the_button_is_a_sentence(admin, refused, member):
    member.email = ""
    member.save()
    page = admin.post(f"/operations/emails/{refused.pk}/resend/", follow=True).content.decode()
    assert "This person has no email address" in page
    assert 'class="alert alert-danger" role="status"' in page


def test_technicians_and_members_send_nothing_again(client, refused, technician, member):
    for person in (technician, member):
        client.force_login(person)
        assert client.post(f"/operations/emails/{refused.pk}/resend/").status_code == 403
    refused.refresh_from_db()
    assert refused.state == "failed"


def test_only_administrators_find_it_in_the_menu(client, administrator, technician, member):
    for person, is_linked in ((administrator, True), (technician, False), (member, False)):
        client.force_login(person)
        assert ('href="/operations/"' in client.get("/").content.decode()) is is_linked


def trouble(count):
    """More than the page shows or counts, of everything."""
    CaseFactory.create_batch(count, due=True)
    releases.release_due(by="a test", source="sweep")
    OutgoingEmail.objects.update(state="failed")
    CaseFactory.create_batch(count, due=True)
    releases.release_due(by="a test", source="sweep")
    OutgoingEmail.objects.filter(state="waiting").update(last_error="no answer", next_try=FROZEN + MINUTE)
    CaseFactory.create_batch(count, due=True, release_error="no", release_attempts=1, release_next_try=FROZEN + MINUTE)
    CaseFactory.create_batch(count, due=True)
    CaseFactory.create_batch(count, scheduled=True, armed_revision=1)
    CaseFactory.create_batch(count, held=True)
    soon = FROZEN + MINUTE / 2
    for second in range(count):
        at = soon + dt.timedelta(seconds=second)
        CaseFactory(scheduled=True, scheduled_release_date=at.date(), scheduled_release_time=at.time())


@pytest.mark.parametrize(
    # Session, user, clock, stop, and (whole pages) the views in the menu; one each for the days, the stored files,
    # heartbeats and beat; six for what is held, held by conditions, failing and armed, four for why, five for the
    # outbox, and up to six for the look-ahead over midnight.
    ("url", "most"),
    [("/operations/", 32), ("/operations/?days=90", 32), ("/operations/present/", 29), ("/operations/figures/", 5)],
)
def test_the_number_of_statements_does_not_grow_with_trouble(admin, url, most):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            read(admin, url)
        return len(queries)

    trouble(1)
    few = cost()
    trouble(10)
    assert cost() == few <= most
