"""A mail server that accepts nothing soon raises an alarm, whenever the rows' next try is."""

import datetime as dt

import pytest

from cases import releases
from cases.delivery import outbox
from cases.delivery.account_email_queue import queue
from cases.delivery.resend import resend
from cases.delivery.results import DeliveryResult, Outcome
from cases.models import Case, Heartbeat, OutgoingEmail
from cases.monitoring.outbox_status import USUAL_DEFERRAL, outbox_status
from cases.monitoring.prometheus import exposition
from tests.conftest import FROZEN
from tests.factories import CaseFactory, UserFactory
from tests.services import free_port

pytestmark = pytest.mark.django_db

SECOND = dt.timedelta(seconds=1)
SWEEP = 10 * SECOND


@pytest.fixture(autouse=True)
def _noon(clock):
    """It is noon."""


@pytest.fixture
def nobody_listens(settings):
    """The mail server is down."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()


def released(count):
    CaseFactory.create_batch(count, due=True)
    releases.release_due(by="a test", source="sweep")


def of_accounts(count):
    for person in UserFactory.create_batch(count):
        queue(kind="password_reset", person=person)


def sweeps(clock, seconds, every=SWEEP):
    """Have the mail worker do what the sweeps of that many seconds cause. Return the present moment."""
    ends = clock_now() + seconds * SECOND
    while clock_now() < ends:
        outbox.deliver()
        clock.shift(every)
    return ends


def seen(now):
    return outbox_status(Case.objects.all(), now)


@pytest.mark.slow
@pytest.mark.usefixtures("nobody_listens")
@pytest.mark.one_database(
    "takes two hours of claims, of which tests/unit/delivery/test_outbox.py has each kind on both"
)
@pytest.mark.parametrize(("about", "count"), [(released, 1), (of_accounts, 3), (released, 12)])
def test_a_server_that_is_down_is_told_with_its_words(clock, about, count):
    about(count)
    # The rest of two hours at cron's pace, which is faster to test and tries as often as back-off allows.
    for seconds, every in ((70, SWEEP), (260, SWEEP), (6870, 6 * SWEEP)):
        now = sweeps(clock, seconds, every)
        box = seen(now)
        assert box.oldest == now - FROZEN
        (problem,) = box.problems
        assert problem.text.startswith("The mail server isn't accepting email: ")
        assert "Connection refused" in problem.text
        assert box.retrying.number == len(box.retrying_rows) > 0
        assert box.retrying.number + box.waiting.number == count
        assert {row.attempts for row in box.retrying_rows} == {0}


@pytest.mark.usefixtures("nobody_listens")
def test_a_hiccup_of_the_server_is_none(clock):
    released(2)
    assert seen(sweeps(clock, 30)).problems == []


@pytest.mark.usefixtures("nobody_listens")
def test_it_ends_when_the_mail_has_left(clock, settings):
    released(4)
    sweeps(clock, 330)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    box = seen(sweeps(clock, 60))
    assert box.problems == []
    assert box.oldest == dt.timedelta()
    assert box.retrying_rows == []


@pytest.mark.usefixtures("nobody_listens")
def test_what_comes_later_does_not_make_it_look_young(clock):
    released(1)
    now = sweeps(clock, 300)
    released(5)
    assert seen(now).oldest == 300 * SECOND
    assert len(seen(now).problems) == 1


def put_off(clock, until, every=SWEEP):
    """The recipient's server always says "later" until then."""
    while clock_now() < until:
        for batch in outbox.claim(limit=20):
            outbox.record(batch, DeliveryResult(Outcome.DEFERRED, "450 4.2.0 greylisted"))
        clock.shift(every)


def clock_now():
    return dt.datetime.now(dt.UTC)


@pytest.mark.parametrize(("after", "is_said"), [(dt.timedelta(minutes=50), False), (2 * USUAL_DEFERRAL, True)])
def test_a_recipient_who_is_put_off_is_an_alarm_only_after_an_hour(clock, after, is_said):
    released(1)
    put_off(clock, FROZEN + after)
    box = seen(clock_now())
    said = ["An email has been deferred for more than an hour: 450 4.2.0 greylisted"]
    assert [problem.text for problem in box.problems] == (said if is_said else [])
    assert [row.attempts > 3 for row in box.retrying_rows] == [True]


def test_a_sender_whom_our_server_refuses_is_an_alarm_from_the_first_time(clock):
    released(1)
    refused = DeliveryResult(Outcome.DEFERRED, "SMTPSenderRefused: 550 5.7.1 not yours")
    said = "Check EMAIL_URL, DEFAULT_FROM_EMAIL and BOUNCE_DOMAIN. The mail server refuses the sender of our emails: "
    for _ in range(12):
        (batch,) = outbox.claim(limit=20)
        outbox.record(batch, refused)
        assert [problem.text for problem in seen(clock_now()).problems] == [said + refused.error]
        clock.move_to(OutgoingEmail.objects.get().next_try)


def test_a_sender_who_is_put_off_is_an_alarm_only_after_an_hour(clock):
    """It may be a limit of messages an hour, which takes care of itself."""
    released(1)
    later = DeliveryResult(Outcome.DEFERRED, "SMTPSenderRefused: 450 4.7.1 too many messages")
    for after, said in ((0 * SECOND, []), (2 * USUAL_DEFERRAL, [later.error])):
        clock.move_to(FROZEN + after)
        (batch,) = outbox.claim(limit=20)
        outbox.record(batch, later)
        assert [problem.text.partition(": ")[2] for problem in seen(clock_now()).problems] == said


@pytest.mark.slow
def test_many_who_are_put_off_do_not_hide_that_the_server_is_down(clock):
    released(25)
    put_off(clock, FROZEN + 5 * USUAL_DEFERRAL, every=6 * SWEEP)
    released(1)
    OutgoingEmail.objects.filter(last_error="").update(last_error="timed out", due=clock_now())
    clock.shift(dt.timedelta(minutes=2))
    assert seen(clock_now()).problems[0].text == "The mail server isn't accepting email: timed out"


def metric(now):
    return float(exposition(now).decode().split("\nportal_email_oldest_seconds ")[1].split("\n")[0])


@pytest.mark.usefixtures("nobody_listens")
def test_the_age_of_the_oldest_is_a_metric(clock):
    assert metric(FROZEN) == 0
    released(2)
    assert metric(sweeps(clock, 400)) == 400
    OutgoingEmail.objects.update(state="dropped")
    assert metric(clock_now()) == 0


@pytest.mark.usefixtures("nobody_listens")
def test_the_page_is_red_and_shows_the_rows(clock, client, administrator, settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    released(1)
    of_accounts(1)
    now = sweeps(clock, 330)
    Heartbeat.objects.create(name="sweep", at=now, host="here")
    client.force_login(administrator)
    page = client.get("/operations/").content.decode()
    assert "alert-danger" in page
    assert "All systems normal" not in page
    assert page.count("Connection refused") == 3
    assert "Retrying" in page
    assert Case.objects.get().external_case_id in page
    assert "Password reset" in page


def test_what_a_person_has_sent_again_is_young_again(clock, administrator):
    released(1)
    outbox.record(outbox.claim(limit=1)[0], DeliveryResult(Outcome.REJECTED, "550 unknown"))
    clock.shift(dt.timedelta(days=2))
    resend(email=OutgoingEmail.objects.get(), by=administrator, source="web")
    assert seen(clock_now()).oldest == dt.timedelta()
    assert OutgoingEmail.objects.get().created == FROZEN
