"""The database hangs up between the SMTP server's 250 and the record of it. Nothing is sent twice because of that."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from cases import releases
from cases.delivery import outbox
from cases.delivery.results import DeliveryResult, Outcome
from cases.models import OutgoingEmail, User
from tests.factories import CaseFactory
from tests.services import MailServer

pytestmark = [pytest.mark.integration, pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

State = OutgoingEmail.State


@pytest.fixture
def _portal_sends_to_it(mail_server: MailServer, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mail_server.port


@pytest.mark.usefixtures("_portal_sends_to_it")
def test_connection_lost_between_acceptance_and_record(
    mail_server: MailServer, hang_up: Callable[[], None], member: User, other_member: User
) -> None:
    """The first message is recorded on a new connection, and the second is sent in the same run."""
    releases_for(member, other_member)

    def take_and_hang_up(_: object) -> str:
        if not mail_server.taken:
            hang_up()
        return "250 OK"

    mail_server.answer_message = take_and_hang_up
    assert outbox.deliver().sent == 2
    assert list(OutgoingEmail.objects.values_list("state", flat=True)) == [State.SENT] * 2
    assert len(mail_server.taken) == 2


def test_record_outlives_statements_that_fail(member: User) -> None:
    """Someone locks the row for longer than a statement waits. The result is recorded as soon as they release the
    lock."""
    releases_for(member)
    (batch,) = outbox.claim(limit=1)
    held, release = threading.Event(), threading.Event()
    holder = threading.Thread(target=hold_rows, args=[held, release])
    holder.start()
    held.wait()
    threading.Timer(0.5, release.set).start()
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 50")
    outbox.record(batch, DeliveryResult(Outcome.SENT))
    holder.join()
    assert OutgoingEmail.objects.get().state == State.SENT


def hold_rows(held: threading.Event, release: threading.Event) -> None:
    with transaction.atomic():
        list(OutgoingEmail.objects.select_for_update())
        held.set()
        release.wait()
    connection.close()


def releases_for(*members: User) -> None:
    for member in members:
        CaseFactory(due=True, member=member)
    releases.release_due(by="test", source="command")
