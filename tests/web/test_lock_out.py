"""Guesses are counted for the account, whatever it is called and through whichever door, and for the client's
address."""

import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings as real
from django.core import mail
from django.test import Client

from cases.delivery import outbox
from cases.models import SecurityState, User
from tests.factories import UserFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("_many_guesses"),
    pytest.mark.one_database(
        "is about what counts as a guess: tests/unit/accounts/test_security_state.py counts on both"
    ),
]

LIMITS = real.ACCOUNT_RATE_LIMITS
PASSWORD, WRONG = "correct horse battery", "wrong"
TOO_MANY = "Too many failed sign-in attempts"
SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture
def _many_guesses(settings):
    """These tests count guesses for accounts, and a guess is cheap. The tests of addresses restore the limits."""
    settings.ACCOUNT_RATE_LIMITS = LIMITS | {"guesses": "1000/m/ip", "login": "1000/m/ip"}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def member(member: User) -> User:
    member.set_password(PASSWORD)
    member.save()
    return member


def log_in(login: str, password: str = WRONG, client: Client | None = None, **environment: str) -> str:
    """Return what the sign-in page says, or "in"."""
    answer = (client or Client()).post("/accounts/login/", {"login": login, "password": password}, **environment)
    if answer.status_code == 302:
        return "in"
    return "locked" if TOO_MANY in answer.content.decode() else "wrong"


NAMES = ["mia", "MIA", "mia@example.com", "Mia@Example.COM", " mia "]


@pytest.mark.parametrize("first", NAMES)
def test_all_names_of_an_account_count_together(first, member):
    assert [log_in(first) for _ in range(5)] == ["wrong"] * 5
    assert {name: log_in(name, PASSWORD) for name in NAMES} == dict.fromkeys(NAMES, "locked")


def test_five_in_all_and_not_five_of_each(member):
    assert [log_in(name) for name in NAMES] == ["wrong"] * 5
    assert log_in("mia", PASSWORD) == "locked"


@pytest.mark.parametrize("odd", ["\uff4d{}", "\u00adm{}", "M\u200b{}"], ids=ascii)
@pytest.mark.parametrize("rest", ["ia", "oe", "ia@example.com", "oe@example.com"])
def test_the_lock_does_not_tell_whether_a_name_is_known(rest, odd, member):
    """Mia has an account, and Moe has none."""
    assert [log_in(name) for name in [f"m{rest}", odd.format(rest)] * 3] == ["wrong"] * 5 + ["locked"]


@pytest.mark.parametrize("hosts", [["localhost", "127.0.0.1", "localhost:81", "localhost:82", "[::1]", "[::1]:83"]])
def test_hosts_and_ports_count_together(hosts, member):
    assert [log_in("mia", HTTP_HOST=host) for host in hosts[:5]] == ["wrong"] * 5
    assert log_in("mia", PASSWORD, HTTP_HOST=hosts[5]) == "locked"


def test_a_name_that_is_anothers_address_counts_at_both(member):
    """Both passwords would be tried."""
    other = UserFactory(username="mia@example.com", email="other@example.com")
    other.set_password(PASSWORD)
    other.save()
    for _ in range(5):
        log_in("mia@example.com")
    assert [log_in("mia", PASSWORD), log_in("other@example.com", PASSWORD)] == ["locked", "locked"]


@pytest.mark.parametrize(
    "spellings", [["nobody", "NOBODY", "Nobody ", "\uff4e\uff4f\uff42\uff4f\uff44\uff59", "nobody"]]
)
def test_a_name_that_nobody_has_is_locked_likewise(spellings, member):
    assert [log_in(name) for name in spellings] == ["wrong"] * 5
    assert log_in("nobody") == "locked"
    assert log_in("mia", PASSWORD) == "in"


def test_a_flood_of_resets_lifts_no_lock(member, settings):
    settings.ACCOUNT_RATE_LIMITS |= {"reset_password": "1000/m/ip,5/m/key"}
    for _ in range(5):
        log_in("mia")
    client = Client()
    for number in range(160):
        client.post("/accounts/password/reset/", {"email": f"invented-{number}@example.com"})
    assert SecurityState.objects.count() > 160
    assert log_in("mia", PASSWORD) == "locked"


def test_a_lock_ends_by_itself(member, clock):
    for _ in range(5):
        log_in("mia")
        clock.shift(1)
    clock.shift(294)
    assert log_in("mia", PASSWORD) == "locked"
    clock.shift(6)
    assert log_in("mia", PASSWORD) == "in"


def test_success_takes_back_its_own_guess_only(member, clock):
    for expected in ["wrong", "in", "wrong", "in", "wrong", "wrong", "in", "wrong", "locked"]:
        clock.shift(1)
        assert log_in("mia", PASSWORD if expected in ("in", "locked") else "wrong") == expected


def test_other_doors_to_the_password_count_too(member, clock):
    """The page that confirms the password, and the one that changes it."""
    client = Client()
    client.force_login(member)
    client.post("/accounts/reauthenticate/", {"password": "wrong"})
    log_in("mia@example.com")
    new = {"password1": "another long phrase", "password2": "another long phrase"}
    for _ in range(3):
        client.post("/accounts/password/change/", {"oldpassword": "wrong"} | new)
    changed = client.post("/accounts/password/change/", {"oldpassword": PASSWORD} | new)
    assert TOO_MANY in changed.content.decode()
    assert TOO_MANY in client.post("/accounts/reauthenticate/", {"password": PASSWORD}).content.decode()
    assert log_in("mia", PASSWORD) == "locked"
    member.refresh_from_db()
    assert member.check_password(PASSWORD)


