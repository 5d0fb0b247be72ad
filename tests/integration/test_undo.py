"""The email of a release by hand, from a real worker to a real SMTP server."""

import datetime as dt
from typing import Any

import pytest

from cases import releases
from cases.models import OutgoingEmail, User
from tests.factories import CaseFactory
from tests.integration.conftest import StartWorker
from tests.integration.steps import until
from tests.services import MailServer

pytestmark = [pytest.mark.integration, pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def test_it_is_sent_when_the_release_can_no_longer_be_undone_and_never_if_it_was(
    start_worker: StartWorker, mail_server: MailServer, member: User, technician: User, settings: Any
) -> None:
    """There is no sweep. The message that the release published wakes the worker on time."""
    settings.RELEASE_UNDO_SECONDS = 2
    start_worker("mail", queue="mail").ready()
    kept, undone = (
        releases.complete(
            case=CaseFactory(member=member, assigned_to=technician), by=technician, source="web", release_on=None
        )
        for _ in range(2)
    )
    releases.undo(case=undone, by=technician, source="web")

    until("the mail has come", lambda: len(mail_server.taken) == 1)
    until("it is recorded", lambda: OutgoingEmail.objects.filter(state="sent").exists())

    email = OutgoingEmail.objects.get(case=kept)
    assert email.sent - email.created >= dt.timedelta(seconds=2)
    assert OutgoingEmail.objects.get(case=undone).state == "dropped"
    text = mail_server.taken[0].get_body(["plain"]).get_content()
    assert kept.external_case_id in text
    assert undone.external_case_id not in text
