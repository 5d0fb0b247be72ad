"""A storm of bounces, many of them forged or repeated, in any order, several about one address: each counts once."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.delivery import outbox
from cases.delivery.account_email_queue import queue
from cases.delivery.bounces import Received, receive_message
from cases.models import AccountEvent, OutgoingEmail, User
from tests.factories import UserFactory
from tests.unit.delivery.bounce_servers import report

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

PEOPLE, BOUNCES = 7, 300
MOST_STATEMENTS = 20
# What happens to the three messages to each person, by turns: H bounced permanently, B for a temporary reason.
FATES = {"H..": True, "..H": True, "HHH": True, "BBB": True, "BB.": False, ".B.": False, "...": False}
STATUS = {"H": "5.1.1", "B": "4.2.2"}
ADDRESS, WORDS = "@storm.example", "the server said so"


def sent_to(person: User, clock) -> list[str]:
    """Send three messages. Return the senders of their envelopes."""
    senders = []
    for _ in range(3):
        queue(kind="password_reset", person=person)
        outbox.deliver()
        senders.append(mail.outbox[-1].from_email)
        clock.shift(timedelta(hours=1))
    return senders


def bounce(to: str, fate: str) -> bytes:
    return report(to, STATUS[fate], words=f"550 {WORDS} <x{ADDRESS}>")


def forgeries(sender: str, another: str, person: User) -> list[bytes]:
    """Return hard bounces of `person` that the portal did not sign, and messages that are not bounces."""
    head, row, signature = sender.partition("@")[0].split("-")
    _, other_row, _ = another.partition("@")[0].split("-")
    wrong = [f"{head}-{row}-{'0' * 24}", f"{head}-{other_row}-{signature}", f"{head}-{'9' * 18}-{signature}"]
    unsigned = [bounce(to, "H") for to in (*(f"{local}@bounces.example" for local in wrong), person.email, "")]
    good_address = [report(sender, "5.1.1", action="delayed"), f"To: {sender}\n\nI am on vacation.".encode()]
    return unsigned + good_address


def test_a_storm_marks_each_address_once_and_nothing_by_a_forged_bounce(clock, settings, caplog):
    settings.BOUNCE_DOMAIN = "bounces.example"
    chance = random.Random(12)
    people = {UserFactory(email=f"p{n}{ADDRESS}"): list(FATES)[n % len(FATES)] for n in range(PEOPLE)}
    senders = {person: sent_to(person, clock) for person in people}
    good = [
        bounce(sender, fate)
        for person, fates in people.items()
        for sender, fate in zip(senders[person], fates, strict=True)
        if fate != "."
    ]
    bad = [
        raw for each in people for raw in forgeries(senders[each][0], chance.choice(list(senders.values()))[1], each)
    ]
    storm = good + chance.choices(good, k=BOUNCES // 2 - len(good)) + chance.choices(bad, k=BOUNCES // 2)
    chance.shuffle(storm)
    most, found = 0, Counter()
    for raw in storm:
        with CaptureQueriesContext(connection) as captured:
            found[receive_message(raw, by="a storm")] += 1
        most = max(most, len(captured))
    assert found[Received.RECORDED] == len(good)
    assert found[Received.KNOWN] == BOUNCES // 2 - len(good)
    assert found[Received.UNSIGNED] + found[Received.NO_REPORT] == BOUNCES // 2
    assert most <= MOST_STATEMENTS
    marked = {person for person in people if User.objects.get(pk=person.pk).email_bounced}
    assert marked == {person for person, fates in people.items() if FATES[fates]}
    events = Counter(AccountEvent.objects.filter(kind="email_bounced").values_list("person", flat=True))
    assert events == {person.pk: 1 for person in marked}
    assert OutgoingEmail.objects.filter(state="undeliverable").count() == len(good)
    assert WORDS not in caplog.text
    assert ADDRESS not in caplog.text
