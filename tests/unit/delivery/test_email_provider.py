"""A provider in EMAIL_URL: its settings, and what its responses and events mean. django-anymail talks to the
provider."""

from types import SimpleNamespace

import pytest
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.mail.backends.base import BaseEmailBackend

from cases.delivery import outbox
from cases.delivery.account_email_queue import queue
from cases.delivery.bounce_webhook import receive_event
from cases.delivery.bounces import Received
from cases.models import OutgoingEmail, User
from portal.email_url import email_settings, has_webhook, provider_in


def test_a_provider_is_named_by_its_scheme():
    url = "mailgun://k%2Fey@mg.example.com?webhook_secret=me:s%26cret&webhook_signing_key=sign"
    found = email_settings(url)
    assert found["EMAIL_BACKEND"] == "anymail.backends.mailgun.EmailBackend"
    assert found["ANYMAIL"] == {
        "IGNORE_UNSUPPORTED_FEATURES": True,
        "MAILGUN_API_KEY": "k/ey",
        "MAILGUN_SENDER_DOMAIN": "mg.example.com",
        "WEBHOOK_SECRET": "me:s&cret",
        "MAILGUN_WEBHOOK_SIGNING_KEY": "sign",
    }
    assert has_webhook(found)
    assert not has_webhook(email_settings("postmark://token@"))
    assert not has_webhook(email_settings("postmark://token@?webhook_signing_key=x")), "nothing would check that"
    assert not has_webhook(email_settings("postmark://token@?webhook_secret="))


@pytest.mark.parametrize("url", ["smtp://127.0.0.1:1025", "smtp+tls://me:secret@mx.example:587", "consolemail://"])
def test_everything_else_is_djangos(url):
    assert provider_in(url) == ""
    assert email_settings(url)["EMAIL_BACKEND"].startswith("django.core.mail.")
    assert not has_webhook(email_settings(url))


@pytest.mark.parametrize("url", ["postmark://", "mailgun://key@", "mailjet://key@"])
def test_a_missing_key_is_said_at_the_start(url):
    with pytest.raises(ImproperlyConfigured, match="needs its"):
        email_settings(url)


class Answered(OSError):
    """Return the error with which django-anymail reports a response of the provider's API."""

    status_code = 0


class AnsweringBackend(BaseEmailBackend):
    """Responds to each message with an HTTP status."""

    def open(self):
        return True

    def close(self):
        pass

    def send_messages(self, messages):
        error = Answered("mia@example.com is no address")
        error.status_code = int(messages[0].subject[-3:])
        raise error


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "state"), [(400, "failed"), (422, "failed"), (401, "waiting"), (429, "waiting"), (503, "waiting")]
)
def test_an_answer_of_the_provider_is_for_the_message_or_for_later(status, state, member, settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.AnsweringBackend"
    monkeypatch.setattr("cases.delivery.account_email._", lambda text: f"{text} {status}")
    queue(kind="password_reset", person=member)
    outbox.deliver()
    row = OutgoingEmail.objects.get()
    assert (row.state, row.last_error) == (state, f"{status} from the provider")


def event(kind, metadata, **told):
    """Return a tracking event, with the attributes that django-anymail gives it."""
    facts = {"reject_reason": None, "mta_response": None, "description": None, "esp_event": {}} | told
    return SimpleNamespace(event_type=kind, metadata=metadata, **facts)


EVENTS = [
    ("bounced", {"mta_response": "550 5.1.1 no such user"}, Received.RECORDED, True),
    ("bounced", {"reject_reason": "bounced"}, Received.RECORDED, True),
    ("rejected", {"reject_reason": "invalid"}, Received.RECORDED, True),
    ("bounced", {"mta_response": "452 4.2.2 mailbox full", "reject_reason": "bounced"}, Received.RECORDED, False),
    ("bounced", {"reject_reason": "bounced", "esp_event": {"Type": "SoftBounce"}}, Received.RECORDED, False),
    ("bounced", {"reject_reason": "bounced", "esp_event": {"event": "soft_bounce"}}, Received.RECORDED, False),
    ("bounced", {"reject_reason": "bounced", "esp_event": {"hard_bounce": False}}, Received.RECORDED, False),
    ("bounced", {"reject_reason": "bounced", "esp_event": {"Type": "HardBounce"}}, Received.RECORDED, True),
    ("bounced", {"mta_response": "mx 5.1.1.7 said 552", "reject_reason": "timed_out"}, Received.RECORDED, False),
    ("rejected", {"reject_reason": "spam"}, Received.RECORDED, False),
    ("deferred", {"mta_response": "451 4.7.1 later"}, Received.NO_REPORT, False),
    ("delivered", {}, Received.NO_REPORT, False),
    ("complained", {}, Received.NO_REPORT, False),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "told", "what", "marked"), EVENTS)
def test_an_event_of_the_provider_is_a_bounce_or_not(kind, told, what, marked, member, settings):
    settings.EMAIL_PROVIDER = "postmark"
    queue(kind="password_reset", person=member)
    assert outbox.deliver().sent == 1
    metadata = mail.outbox[-1].metadata
    assert "mia" not in str(metadata)
    for forged in ({}, None, {"bounce": "b-1-" + "0" * 24}):
        assert receive_event(event("bounced", forged, **told)) == Received.UNSIGNED
    assert receive_event(event(kind, metadata, **told)) == what
    assert (User.objects.get(pk=member.pk).email_bounced is not None) is marked
