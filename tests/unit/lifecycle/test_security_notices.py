"""A change to the security of an account is queued as an email with the change, few for many changes."""

import datetime as dt

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.db import DatabaseError, transaction

from cases.accounts import api_tokens, calendar_feed, own_account, people
from cases.accounts.factor_changes import recorded
from cases.delivery import outbox
from cases.lifecycle import security_notices
from cases.lifecycle.account_history import record
from cases.lifecycle.security_notices import COLLECTED_FOR, HOUR, MAX_PER_HOUR, TOLD
from cases.models import AccountEvent, OutgoingEmail, User
from tests.unit.releases.test_races import held_open

pytestmark = pytest.mark.django_db

Kind = AccountEvent.Kind
NOT_TOLD = {
    Kind.INVITED: "the invitation is an email",
    Kind.INVITED_AGAIN: "so is this one",
    Kind.PASSWORD_SET: "with the link of the invitation, by the person who has its address",
    Kind.DEACTIVATED: "nobody can use the account, and a deactivated person gets no email",
    Kind.REACTIVATED: "only an administrator can, and nothing that was granted before comes back",
    Kind.ROLE_CHANGED: "only an administrator can, and it ends all access",
    Kind.CORRECTED: "a new address is told to the former one (ADDRESS_CHANGED). A name opens nothing",
    Kind.API_TOKEN_ENDED: "takes access away",
    Kind.CALENDAR_FEED_ENDED: "takes access away",
    Kind.CASES_HANDED_OVER: "is about cases, and has notifications",
    Kind.MAIL_RESENT: "is about email",
    Kind.EMAIL_BOUNCED: "is about email",
    Kind.BOUNCE_CLEARED: "is about email",
    Kind.ABSENCE_SET: "is about cases",
    Kind.ABSENCE_ENDED: "is about cases",
}


def queued() -> list[tuple[str, list[str]]]:
    """Return for each security notice to whom it is addressed, and which changes it tells of."""
    emails = OutgoingEmail.objects.filter(kind="account_security").order_by("pk")
    return [
        (
            email.recipient.username,
            [change.kind for change in security_notices.changes_told_in(email.payload, email.recipient_id)],
        )
        for email in emails
    ]


def sent() -> list[str]:
    """Send what is due. Return the subjects."""
    mail.outbox.clear()
    outbox.deliver()
    return [message.subject.removeprefix("[Advisor Portal] ") for message in mail.outbox]


def with_password(person: User) -> User:
    person.set_password("a former phrase")
    person.save()
    return person


def change_password(person: User, *, with_link: bool = False) -> None:
    own_account.set_password(by=User.objects.get(pk=person.pk), password="a phrase of four words", with_link=with_link)


def make_token(person: User, name: str = "Sync", by: User | str = "") -> None:
    api_tokens.create(user=User.objects.get(pk=person.pk), by=by or person, name=name, days=1)


def set_up_app(person: User) -> None:
    with recorded(person, Kind.SECOND_FACTOR_ADDED):
        TOTP.activate(person, "JBSWY3DPEHPK3PXP")


def lose_app(person: User, administrator: User) -> None:
    TOTP.activate(person, "JBSWY3DPEHPK3PXP")
    people.remove_second_factor(person=person, by=administrator, reason="Lost the phone.")


def test_each_kind_is_told_or_has_a_reason_not_to():
    assert set(TOLD) | set(NOT_TOLD) == set(Kind), "decide it in TOLD, or say here why not"
    assert not set(TOLD) & set(NOT_TOLD)


@pytest.mark.parametrize("kind", NOT_TOLD)
def test_other_kinds_queue_nothing(kind, member):
    record(member, kind, by="a test")
    assert queued() == []


