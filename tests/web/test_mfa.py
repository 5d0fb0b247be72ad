"""Two-factor authentication: set up with an authenticator app's real codes, asked for at login, demanded of staff."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from cryptography.fernet import InvalidToken
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases import mfa
from cases.models import User
from cases.secrets_at_rest import PortalMFAAdapter
from tests.urls import url_patterns

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
ACTIVATE = "/accounts/security/app/activate/"
# Closed to an administrator without the second factor: pages, admin, operations, the API by session, the password.
CLOSED = ["/", "/cases/", "/calendar/", "/operations/", "/admin/", "/admin/cases/case/", "/accounts/password/change/"]


def log_in(client: Client, login: str = "ada") -> str:
    """Where the login page sends that person."""
    answer = client.post("/accounts/login/", {"login": login, "password": PASSWORD})
    assert answer.status_code == 302, answer.content
    return answer.url


def confirm(client: Client) -> None:
    """The password once more, which the portal asks for before the second factor is changed."""
    assert client.get(ACTIVATE).url.startswith("/accounts/reauthenticate/")
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302


def code(secret: str, steps_ahead: int = 0) -> str:
    """What an authenticator app shows, that many half minutes from now."""
    now = list(yield_hotp_counters_from_time())[1]
    return format_hotp_value(hotp_value(secret, now + steps_ahead))


def set_up(client: Client) -> str:
    """Activates the app of whoever is signed in. Returns its secret."""
    confirm(client)
    page = client.get(ACTIVATE)
    secret = re.search(r'id="authenticator_secret"[^>]*value="(\w+)"', page.content.decode()).group(1)
    answer = client.post(ACTIVATE, {"code": code(secret)})
    assert (answer.status_code, answer.url) == (302, "/accounts/security/codes/")
    return secret


@pytest.fixture
def admin(ada: User) -> User:
    ada.set_password(PASSWORD)
    ada.save()
    return ada


@pytest.fixture
def demanded(settings):
    settings.REQUIRE_STAFF_MFA = True


def test_the_app_is_set_up_from_a_picture_or_a_secret(admin, client):
    log_in(client)
    confirm(client)
    page = client.get(ACTIVATE).content.decode()
    assert 'src="data:image/svg+xml;base64,' in page
    assert " style=" not in page
    assert "<style" not in page
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)


def test_the_recovery_codes_are_shown_after_it(admin, client):
    log_in(client)
    set_up(client)
    assert len(re.findall(r"^\d{8}$|>\d{8}$", client.get("/accounts/security/codes/").content.decode(), re.M)) >= 9
    assert "is active" in client.get("/accounts/security/").content.decode()


def test_a_wrong_code_sets_nothing_up(admin, client):
    log_in(client)
    confirm(client)
    client.get(ACTIVATE)
    answer = client.post(ACTIVATE, {"code": "000000"})
    assert "That code is not right" in answer.content.decode()
    assert not Authenticator.objects.exists()


def test_login_asks_for_the_code_of_the_app(admin, client, clock):
    log_in(client)
    secret = set_up(client)
    clock.shift(60)  # a code is good for one login
    other = Client()
    assert log_in(other) == "/accounts/security/authenticate/"
    assert other.get("/").status_code == 302
    assert "recovery codes works too" in other.get("/accounts/security/authenticate/").content.decode()
    wrong = other.post("/accounts/security/authenticate/", {"code": "000000"})
    assert "That code is not right" in wrong.content.decode()
    assert other.get("/").status_code == 302
    assert other.post("/accounts/security/authenticate/", {"code": code(secret)}).url == "/"
    assert other.get("/").status_code == 200


def test_a_recovery_code_is_good_for_one_login(admin, client):
    log_in(client)
    set_up(client)
    lent = Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES).wrap().get_unused_codes()[0]
    for expected in (302, 200):
        other = Client()
        log_in(other)
        assert other.post("/accounts/security/authenticate/", {"code": lent}).status_code == expected


def test_codes_are_guessed_five_times_only(admin, client, clock):
    log_in(client)
    secret = set_up(client)
    clock.shift(60)
    other = Client()
    log_in(other)
    for _ in range(5):
        other.post("/accounts/security/authenticate/", {"code": "000000"})
    locked = other.post("/accounts/security/authenticate/", {"code": code(secret)})
    assert locked.status_code == 200
    assert "Too many failed" in locked.content.decode()
    assert other.get("/").status_code == 302


@pytest.mark.usefixtures("demanded")
@pytest.mark.parametrize("url", CLOSED)
def test_an_administrator_without_it_reaches_nothing_else(url, ada, client):
    client.force_login(ada)
    answer = client.get(url)
    assert (answer.status_code, answer.url) == (302, ACTIVATE)
    assert client.post(url).status_code == 302


@pytest.mark.usefixtures("demanded")
def test_neither_does_the_api_by_session(ada, client):
    client.force_login(ada)
    answer = client.get("/api/cases/")
    assert (answer.status_code, answer.json()) == (403, {"detail": "Set up two-factor authentication first."})


@pytest.mark.usefixtures("demanded")
def test_whoever_may_enter_the_django_admin_is_asked_too(tom, client):
    tom.is_staff = True
    tom.save()
    client.force_login(tom)
    assert client.get("/admin/").url == ACTIVATE


@pytest.mark.usefixtures("demanded")
def test_what_it_takes_to_set_it_up_stays_open(admin, client):
    assert client.get(log_in(client)).url == ACTIVATE
    for url in ("/accounts/security/", "/accounts/reauthenticate/", "/health/live/", "/health/ready/"):
        assert client.get(url).status_code == 200, url
    assert "Set up an authenticator app" in client.get("/accounts/reauthenticate/").content.decode()
    set_up(client)
    for url in CLOSED:
        assert client.get(url).status_code in (200, 403), url
    assert "Set up an authenticator app" not in client.get("/").content.decode()


@pytest.mark.usefixtures("demanded")
def test_an_administrator_without_it_may_leave(ada, client):
    client.force_login(ada)
    client.post("/accounts/logout/")
    assert client.get("/").url.startswith("/accounts/login/")


@pytest.mark.usefixtures("demanded")
@pytest.mark.parametrize("name", ["mia", "tom"])
def test_members_and_technicians_choose(name, client, request):
    client.force_login(request.getfixturevalue(name))
    assert client.get("/").status_code == 200


def test_switched_off_it_costs_no_query(ada):
    with CaptureQueriesContext(connection) as queries:
        assert not mfa.is_missing(ada)
    assert len(queries) == 0


def test_every_open_name_is_a_url():
    assert set(url_patterns()) >= mfa.OPEN


def test_the_django_admin_shows_no_secret(admin, client):
    admin.is_superuser = True
    admin.save()
    log_in(client)
    secret = set_up(client)
    row = Authenticator.objects.get(type=Authenticator.Type.TOTP)
    page = client.get(f"/admin/mfa/authenticator/{row.pk}/change/")
    assert page.status_code == 200
    assert secret not in page.content.decode()


def test_the_secret_is_not_in_the_database_in_clear(client, admin):
    log_in(client)
    secret = set_up(client)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert "secret" in stored
    assert secret not in stored


def test_a_changed_secret_key_reads_what_was_stored_under_the_former(settings):
    stored = PortalMFAAdapter().encrypt("JBSWY3DPEHPK3PXP")
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another secret key"
    assert PortalMFAAdapter().decrypt(stored) == "JBSWY3DPEHPK3PXP"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(InvalidToken):
        PortalMFAAdapter().decrypt(stored)


def test_a_secret_from_before_there_was_encryption_still_works():
    assert PortalMFAAdapter().decrypt("JBSWY3DPEHPK3PXP") == "JBSWY3DPEHPK3PXP"