def test_the_door_of_djangos_admin_is_the_portals(member, administrator):
    client = Client()
    client.force_login(administrator)
    for method in (client.get, client.post):
        answer = method("/admin/password_change/", {"old_password": "wrong"})
        assert (answer.status_code, answer.url) == (302, "/accounts/password/change/")
    assert Client().get("/admin/login/").url.startswith("/accounts/login/")


def test_a_new_password_by_link_lifts_the_lock(member):
    for _ in range(5):
        log_in("mia")
    client = Client()
    client.post("/accounts/password/reset/", {"email": "mia@example.com"})
    outbox.deliver()
    link = re.search(r"(/accounts/password/reset/key/\S+)", mail.outbox[0].body).group(1)
    form = client.get(link, follow=True).request["PATH_INFO"]
    client.post(form, {"password1": "another long phrase", "password2": "another long phrase"})
    assert log_in("mia", "another long phrase") == "in"


def test_resets_of_one_account_count_together(member):
    spellings = ["mia@example.com", "MIA@example.com", "Mia@Example.com", "mia@EXAMPLE.com", "mIa@example.com"]
    client = Client()
    assert [client.post("/accounts/password/reset/", {"email": each}).status_code for each in spellings] == [302] * 5
    assert client.post("/accounts/password/reset/", {"email": "mia@example.cOM"}).status_code == 429


@pytest.mark.parametrize("name", ["mia", "stranger"])
def test_resets_do_not_tell_whether_an_address_is_known(name, member):
    """Spellings that an account would count together count so for an address that nobody has."""
    client = Client()
    asked = [f"{name}@example.com", f"{name}@\uff45xample.com", f"{name}@exampl\uff45.com"] * 2
    answers = [client.post("/accounts/password/reset/", {"email": each}).status_code for each in asked]
    assert answers == [302] * 5 + [429]


def test_nobody_is_buried_under_links_that_others_ask_for(member, clock):
    def asked_each_minute(minutes: int) -> int:
        answers = []
        for _ in range(minutes):
            answers += [Client().post("/accounts/password/reset/", {"email": "mia@example.com"}) for _ in range(5)]
            clock.shift(61)
        return sum(answer.status_code == 302 for answer in answers)

    assert asked_each_minute(20) == 10
    clock.shift(3600)
    assert asked_each_minute(1) == 5


def test_codes_are_counted_at_the_account_too(member):
    TOTP.activate(member, SECRET)
    for number in range(5):
        client = Client(HTTP_HOST=f"localhost:{number + 1}")
        assert log_in("mia", PASSWORD, client) == "in"
        client.post("/accounts/security/authenticate/", {"code": "000000"})
    client = Client()
    log_in("mia@example.com", PASSWORD, client)
    assert TOO_MANY in client.post("/accounts/security/authenticate/", {"code": "000000"}).content.decode()


# --- Addresses -------------------------------------------------------------------------------------------------------


@pytest.fixture
def _addresses_are_limited(settings, _many_guesses):
    settings.ACCOUNT_RATE_LIMITS = LIMITS


@pytest.mark.usefixtures("_addresses_are_limited")
@pytest.mark.parametrize(
    ("proxies", "same", "other"),
    [
        (0, {"REMOTE_ADDR": "192.0.2.7"}, {"REMOTE_ADDR": "192.0.2.8"}),
        # Without a proxy, what a client says about itself does not count. Behind one, only what the proxy added counts.
        (0, {"REMOTE_ADDR": "192.0.2.7", "HTTP_X_FORWARDED_FOR": "{n}.0.0.1"}, {"REMOTE_ADDR": "192.0.2.8"}),
        (
            1,
            {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "{n}.0.0.1, 192.0.2.7"},
            {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.8"},
        ),
        (0, {"REMOTE_ADDR": "2001:db8::{n}"}, {"REMOTE_ADDR": "2001:db8:1::1"}),
        (0, {"REMOTE_ADDR": "::ffff:192.0.2.7"}, {"REMOTE_ADDR": "::ffff:192.0.2.8"}),
    ],
    ids=["direct", "direct, forged header", "behind a proxy", "one IPv6 network", "IPv4 on an IPv6 socket"],
)
def test_ten_guesses_from_one_address(proxies, same, other, member, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies

    def from_(address: dict[str, str], number: int) -> dict[str, str]:
        return {name: value.format(n=number) for name, value in address.items()}

    said = [log_in(f"invented-{number}", **from_(same, number)) for number in range(11)]
    assert said == ["wrong"] * 10 + ["locked"]
    assert log_in("mia", PASSWORD, **from_(same, 12)) == "locked"
    assert log_in("mia", PASSWORD, **from_(other, 12)) == "in"


@pytest.mark.usefixtures("_addresses_are_limited")
def test_ones_own_success_lifts_no_limit_of_the_address(member, clock):
    """Neither by a code nor by a reset."""
    TOTP.activate(member, SECRET)
    for number in range(9):
        log_in(f"invented-{number}")
    client = Client()
    clock.shift(1)
    log_in("mia", PASSWORD, client)
    client.post("/accounts/password/reset/", {"email": "mia@example.com"})
    outbox.deliver()
    link = re.search(r"(/accounts/password/reset/key/\S+)", mail.outbox[0].body).group(1)
    form = client.get(link, follow=True).request["PATH_INFO"]
    client.post(form, {"password1": "another long phrase", "password2": "another long phrase"})
    assert [log_in("invented-9"), log_in("invented-10")] == ["wrong", "locked"]
