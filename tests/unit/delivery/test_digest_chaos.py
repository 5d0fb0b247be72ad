"""A daily digest whose sender dies, and events in the meantime: everything is reported once."""

import datetime as dt

import pytest

from cases.delivery import outbox
from cases.delivery.email_claims import claim, lease
from cases.delivery.notifications import notify
from cases.models import Notification, NotificationChoice
from tests.conftest import FROZEN
from tests.factories import CaseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

DAY = dt.timedelta(days=1)


def test_a_digest_whose_sender_died_is_the_same_message_and_what_happened_since_is_in_the_next(
    technician, mailoutbox, clock
):
    NotificationChoice.objects.create(user=technician, kind="assigned", channel="digest")
    cases = [CaseFactory(assigned_to=technician) for _ in range(4)]

    def tell(case) -> None:
        notify("assigned", case=case, to=[technician], by="a program", at=FROZEN)

    tell(cases[0])
    tell(cases[1])
    clock.shift(DAY)
    (batch,) = claim(limit=50)  # and dies
    tell(cases[2])
    Notification.objects.filter(case=cases[1]).update(read_at=FROZEN)
    clock.shift(lease())
    tell(cases[3])
    outbox.deliver()
    clock.shift(DAY)
    outbox.deliver()
    assert mailoutbox[0].extra_headers["Message-ID"] == batch.message_id
    told = [[case for case in cases if case.external_case_id in mail.body + mail.subject] for mail in mailoutbox]
    assert told == [[cases[0]], [cases[2], cases[3]]]