CHANGES = {
    Kind.PASSWORD_CHANGED: lambda person, administrator: change_password(with_password(person)),
    Kind.PASSWORD_RESET: lambda person, administrator: change_password(with_password(person), with_link=True),
    Kind.API_TOKEN_CREATED: lambda person, administrator: make_token(person),
    Kind.CALENDAR_FEED_MADE: lambda person, administrator: calendar_feed.make(user=person),
    Kind.SECOND_FACTOR_ADDED: lambda person, administrator: set_up_app(person),
    Kind.SECOND_FACTOR_REMOVED: lose_app,
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_is_told_once_to_its_person_and_to_no_one_else(kind, technician, administrator, clock):
    CHANGES[kind](technician, administrator)
    assert queued() == [("tom", [kind])]
    assert sent() == [], "other changes are waited for"
    clock.shift(COLLECTED_FOR)
    assert sent() == [TOLD[kind].what]
    assert mail.outbox[0].to == ["tom@example.com"]
    clock.shift(dt.timedelta(days=1))
    assert sent() == []


def test_an_invitation_that_is_accepted_is_not(administrator):
    nina = people.invite(by=administrator, email="nina@example.com", first_name="", last_name="", role="member")
    change_password(nina, with_link=True)
    assert queued() == []


def make_token_and_fail(person: User) -> None:
    with transaction.atomic():
        make_token(person)
        raise DatabaseError


def set_up_app_and_fail(person: User) -> None:
    with recorded(person, Kind.SECOND_FACTOR_ADDED):
        TOTP.activate(person, "JBSWY3DPEHPK3PXP")
        raise DatabaseError


@pytest.mark.parametrize("change", [make_token_and_fail, set_up_app_and_fail])
def test_a_change_that_is_rolled_back_is_not(change, technician):
    with pytest.raises(DatabaseError):
        change(technician)
    assert queued() == []
    assert not Authenticator.objects.exists()


def test_a_person_without_an_address_gets_none(technician, clock):
    User.objects.filter(pk=technician.pk).update(email="")
    make_token(technician)
    assert queued() == []


def test_a_person_who_is_deactivated_meanwhile_gets_none(technician, administrator, clock):
    make_token(technician)
    people.deactivate(person=technician, by=administrator)
    clock.shift(COLLECTED_FOR)
    assert sent() == []
    email = OutgoingEmail.objects.get(kind="account_security")
    assert (email.state, email.last_error) == ("dropped", "The account is deactivated.")


def test_changes_within_a_minute_are_one_email(technician, other_technician, clock):
    make_token(technician)
    make_token(other_technician)
    clock.shift(COLLECTED_FOR / 2)
    set_up_app(technician)
    clock.shift(COLLECTED_FOR / 2)
    assert sorted(sent()) == ["An API token was created", "Security changes to your account"]
    change_password(with_password(technician))
    assert queued() == [
        ("tom", ["api_token_created", "second_factor_added"]),
        ("otto", ["api_token_created"]),
        ("tom", ["password_changed"]),
    ]


def test_a_message_that_is_tried_again_stays_as_it_was(technician, clock):
    """Its first attempt may have arrived, and the second has the same Message-ID."""
    make_token(technician)
    clock.shift(COLLECTED_FOR)
    outbox.return_claim(outbox.claim(limit=5))
    calendar_feed.make(user=technician)
    assert queued() == [("tom", ["api_token_created"]), ("tom", ["calendar_feed_made"])]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_sender_waits_for_a_change_that_it_would_miss(technician, clock):
    make_token(technician)
    clock.shift(COLLECTED_FOR)
    with held_open(lambda: calendar_feed.make(user=technician)):
        assert outbox.claim(limit=5) == []
    assert sent() == ["Security changes to your account"]
    assert queued() == [("tom", ["api_token_created", "calendar_feed_made"])]


def test_a_flood_of_changes_is_bounded_and_nothing_is_left_out(technician, clock, settings):
    settings.API_TOKENS_PER_PERSON = 1000
    day, count = dt.timedelta(days=1), 0
    until = dt.timedelta()
    emails = []
    while until < day:
        make_token(technician, name=f"{count}")
        count += 1
        clock.shift(COLLECTED_FOR * 2)
        until += COLLECTED_FOR * 2
        emails += [(until, subject) for subject in sent()]
    assert len(emails) <= 24 * (MAX_PER_HOUR + 1)
    hours = [sum(start <= at < start + HOUR for at, _subject in emails) for start, _subject in emails]
    assert max(hours) <= MAX_PER_HOUR + 1
    clock.shift(HOUR)
    sent()
    told = [security_notices.changes_told_in(email.payload, technician.pk) for email in OutgoingEmail.objects.all()]
    assert sum(change.times for changes in told for change in changes) == count


def test_a_flood_while_the_mail_server_is_down_is_bounded_too(technician, clock, settings):
    settings.API_TOKENS_PER_PERSON = 1000
    for number in range(60):
        make_token(technician, name=f"{number}")
        clock.shift(COLLECTED_FOR)
        outbox.return_claim(outbox.claim(limit=5))
    assert len(queued()) == MAX_PER_HOUR + 1
