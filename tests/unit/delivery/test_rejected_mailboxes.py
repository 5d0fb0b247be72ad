"""A mailbox that the server refuses while the portal sends to it: what marks the address, and what clears the mark."""

import datetime as dt

import pytest

from cases import releases
from cases.accounts.people import correct
from cases.core.errors import WrongState
from cases.delivery import outbox
from cases.delivery.resend import resend_to
from cases.delivery.retries import MAX_DEFERRALS
from cases.lifecycle.preflight import preflights, with_facts
from cases.models import AccountEvent, Case, OutgoingEmail, User
from tests.conftest import FROZEN
from tests.factories import CaseFactory
from tests.services import MailServer
from tests.unit.delivery.test_outbox import lead_to

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def server(settings):
    """A mail server that responds to each recipient as in `says`, by address."""
    server = MailServer()
    server.says = {}
    server.answer_recipient = lambda address: server.says.get(address, "250 OK")
    with server.running():
        lead_to(settings, server.port)
        yield server


def send(person):
    CaseFactory(due=True, member=person)
    releases.release_due(by="test", source="command")
    OutgoingEmail.objects.filter(state="waiting").update(next_try=FROZEN)
    return outbox.deliver()


def marked(person):
    """Return the text with which the address of `person` is marked."""
    return User.objects.get(pk=person.pk).email_bounce_words


ANSWERS = [
    # the response to RCPT → whether it marks the address immediately
    ("550 5.1.1 <mia@example.com>: no such user", True),
    ("550 5.1.10 null MX", True),
    ("550 5.2.1 mailbox disabled", True),
    ("550-5.1.1 The account does not exist.\n550 5.1.1 Learn more", True),
    ("552 5.2.2 mailbox full", False),
    ("550 5.7.1 blocked by policy", False),
    ("550 5.1.8 bad sender", False),
    ("550 5.1.0 sender rejected", False),
    ("550 No such user", False),
    ("554 rejected: 5.1.1.7 is on a list", False),
    ("450 4.2.1 try later", False),
    ("450 5.1.1 confused", False),
]


@pytest.mark.parametrize(("answer", "is_marked"), ANSWERS, ids=[answer for answer, _ in ANSWERS])
def test_what_the_server_says_of_the_mailbox_decides(answer, is_marked, server, member, other_member, caplog):
    server.says[member.email] = answer
    send(other_member)
    send(member)
    is_tried_again = answer[0] == "4" or "5.1.8" in answer
    assert OutgoingEmail.objects.get(recipient=member).state == ("waiting" if is_tried_again else "failed")
    assert bool(marked(member)) is is_marked
    assert not marked(other_member)
    assert AccountEvent.objects.filter(person=member, kind="email_bounced").exists() is is_marked
    assert "mia@example.com" not in marked(member)
    for private in (answer[10:], "mia@example.com"):
        assert private not in caplog.text


def test_what_it_says_of_the_message_is_not_about_the_mailbox(server, member):
    server.answer_message = lambda _: "550 5.1.1 unknown"
    send(member)
    assert not marked(member)


# R: refused for a temporary reason. P: by policy. S: accepted. The address is marked after the last letter.
STREAKS = [("RR", False), ("RRR", True), ("RRSR", False), ("SRRR", True), ("PPPP", False), ("RPRR", True)]
SAID = {"R": "552 5.2.2 mailbox full", "P": "550 5.7.1 blocked", "S": "250 OK"}


@pytest.mark.parametrize(("answers", "is_marked"), STREAKS)
def test_three_passing_refusals_in_a_row_count_as_one_for_good(answers, is_marked, server, member, clock):
    for letter in answers:
        server.says[member.email] = SAID[letter]
        send(member)
        clock.shift(HOUR)
    assert bool(marked(member)) is is_marked


def test_one_that_was_tried_for_two_days_counts_once(server, member, clock):
    server.says[member.email] = "452 4.2.2 mailbox full"
    for number in range(3):
        assert not marked(member), number
        send(member)
        OutgoingEmail.objects.filter(state="waiting").update(deferrals=MAX_DEFERRALS - 1)
        clock.shift(10 * HOUR)
        outbox.deliver()
    assert OutgoingEmail.objects.filter(state="failed").count() == 3
    assert "4.2.2" in marked(member)


def test_a_former_address_marks_no_present_one(server, member, administrator):
    server.says[member.email] = "550 5.1.1 no such user"
    correct(person=member, by=administrator, email="new@example.com", first_name="Mia", last_name="")
    outbox.deliver()
    notice = OutgoingEmail.objects.get(kind="address_changed")
    assert (notice.state, marked(member)) == ("failed", "")


def test_it_shows_before_a_release_and_a_corrected_address_ends_it(server, member, administrator):
    case = CaseFactory(member=member, scheduled=True)
    server.says[member.email] = "550 5.1.1 no such user"
    send(member)
    found = preflights(with_facts(Case.objects.filter(pk=case.pk)))[case.pk]
    assert "Email to the member is bouncing" in [check.text for check in found.failed]
    with pytest.raises(WrongState):
        resend_to(person=member, by=administrator, source="web")
    correct(person=member, by=administrator, email="new@example.com", first_name="Mia", last_name="")
    assert not marked(member)
    assert resend_to(person=member, by=administrator, source="web") == 1
    assert outbox.deliver().sent == 1
    assert [message["To"] for message in server.taken] == ["new@example.com"]
