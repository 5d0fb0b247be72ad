"""A message that is sent without some of its rows: the remaining rows sign it, are recorded, and are those that
bounce."""

import pytest
from django.core import mail

from cases.delivery import outbox
from cases.delivery.bounces import Received, receive_message
from cases.delivery.envelope import METADATA_KEY, SignedRow
from cases.models import Case, OutgoingEmail, User
from tests.conftest import FROZEN
from tests.factories import CaseFactory
from tests.services import MailServer
from tests.unit.delivery.bounce_servers import report
from tests.unit.delivery.test_outbox import lead_to

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

# Of three rows, those whose cases must no longer be mentioned.
LOST = [{0}, {0, 1}, {1}, {2}]
# What removes a case from an email of that kind.
TAKEN_OUT = {"released": {"actual_release_date": None}, "unopened": {"first_viewed_at": FROZEN}}


@pytest.fixture(params=sorted(TAKEN_OUT))
def kind(request):
    return request.param


@pytest.fixture(params=LOST, ids=str)
def left(request, kind, member):
    """The remaining rows of a waiting message about three cases."""
    cases = CaseFactory.create_batch(3, member=member, released=True)
    facts = {"kind": kind, "recipient": member, "address": member.email, "created": FROZEN, "due": FROZEN}
    rows = [OutgoingEmail.objects.create(case=each, release_number=1, next_try=FROZEN, **facts) for each in cases]
    Case.objects.filter(pk__in=[cases[place].pk for place in request.param]).update(**TAKEN_OUT[kind])
    return [row.pk for place, row in enumerate(rows) if place not in request.param]


def states(left):
    """Return the states of the remaining rows, and of the others."""
    rows = OutgoingEmail.objects.order_by("pk")
    return (
        set(rows.filter(pk__in=left).values_list("state", flat=True)),
        set(rows.exclude(pk__in=left).values_list("state", flat=True)),
    )


def is_marked(person):
    return User.objects.get(pk=person.pk).email_bounced is not None


def test_its_bounce_is_recorded(left, member, settings):
    settings.BOUNCE_DOMAIN = "bounces.example"
    assert outbox.deliver().sent == 1
    assert states(left) == ({"sent"}, {"dropped"})
    assert receive_message(report(mail.outbox[-1].from_email), by="a test") == Received.RECORDED
    assert states(left) == ({"undeliverable"}, {"dropped"})
    assert is_marked(member)


def test_a_provider_names_a_row_that_is_left(left, settings):
    settings.EMAIL_PROVIDER = "postmark"
    assert outbox.deliver().sent == 1
    signed = SignedRow.read(mail.outbox[-1].metadata[METADATA_KEY])
    assert signed.row_id in left


def test_its_refusal_marks_the_address(left, member, settings):
    server = MailServer()
    server.answer_recipient = lambda _: "550 5.1.1 no such user"
    with server.running():
        lead_to(settings, server.port)
        outbox.deliver()
    assert states(left) == ({"failed"}, {"dropped"})
    assert is_marked(member)


def test_its_log_line_names_what_it_told(left, caplog):
    outbox.deliver()
    told = tuple(OutgoingEmail.objects.filter(pk__in=left).order_by("pk").values_list("case_id", flat=True))
    assert [record.msg["case_ids"] for record in caplog.records if record.msg["event"] == "email sent"] == [told]
