"""One address is one account, however it is spelled. Mail goes to the domain that was typed."""

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from cases.accounts import people
from cases.core.email_addresses import UnusableAddress, canonical, for_mail_server
from cases.core.errors import CaseError
from cases.delivery import outbox
from cases.delivery.email_message import Message
from cases.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

SAME = [
    ("Mia@Example.com", "mia@example.COM"),
    (" mia@example.com ", "mia@example.com"),
    ("mia@fa\u00df.de", "MIA@xn--fa-hia.de"),
    ("mia@b\u00fccher.example", "mia@bu\u0308cher.example"),
    ("mia@B\u00dcCHER.example", "mia@xn--bcher-kva.example"),
    ("\uff4d\uff49\uff41@example.com", "mia@example.com"),
    ("mia@\uff45xample.com", "mia@example.com"),
    ("mia@example\u3002com", "mia@example.com"),
    ("mi\u200ba@example.com", "mia@example.com"),
    ("mia@example.com.", "mia@example.com"),
    ("\u212aim@example.com", "kim@example.com"),
]
DIFFERENT = [
    ("mia@fa\u00df.de", "mia@fass.de"),
    ("mia@\u03b2\u03cc\u03bb\u03bf\u03c2.example", "mia@\u03b2\u03cc\u03bb\u03bf\u03c3.example"),
    ("mia@example.com", "mia@example.org"),
    ("mia@b\u00fccher.example", "mia@bucher.example"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_address(one, other):
    assert canonical(one) == canonical(other) != ""


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_addresses_that_differ(one, other):
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize("text", ["", " ", "@", "a@", "@b", "no address", "a@b@c", "x" * 5000, "a@" + "\u00fc" * 5000,
                                  "a@\u2603.net", "a@a\u200db.de", "a@\u202eb.de", "a@..", "\ud800@x.de"])  # fmt: skip
def test_anything_has_a_form(text):
    assert canonical(text) == canonical(canonical(text))


def invite(administrator: User, email: str) -> User:
    return people.invite(by=administrator, email=email, first_name="Nina", last_name="Ng", role="member")


@pytest.mark.parametrize(("one", "other"), SAME)
def test_a_look_alike_is_refused_to_a_second_person(one, other, administrator):
    first = invite(administrator, one)
    with pytest.raises(CaseError, match="already exists") as refused:
        invite(administrator, other)
    assert refused.value.field == "email"
    other_member = UserFactory(username="olga")
    with pytest.raises(CaseError, match="already exists"):
        people.correct(person=other_member, by=administrator, email=other, first_name="", last_name="")
    assert User.objects.with_address(other).get() == first
    # One's own address in another spelling.
    people.correct(person=first, by=administrator, email=other, first_name="", last_name="")


WRITERS = {
    "save": lambda person, email: (setattr(person, "email", email), person.save()),
    "save of one field": lambda person, email: (setattr(person, "email", email), person.save(update_fields=["email"])),
    "update": lambda person, email: User.objects.filter(pk=person.pk).update(email=email),
    "update of all": lambda person, email: User.objects.update(email=email),
    "bulk_update": lambda person, email: (
        setattr(person, "email", email), User.objects.bulk_update([person], ["email"])
    ),
    "bulk_create": lambda person, email: User.objects.bulk_create([User(username="new", email=email)]),
    "create_user": lambda person, email: User.objects.create_user("new", email, "pw"),
    "command": lambda person, email: call_command("createsuperuser", username="new", email=email, interactive=False),
}  # fmt: skip


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS.keys())
def test_every_way_of_writing_keeps_the_canonical_form(write):
    person = UserFactory(email="")
    assert person.email_canonical is None
    write(person, "Z@Fa\u00df.de")
    assert User.objects.with_address("z@xn--fa-hia.de").count() == 1


def test_the_command_says_that_an_address_is_taken(member):
    with pytest.raises(CommandError, match="An account with this email address already exists"):
        WRITERS["command"](member, "MIA@example.com")


def test_the_database_refuses_a_second_one_and_an_address_without_its_form(member, other_member):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=other_member.pk).update(email="MIA@example.com")
    with pytest.raises(IntegrityError), transaction.atomic():
        super(type(User.objects.all()), User.objects.filter(pk=other_member.pk)).update(email_canonical=None)
    User.objects.update(email="")
    assert not User.objects.with_address("").exists()


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("x@fa\u00df.de", "xn--fa-hia.de"),
        ("x@Fa\u00df.de", "xn--fa-hia.de"),
        ("x@\u03b2\u03cc\u03bb\u03bf\u03c2.gr", "xn--nxasmm1c.gr"),
        ("x@b\u00fccher.example", "xn--bcher-kva.example"),
        ("x@example.com", "example.com"),
    ],
)
def test_mail_goes_to_the_domain_that_was_typed(address, domain, settings):
    settings.DEFAULT_FROM_EMAIL = f"Portal <portal@{address.partition('@')[2]}>"
    message = Message(subject="Hello", body="x", to=[address])
    assert message.recipients() == [f"x@{domain}"]
    paper = message.message()
    assert paper["To"] == f"x@{domain}"
    assert paper["From"] == f"Portal <portal@{domain}>"


def test_an_invitation_goes_to_the_domain_that_was_typed(administrator, client):
    client.force_login(administrator)
    client.post("/people/invite/", {"email": "x@fa\u00df.de", "role": "member", "first_name": "", "last_name": ""})
    assert User.objects.filter(email="x@fa\u00df.de").exists()
    outbox.deliver()
    assert [message.recipients() for message in mail.outbox] == [["x@xn--fa-hia.de"]]


@pytest.mark.parametrize("address", ["x@\u2603.net", "x@a\u200db.de", "x@\u00fc" + "\u00fc" * 70 + ".de"])
def test_a_domain_that_idna_2008_does_not_know_is_refused(address, administrator):
    with pytest.raises(CaseError, match="valid email"):
        invite(administrator, address)
    with pytest.raises(UnusableAddress) as refused:
        for_mail_server(address)
    assert address.partition("@")[2] not in str(refused.value)


@pytest.mark.parametrize("typed", ["mia@xn--fa-hia.de", "MIA@FA\u00df.de", "mia@fa\u00df.de", " mia@fa\u00df.de"])
def test_people_sign_in_with_any_spelling(typed, client):
    person = UserFactory(username="mia", email="mia@fa\u00df.de")
    person.set_password("correct horse")
    person.save()
    answer = client.post("/accounts/login/", {"login": typed, "password": "correct horse"})
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(person.pk)


def test_the_password_of_a_look_alike_domain_opens_nothing(client):
    person = UserFactory(username="mia", email="mia@fa\u00df.de")
    person.set_password("correct horse")
    person.save()
    assert client.post("/accounts/login/", {"login": "mia@fass.de", "password": "correct horse"}).status_code == 200
    client.post("/accounts/password/reset/", {"email": "mia@fass.de"})
    outbox.deliver()
    assert mail.outbox == []


@pytest.mark.parametrize("typed", ["mia@xn--fa-hia.de", "MIA@FA\u00df.de"])
def test_a_reset_goes_to_the_address_of_the_account(typed, client):
    UserFactory(username="mia", email="mia@fa\u00df.de").set_password("x")
    User.objects.update(password="pbkdf2_sha256$1$a$b")
    client.post("/accounts/password/reset/", {"email": typed})
    outbox.deliver()
    assert [message.recipients() for message in mail.outbox] == [["mia@xn--fa-hia.de"]]
