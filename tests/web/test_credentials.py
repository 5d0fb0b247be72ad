"""What opens an account, and what ends that: every step that ends credentials ends every credential, forever."""

import re
from collections.abc import Callable

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from cases.accounts import calendar_feed as feeds
from cases.accounts import people
from cases.core.errors import NotAllowed
from cases.lifecycle.locking import lock_people
from cases.models import User
from tests.tokens import header, new_token

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database(
        "is about sessions, tokens and links, of Django's statements and of verbs that tests/unit/accounts has on both"
    ),
]

PASSWORD = "correct horse battery"
ANOTHER = "staple of another kind"
TAKEN = "a phrase of a stranger"
Works = Callable[[], bool]


@pytest.fixture
def other_technician(other_technician: User) -> User:
    """A technician with a password and a second factor."""
    other_technician.set_password(PASSWORD)
    other_technician.save()
    TOTP.activate(other_technician, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(other_technician)
    return other_technician


def recovery_code(person: User) -> str:
    return RecoveryCodes(person.authenticator_set.get(type="recovery_codes")).get_unused_codes()[0]


def signed_in(person: User, password: str = PASSWORD) -> Client:
    client = waiting_for_the_code(person, password)
    client.post("/accounts/security/authenticate/", {"code": recovery_code(person)})
    assert client.get("/").status_code == 200
    return client


def waiting_for_the_code(person: User, password: str = PASSWORD) -> Client:
    client = Client()
    answer = client.post("/accounts/login/", {"login": person.username, "password": password})
    assert answer.url == "/accounts/security/authenticate/"
    return client


# --- The credentials: each is made, and returns how to tell whether it works ------------------------------------------


def session(person: User) -> Works:
    client = signed_in(person)
    return lambda: client.get("/").status_code == 200


def session_at_the_api(person: User) -> Works:
    client = signed_in(person)
    return lambda: client.get("/api/cases/").status_code == 200


def half_a_sign_in(person: User) -> Works:
    """The password was given, and the code is still missing."""
    client, code = waiting_for_the_code(person), recovery_code(person)

    def works() -> bool:
        client.post("/accounts/security/authenticate/", {"code": code})
        return client.get("/").status_code == 200

    return works


def api_token(person: User) -> Works:
    headers = header(new_token(person))
    return lambda: Client().get("/api/cases/", headers=headers).status_code == 200


def calendar_feed(person: User) -> Works:
    url = reverse("calendar_feed", args=[feeds.make(user=person)])
    return lambda: Client().get(url).status_code == 200


def password_link(person: User) -> Works:
    key = default_token_generator.make_token(person)
    url = reverse("account_reset_password_from_key", args=[user_pk_to_url_str(person), key])
    return lambda: Client().get(url).status_code == 302  # to the form, which an invalid link does not show


def opened_password_link(person: User) -> Works:
    """The link was followed, and the form is open."""
    key = default_token_generator.make_token(person)
    client = Client()
    form = client.get(reverse("account_reset_password_from_key", args=[user_pk_to_url_str(person), key])).url
    return lambda: 'name="password1"' in client.get(form).content.decode()


CREDENTIALS = [
    session,
    session_at_the_api,
    half_a_sign_in,
    api_token,
    calendar_feed,
    password_link,
    opened_password_link,
]

# --- The steps that end them ------------------------------------------------------------------------------------------


def deactivated_and_back(person: User, administrator: User) -> None:
    people.deactivate(person=person, by=administrator)
    people.reactivate(person=person, by=administrator)


def deactivated_in_a_shell(person: User, administrator: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)


def deactivated_in_a_shell_and_back(person: User, administrator: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)
    people.reactivate(person=person, by=administrator)


def another_role_and_back(person: User, administrator: User) -> None:
    people.change_role(person=person, by=administrator, role="administrator")
    people.change_role(person=person, by=administrator, role="technician")


def factor_removed(person: User, administrator: User) -> None:
    people.remove_second_factor(person=person, by=administrator, reason="The phone is lost.")


def factor_removed_by_its_owner(person: User, administrator: User) -> None:
    client = confirmed(person)
    assert client.post("/accounts/security/app/deactivate/").status_code == 302
    assert client.get("/").status_code == 200


def password_changed(person: User, administrator: User) -> None:
    client = confirmed(person)
    change = {"oldpassword": PASSWORD, "password1": ANOTHER, "password2": ANOTHER}
    assert client.post("/accounts/password/change/", change).status_code == 302
    assert client.get("/").status_code == 200


def password_reset(person: User, administrator: User) -> None:
    key = default_token_generator.make_token(User.objects.get(pk=person.pk))
    client = Client()
    form = client.get(reverse("account_reset_password_from_key", args=[user_pk_to_url_str(person), key])).url
    assert client.post(form, {"password1": ANOTHER, "password2": ANOTHER}).status_code == 302


def password_set_in_a_shell(person: User, administrator: User) -> None:
    person = User.objects.get(pk=person.pk)
    person.set_password(ANOTHER)
    person.save()


def password_alone_set_in_a_shell(person: User, administrator: User) -> None:
    person = User.objects.get(pk=person.pk)
    person.set_password(ANOTHER)
    person.save(update_fields=["password"])


STEPS = [
    deactivated_and_back,
    deactivated_in_a_shell_and_back,
    another_role_and_back,
    factor_removed,
    factor_removed_by_its_owner,
    password_changed,
    password_reset,
    password_set_in_a_shell,
    password_alone_set_in_a_shell,
]


def confirmed(person: User) -> Client:
    """Return a browser in which that person is signed in and has just given the password again."""
    client = signed_in(person)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


@pytest.mark.parametrize("credential", CREDENTIALS)
def test_it_works(credential, other_technician):
    assert credential(other_technician)()


@pytest.mark.parametrize("step", STEPS)
def test_it_ends_for_ever(step, other_technician, administrator):
    """The sign-ins come first, because each of them ends the password links."""
    made = [(credential, credential(User.objects.get(pk=other_technician.pk))) for credential in CREDENTIALS]
    # Half a sign-in that works becomes a whole one.
    assert [credential for credential, works in made if credential is not half_a_sign_in and not works()] == []
    step(other_technician, administrator)
    assert [credential for credential, works in made if works()] == []


@pytest.mark.parametrize("step", [deactivated_and_back, another_role_and_back, factor_removed, password_reset])
def test_what_is_made_afterwards_works(step, other_technician, administrator):
    step(other_technician, administrator)
    person = User.objects.get(pk=other_technician.pk)
    for credential in (api_token, calendar_feed, password_link):
        assert credential(person)(), credential


@pytest.mark.parametrize("step", STEPS)
def test_nobody_elses_ends(step, other_technician, administrator, technician):
    technician.set_password(PASSWORD)
    technician.save()
    others = [api_token(technician), calendar_feed(technician)]
    step(other_technician, administrator)
    assert all(works() for works in others)


def test_an_invitation_ends_with_the_account(administrator):
    nina = people.invite(
        by=administrator, email="nina@example.com", first_name="Nina", last_name="Ng", role="technician"
    )
    works = password_link(nina)
    assert works()
    deactivated_and_back(nina, administrator)
    assert not works()


def test_half_a_sign_in_that_ended_begins_again(other_technician, administrator):
    client, code = waiting_for_the_code(other_technician), recovery_code(other_technician)
    deactivated_and_back(other_technician, administrator)
    answer = client.post("/accounts/security/authenticate/", {"code": code}, follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/login/"
    assert "Your session has ended. Sign in to continue." in answer.content.decode()
    signed_in(other_technician)


def test_another_way_to_hash_the_same_password_ends_nothing(other_technician, monkeypatch):
    works = api_token(other_technician)
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", PBKDF2PasswordHasher.iterations + 1)
    before = other_technician.password
    signed_in(other_technician)
    other_technician.refresh_from_db()
    assert other_technician.password != before
    assert works()


def test_one_session_remains_of_a_changed_password(other_technician, administrator):
    signed_in(other_technician)
    client = confirmed(other_technician)
    change = {"oldpassword": PASSWORD, "password1": ANOTHER, "password2": ANOTHER}
    client.post("/accounts/password/change/", change)
    assert len(re.findall("Signed in .* from 127.0.0.1", client.get("/accounts/sessions/").content.decode())) == 1


def session_that_removes_its_factor_meanwhile(person: User, step: Callable[[], object], monkeypatch) -> Works:
    """The step comes after the request was let in, and before the removal of the factor ends anything."""
    client, delete = confirmed(person), Authenticator.delete

    def delete_after_the_step(authenticator: Authenticator) -> object:
        monkeypatch.undo()
        step()
        return delete(authenticator)

    monkeypatch.setattr(Authenticator, "delete", delete_after_the_step)
    assert client.post("/accounts/security/app/deactivate/").status_code == 302
    return lambda: client.get("/").status_code == 200


def another_role(person: User, administrator: User) -> None:
    people.change_role(person=person, by=administrator, role="administrator")


@pytest.mark.parametrize("step", [another_role, deactivated_and_back, password_reset, password_set_in_a_shell])
def test_a_session_that_has_ended_is_not_renewed(step, other_technician, administrator, monkeypatch):
    works = session_that_removes_its_factor_meanwhile(
        other_technician, lambda: step(other_technician, administrator), monkeypatch
    )
    assert not works()
    assert not other_technician.authenticator_set.exists()


# --- What proved the person ends while the new password waits for the lock -------------------------------------------


@pytest.fixture
def meanwhile(monkeypatch):
    """Do a step after the proof was checked, and before the lock is taken."""

    def arranged(step: Callable[[], object]) -> None:
        def lock_after_the_step(*who: User) -> dict[int, User]:
            monkeypatch.undo()
            step()
            return lock_people(*who)

        monkeypatch.setattr("cases.accounts.own_account.lock_people", lock_after_the_step)

    return arranged


def corrected(person: User, administrator: User) -> None:
    people.correct(person=person, by=administrator, email="right@example.com", first_name="", last_name="")


ENDING = [another_role, deactivated_and_back, deactivated_in_a_shell, factor_removed, password_set_in_a_shell]


@pytest.mark.parametrize("step", [corrected, *ENDING])
def test_a_link_that_ends_meanwhile_sets_no_password(step, other_technician, administrator, meanwhile):
    key = default_token_generator.make_token(other_technician)
    client, address = Client(), "account_reset_password_from_key"
    form = client.get(reverse(address, args=[user_pk_to_url_str(other_technician), key])).url
    meanwhile(lambda: step(other_technician, administrator))
    answer = client.post(form, {"password1": TAKEN, "password2": TAKEN})
    assert answer.status_code == 403
    assert "This link is no longer valid" in answer.content.decode()
    assert "Request a new link" in answer.content.decode()
    assert not User.objects.get(pk=other_technician.pk).check_password(TAKEN)


@pytest.mark.parametrize("step", ENDING)
def test_a_session_that_ends_meanwhile_changes_no_password(step, other_technician, administrator, meanwhile):
    client = confirmed(other_technician)
    meanwhile(lambda: step(other_technician, administrator))
    change = {"oldpassword": PASSWORD, "password1": TAKEN, "password2": TAKEN}
    answer = client.post("/accounts/password/change/", change, follow=True)
    assert answer.redirect_chain == [("/accounts/login/", 302)]
    assert "Your session has ended. Sign in to continue." in answer.content.decode()
    assert not User.objects.get(pk=other_technician.pk).check_password(TAKEN)


def test_another_address_ends_no_session(other_technician, administrator, meanwhile):
    client = confirmed(other_technician)
    meanwhile(lambda: corrected(other_technician, administrator))
    change = {"oldpassword": PASSWORD, "password1": ANOTHER, "password2": ANOTHER}
    assert client.post("/accounts/password/change/", change).status_code == 302
    changed = User.objects.get(pk=other_technician.pk)
    assert (changed.email, changed.check_password(ANOTHER)) == ("right@example.com", True)
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("make", [new_token, lambda user: feeds.make(user=user)], ids=["token", "feed"])
def test_a_session_that_has_ended_makes_nothing_new(make, other_technician, administrator):
    stale = User.objects.get(pk=other_technician.pk)
    deactivated_and_back(other_technician, administrator)
    with pytest.raises(NotAllowed):
        make(stale)


def test_the_command_of_django_ends_them_too(other_technician, monkeypatch):
    works = api_token(other_technician)
    monkeypatch.setattr("getpass.getpass", lambda prompt: ANOTHER)
    call_command("changepassword", other_technician.username, verbosity=0)
    assert not works()
