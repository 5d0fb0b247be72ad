"""The operations page as Ada uses it: it refreshes itself, she pauses it, and sends an email again."""

from importlib import import_module

import pytest
from playwright.sync_api import expect

from cases import releases
from cases.core.clock import portal_now
from cases.delivery import outbox
from cases.delivery.results import DeliveryResult, Outcome
from cases.models import Case, Heartbeat, OutgoingEmail
from cases.monitoring import daily_statistics
from cases.monitoring.broker_status import BrokerStatus
from tests.browser.conftest import assert_accessible, in_two_looks, take_session
from tests.factories import CaseFactory
from tests.pages import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def refused(member):
    """An email to Mia that her server refused."""
    CaseFactory(due=True, member=member)
    releases.release_due(by="a test", source="sweep")
    (batch,) = outbox.claim(limit=1)
    outbox.record(batch, DeliveryResult(Outcome.REJECTED, "550 unknown"))
    return OutgoingEmail.objects.get()


@pytest.fixture
def busy_day(refused):
    """Some of everything that the page can show."""
    daily_statistics.update(portal_now(), seconds=60)
    CaseFactory.create_batch(2, due=True)
    CaseFactory(held=True)
    failing = CaseFactory(due=True)
    Case.objects.filter(pk=failing.pk).update(
        release_error="a check failed", release_attempts=2, release_next_try="2100-01-01T00:00Z"
    )


def refresh(page, part):
    """Do what the clock of the page does every few seconds."""
    with page.expect_response(f"**/operations/{part}/**"):
        page.evaluate(f"htmx.trigger('#{part}', 'refresh')")


def test_it_refreshes_itself_until_it_is_paused(sign_in, administrator, celery_setup):
    Heartbeat.objects.create(name="sweep", at=portal_now(), host="here")
    page = sign_in(administrator)
    page.clock.install()
    page.get_by_role("link", name="Operations").click()
    expect(page.get_by_text("All systems normal")).to_be_visible()
    expect(page.get_by_role("row", name="releases 0 releases")).to_be_visible()

    CaseFactory(due=True)
    page.clock.fast_forward("00:11")
    expect(page.get_by_text("1 case is overdue for release.", exact=True)).to_be_visible()
    expect(page.get_by_role("status").first).to_contain_text("1 case is overdue for release.")

    page.get_by_role("button", name="Pause refresh").click()
    expect(page.get_by_role("button", name="Pause refresh")).to_have_attribute("aria-pressed", "true")
    asked = []
    # The bell keeps updating.
    page.on("request", lambda request: "/live/" in request.url or asked.append(request.url))
    page.clock.fast_forward("05:00")
    page.get_by_role("button", name="Pause refresh").click()
    assert asked == []
    Case.objects.all().delete()
    page.clock.fast_forward("00:11")
    expect(page.locator("#present").get_by_text("All systems normal")).to_be_visible()


def test_a_dead_broker_is_said_and_the_rest_goes_on(sign_in, administrator, redis):
    redis.stop()
    Heartbeat.objects.create(name="sweep", at=portal_now(), host="here")
    page = sign_in(administrator, at="/operations/")
    expect(page.get_by_text("Broker not responding", exact=True)).to_be_visible(timeout=15_000)
    expect(page.locator("#broker-problems")).to_contain_text("Redis isn't responding. Check that it is running.")
    expect(page.get_by_text("All systems normal")).to_be_hidden()
    expect(page.get_by_role("status").first).not_to_contain_text("All systems normal")
    expect(page.get_by_role("heading", name="Last 30 days")).to_be_visible()
    assert_accessible(page)


def test_problems_of_two_parts_are_in_one_box(sign_in, administrator, monkeypatch):
    module = import_module("cases.views.operations")
    monkeypatch.setattr(module, "broker_status", lambda: BrokerStatus(is_up=False, words="refused"))
    page = sign_in(administrator, at="/operations/")
    expect(page.get_by_role("link", name="Redis isn't responding. Check that it is running.")).to_be_visible()
    expect(page.get_by_role("link", name="Automatic releases aren't running.")).to_be_visible()
    expect(page.locator("strong", has_text="Needs attention:").filter(visible=True)).to_have_count(1)
    upper, lower = page.locator("[data-announce]").all()
    above, below = upper.bounding_box(), lower.bounding_box()
    assert abs(above["y"] + above["height"] - below["y"]) <= 1
    assert_accessible(page)


@pytest.mark.parametrize("part", ["present", "workers", "figures"])
def test_the_page_to_sign_in_replaces_no_part(part, sign_in, administrator, redis, live_server):
    page = sign_in(administrator, at="/operations/")
    expect(page.get_by_text("no response").first).to_be_visible()
    page.get_by_label("Reason").fill("Two reports")
    before = page.locator(f"#{part} h2").all_inner_texts()
    trouble = page.locator("#refresh-trouble")
    page.context.clear_cookies(name="sessionid")
    refresh(page, part)
    expect(trouble).to_be_visible()
    assert page.locator(f"#{part} h2").all_inner_texts() == before
    expect(page.get_by_label("Password", exact=True)).to_have_count(0)

    # Signed in again in another tab.
    take_session(page.context, signed_in(administrator), live_server.url)
    refresh(page, part)
    expect(trouble).to_be_hidden()
    expect(page.get_by_label("Reason")).to_have_value("Two reports")


def test_an_email_is_sent_again_by_keyboard(sign_in, administrator, refused, redis):
    page = sign_in(administrator, at="/operations/")
    button = page.get_by_role("button", name="Resend")
    button.focus()
    refresh(page, "present")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Resending the email")).to_be_visible()
    refused.refresh_from_db()
    assert refused.state == "waiting"


def test_the_charts_say_what_the_table_says(sign_in, administrator, busy_day, redis):
    page = sign_in(administrator, at="/operations/?days=7")
    drawn = (
        "[...document.querySelectorAll('canvas')].map(canvas => Chart.getChart(canvas).data.datasets[0].data.at(-1))"
    )
    released, pending, delay = page.evaluate(drawn)
    assert (released, pending) == (1, 0)
    assert 0 <= delay < 1
    page.get_by_text("Show as table").click()
    expect(page.locator("[data-figures] tbody tr")).to_have_count(7)
    page.locator("[data-figures] tbody").evaluate("body => body.classList.add('before')")
    refresh(page, "figures")
    expect(page.locator("[data-figures] tbody:not(.before) tr").last).to_be_visible()
    assert page.evaluate(drawn) == [released, pending, delay]


@in_two_looks
def test_axe_finds_nothing(sign_in, administrator, busy_day, redis, dark, viewport):
    page = sign_in(administrator, dark=dark, viewport=viewport, at="/operations/")
    expect(page.get_by_text("no response").first).to_be_visible()
    page.get_by_text("Show as table").click()
    expect(page.locator("[data-figures] tbody tr").first).to_be_visible()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
