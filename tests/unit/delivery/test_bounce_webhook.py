"""EMAIL_URL names a provider: what django-anymail sends to its API, and what its webhook accepts and refuses."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from django.test import Client
from django.urls import clear_url_caches, include, path

from cases import releases
from cases.core.clock import portal_now
from cases.delivery import bounce_webhook, outbox
from cases.delivery.envelope import METADATA_KEY, local_part
from cases.models import Case, OutgoingEmail, User
from cases.monitoring.outbox_status import outbox_status
from portal.email_url import email_settings, tracking_urls
from portal.urls import urlpatterns as pages
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db

urlpatterns: list[Any] = []


class Api(BaseHTTPRequestHandler):
    """Stands in for the API of a provider: responds as `answer` says, and stores the requests."""

    answer: tuple[int, dict[str, Any]]
    asked: list[tuple[Any, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).asked.append((self.headers, body))
        status, said = type(self).answer
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    def log_message(self, *args: object) -> None:  # type: ignore[override]
        """Keep quiet."""


@contextmanager
def api(settings: Any, url: str, answer: tuple[int, dict[str, Any]]) -> Iterator[type[Api]]:
    """Run a stand-in, and the portal as `url` sets it up, with its webhook."""
    from anymail.signals import tracking

    handler = type("Running", (Api,), {"answer": answer, "asked": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    found = email_settings(f"{url}&api_url=http://127.0.0.1:{server.server_port}/")
    settings.EMAIL_BACKEND, settings.ANYMAIL = found["EMAIL_BACKEND"], found["ANYMAIL"]
    settings.EMAIL_PROVIDER = url.partition(":")[0]
    urlpatterns[:] = [*pages, path("email-events/", include((tracking_urls(settings.EMAIL_PROVIDER), "anymail")))]
    settings.ROOT_URLCONF = __name__
    clear_url_caches()
    bounce_webhook.connect()
    try:
        yield handler
    finally:
        tracking.disconnect(dispatch_uid=bounce_webhook.__name__)
        server.shutdown()
        server.server_close()


def send(member: User) -> OutgoingEmail:
    """Release a case, and send the email about it."""
    CaseFactory(due=True, member=member)
    releases.release_due(by="test", source="command")
    OutgoingEmail.objects.update(next_try="2020-01-01T00:00Z")
    outbox.deliver()
    return OutgoingEmail.objects.get()


def marked(member: User) -> str:
    """Return the text with which the address is marked."""
    return User.objects.get(pk=member.pk).email_bounce_words


POSTMARK = "postmark://token@?webhook_secret=hook:secret"
TAKEN = {"ErrorCode": 0, "Message": "OK", "MessageID": "0a1", "To": "mia@example.com"}
HOOK = {"Authorization": "Basic " + base64.b64encode(b"hook:secret").decode()}


def bounce(metadata: dict[str, str], **facts: str) -> dict[str, Any]:
    """Return the body that Postmark posts."""
    usual = {
        "RecordType": "Bounce",
        "ID": 42,
        "Type": "HardBounce",
        "TypeCode": 1,
        "MessageID": "0a1",
        "Description": "The server was unable to deliver your message.",
        "Details": "smtp;550 5.1.1 <mia@example.com>: no such user",
        "Email": "mia@example.com",
        "BouncedAt": "2025-06-11T12:30:00Z",
        "Metadata": metadata,
    }
    return usual | facts


def post(body: Any, provider: str = "postmark", **headers: Any) -> int:
    """Post an event as a provider does. Return the status."""
    client = Client(raise_request_exception=False)
    answer = client.post(
        f"/email-events/{provider}/tracking/", json.dumps(body), content_type="application/json", **headers
    )
    return answer.status_code


def test_a_bounce_marks_the_address_and_a_forged_one_is_refused(settings: Any, member: User, caplog: Any) -> None:
    with api(settings, POSTMARK, (200, TAKEN)) as running:
        email = send(member)
        assert email.state == "sent"
        ((headers, asked),) = running.asked
        sent = json.loads(asked)
        assert headers["X-Postmark-Server-Token"] == "token"
        assert (sent["To"], sent["Subject"]) == ("mia@example.com", f"Your case {email.case.external_case_id} is ready")
        assert email.message_id in json.dumps(sent["Headers"])

        true = bounce(sent["Metadata"])
        assert post(true) == 400
        wrong = "Basic " + base64.b64encode(b"hook:guess").decode()
        assert post(true, headers={"Authorization": wrong}) == 400
        assert post(true, provider="sendgrid", headers=HOOK) == 404, "nobody proves those"
        assert post(bounce({"bounce": f"b-{email.pk}-{'0' * 24}"}), headers=HOOK) == 200, "known, but not signed"
        assert post(bounce({}), headers=HOOK) == 200
        assert not marked(member)

        assert [post(true, headers=HOOK) for _ in range(2)] == [200, 200]
        assert marked(member) == "smtp;550 5.1.1 <<address>>: no such user"
        assert OutgoingEmail.objects.get().state == "undeliverable"
        assert "no such user" not in caplog.text


PASSING = [{"Type": "SoftBounce", "Details": ""}, {"Details": "smtp;452 4.2.2 full"}, {"Type": "Transient"}]


@pytest.mark.parametrize("facts", PASSING)
def test_what_may_pass_marks_nothing(facts: dict[str, str], settings: Any, member: User) -> None:
    with api(settings, POSTMARK, (200, TAKEN)) as running:
        send(member)
        assert post(bounce(json.loads(running.asked[0][1])["Metadata"], **facts), headers=HOOK) == 200
        assert not marked(member)


ANSWERS = [
    # the response of the provider's API → the state of the email, and whether the address is marked
    (422, {"ErrorCode": 300, "Message": "Invalid 'To' address: 'mia@example.com'."}, "failed", True),
    (
        422,
        {"ErrorCode": 406, "Message": "Found inactive addresses: mia@example.com. Inactive recipients are …"},
        "failed",
        False,
    ),
    (422, {"ErrorCode": 300, "Message": "Invalid 'From' address: 'x'."}, "waiting", False),
    (
        422,
        {"ErrorCode": 400, "Message": "The 'From' address you supplied is not a Sender Signature."},
        "waiting",
        False,
    ),
    (422, {"ErrorCode": 300, "Message": "Invalid 'Tag': a letter from Mia"}, "failed", False),
    (401, {"ErrorCode": 10, "Message": "Bad token"}, "waiting", False),
    (503, {}, "waiting", False),
]


@pytest.mark.parametrize(("status", "said", "state", "is_marked"), ANSWERS)
def test_what_the_api_says_of_the_recipient_or_of_itself(
    status: int, said: dict[str, Any], state: str, is_marked: bool, settings: Any, member: User, caplog: Any
) -> None:
    with api(settings, POSTMARK, (status, said)):
        email = send(member)
        assert (email.state, bool(marked(member))) == (state, is_marked)
        assert "mia@example.com" not in caplog.text + email.last_error + marked(member)


REFUSED_SENDERS = [
    ("postmark", "token@?x=1", 422, {"ErrorCode": 400, "Message": "The 'From' address is not a Sender Signature."}),
    ("resend", "key@?x=1", 422, {"message": "Invalid `from` field."}),
    ("mailgun", "key@mg.example.com?x=1", 400, {"message": "'from' parameter is not a valid address"}),
    ("brevo", "key@?x=1", 400, {"code": "invalid_parameter", "message": "sender is not valid"}),
    ("sparkpost", "key@?x=1", 400, {"errors": [{"description": "Unconfigured Sending Domain <a.example>"}]}),
]


@pytest.mark.parametrize(("provider", "where", "status", "said"), REFUSED_SENDERS)
def test_a_sender_whom_the_provider_refuses_is_one_of_every_email(
    provider: str, where: str, status: int, said: dict[str, Any], settings: Any, member: User
) -> None:
    """It is corrected in the settings or at the provider. No email must be lost in the meantime."""
    with api(settings, f"{provider}://{where}", (status, said)):
        email = send(member)
        assert (email.state, email.deferrals) == ("waiting", 1)
        assert email.last_error == f"SMTPSenderRefused: {status} from the provider"
        problems = outbox_status(Case.objects.all(), portal_now()).problems
        assert [problem for problem in problems if "DEFAULT_FROM_EMAIL" in problem.text]


def test_a_signature_proves_an_event_too(settings: Any, member: User) -> None:
    url = "mailgun://key@mg.example.com?webhook_signing_key=signing"
    with api(settings, url, (200, {"id": "<1@mg.example.com>", "message": "Queued"})):
        email = send(member)
        assert email.state == "sent"
        body: dict[str, Any] = {
            "event-data": {
                "event": "failed",
                "severity": "permanent",
                "reason": "bounce",
                "recipient": "mia@example.com",
                "delivery-status": {"code": 550, "message": "5.1.1 no such user"},
                "user-variables": {},
                "timestamp": 1749645000.0,
                "id": "x1",
            }
        }
        body["event-data"]["user-variables"] = {METADATA_KEY: local_part(email.pk, email.message_id)}
        for key in (b"guess", b"signing"):
            assert not marked(member)
            said = hmac.new(key, b"1749645000token", hashlib.sha256).hexdigest()
            body["signature"] = {"timestamp": "1749645000", "token": "token", "signature": said}
            assert post(body, "mailgun") == (200 if key == b"signing" else 400)
        assert "no such user" in marked(member)


@pytest.mark.parametrize("provider", ["brevo", "mailjet", "postmark", "resend", "sendgrid", "sparkpost", "mailgun"])
def test_every_provider_of_email_url_has_a_webhook(provider: str) -> None:
    assert len(tracking_urls(provider)) == 1
