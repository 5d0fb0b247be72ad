"""The email about the security of an account: what was changed, when, and what to do. Nothing that was typed."""

import datetime as dt
import re

import pytest
from django.core import mail
from django.test import override_settings

from cases.accounts import api_tokens, people
from cases.accounts.factor_changes import recorded
from cases.delivery import outbox
from cases.delivery.resend import resend
from cases.lifecycle.security_notices import COLLECTED_FOR
from cases.models import AccountEvent, OutgoingEmail
from tests.unit.lifecycle.test_security_notices import change_password, lose_app, make_token, with_password

pytestmark = pytest.mark.django_db


def the_message(clock):
    """Send what is queued once its minute is over. Return the only message."""
    clock.shift(COLLECTED_FOR)
    outbox.deliver()
    (message,) = mail.outbox
    return message


@override_settings(PORTAL_URL="https://portal.example")
def test_it_says_what_happened_when_and_what_to_do(technician, clock):
    technician.first_name = "Tom"
    change_password(with_password(technician))
    message = the_message(clock)
    assert message.subject == "[Advisor Portal] Your password was changed"
    assert message.body == (
        "Hello Tom,\n\n"
        "This change was made to your account in the Advisor Portal:\n\n"
        "* Your password was changed\n  June 11, 2025, 12:00 PM\n\n"
        "If you did this or asked for it, you can ignore this email.\n\n"
        "If not, someone else may have access to your account. Set a new password: this signs everyone out and ends "
        "all API tokens and calendar feeds. Then contact an administrator.\n\n"
        "Set a new password:\nhttps://portal.example/accounts/password/reset/\n\n"
        "Check your security settings:\nhttps://portal.example/accounts/security/\n\n"
        "Advisor Portal\n"
        "We send this when the security of your account changes. You can't turn off these emails.\n"
    )
    assert "List-Unsubscribe" not in message.extra_headers


def test_it_is_in_the_language_and_on_the_clock_of_its_reader(technician, clock):
    technician.language, technician.time_zone = "es", "America/Chicago"
    change_password(with_password(technician))
    message = the_message(clock)
    assert message.subject == "[Advisor Portal] Su contraseña se cambió"
    assert "11 de junio de 2025, 7:00 CDT" in message.body


def test_it_says_who_did_it_if_it_was_not_the_person(technician, administrator, clock):
    with_password(technician)
    lose_app(technician, administrator)
    make_token(technician, by="api_token")
    body = the_message(clock).body
    assert "was turned off\n  June 11, 2025, 12:00 PM\n  Signing in takes only your password now.\n" in body
    assert body.count("  This was done by an administrator.\n") == 1
    assert body.count("  This was done by the people who run the portal.\n") == 1


def test_it_quotes_nothing_that_was_typed_and_no_secret(technician, clock):
    """A stranger who has got in may have typed it, to lead the reader on with it."""
    token, secret = api_tokens.create(user=technician, by=technician, name="Call 555 0100 now", days=1)
    message = the_message(clock)
    html = message.alternatives[0].content
    for words in ("555", secret, str(token), token.token_key, token.digest):
        assert words not in message.body + html + message.subject
    assert set(re.findall(r"https?://\S+/(\w+)/(\w+)/", message.body)) == {
        ("accounts", "security"),
        ("password", "reset"),
    }


def test_it_tells_only_what_its_own_person_changed(technician, other_technician, clock):
    make_token(technician)
    make_token(other_technician)
    with recorded(technician, AccountEvent.Kind.RECOVERY_CODES_MADE):
        """Without making any, which takes a page."""
    clock.shift(COLLECTED_FOR)
    outbox.deliver()
    told = {message.to[0]: re.findall(r"^[*] (.+)", message.body, re.M) for message in mail.outbox}
    assert told == {
        "tom@example.com": ["An API token was created", "New recovery codes were created"],
        "otto@example.com": ["An API token was created"],
    }


def test_a_flood_hides_no_other_change(technician, clock):
    """Neither in the text nor in the subject."""
    for number in range(60):
        token, _secret = api_tokens.create(user=technician, by=technician, name=f"{number}", days=1)
        api_tokens.end(token=token, by=technician)
    clock.shift(30)
    change_password(with_password(technician))
    clock.shift(COLLECTED_FOR)
    outbox.deliver()
    (message,) = mail.outbox
    assert message.subject == "[Advisor Portal] Security changes to your account"
    assert "* An API token was created\n  60 times, last on June 11, 2025, 12:00 PM\n" in message.body
    assert "* Your password was changed\n  June 11, 2025, 12:00 PM\n" in message.body


def test_a_failed_one_can_be_sent_again_and_says_the_same(technician, administrator, clock):
    make_token(technician)
    OutgoingEmail.objects.update(state="failed")
    clock.shift(dt.timedelta(days=1))
    make_token(technician, name="another")
    resend(email=OutgoingEmail.objects.get(state="failed"), by=administrator, source="web")
    outbox.deliver()
    (message,) = mail.outbox
    assert message.body.count("An API token was created\n  June 11") == 1
    assert "June 12" not in message.body


def test_after_a_correction_it_goes_to_the_present_address(technician, administrator, clock):
    make_token(technician)
    people.correct(person=technician, by=administrator, email="new@example.com", first_name="", last_name="")
    clock.shift(COLLECTED_FOR)
    outbox.deliver()
    assert {message.to[0]: message.subject for message in mail.outbox} == {
        "tom@example.com": "[Advisor Portal] Your email address was changed",
        "new@example.com": "[Advisor Portal] An API token was created",
    }
