"""Two-factor authentication: set up with an authenticator app's real codes, asked for at login, required of staff."""

import datetime as dt
import html
import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.conf import settings
from django.core import checks
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.accounts import calendar_feed, factor_changes, second_factor
from cases.accounts.mfa_adapter import PortalMFAAdapter, SecretUnreadable
from cases.delivery import unsubscribe
from cases.middleware import mfa
from cases.models import NotificationChoice, SecurityState, User
from tests.unit.releases.test_races import Thread
from tests.urls import url_patterns

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("is about codes and pages, by allauth's statements and none of ours"),
]

PASSWORD = "correct horse battery"
ACTIVATE = "/accounts/security/app/activate/"
# Closed to an administrator without the second factor: pages, admin, operations, the API by session, the password.
CLOSED = ["/", "/cases/", "/calendar/", "/operations/", "/admin/", "/admin/cases/case/", "/accounts/password/change/"]


def log_in(client: Client, login: str = "ada") -> str:
    """Return where the login page sends that person."""
    answer = client.post("/accounts/login/", {"login": login, "password": PASSWORD})
    assert answer.status_code == 302, answer.content
    return answer.url


def confirm(client: Client) -> None:
    """Give the password again, which the portal asks for before the second factor is changed."""
    assert client.get(ACTIVATE).url.startswith("/accounts/reauthenticate/")
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302


def code(secret: str, steps_ahead: int = 0) -> str:
    """Return what an authenticator app shows, that many half minutes from now."""
    now = list(yield_hotp_counters_from_time())[1]
    return format_hotp_value(hotp_value(secret, now + steps_ahead))


def set_up(client: Client) -> str:
    """Activate an app for the person who is signed in. Return its secret."""
    confirm(client)
    page = client.get(ACTIVATE)
    secret = re.search(r'id="authenticator_secret"[^>]*value="(\w+)"', page.content.decode()).group(1)
    answer = client.post(ACTIVATE, {"code": code(secret)})
    assert (answer.status_code, answer.url) == (302, "/accounts/security/codes/")
    return secret


def told_of(person: User) -> list[str]:
    """Return what the history of the account says that `person` did, latest first."""
    return list(person.account_events.filter(actor=person, reason="").values_list("kind", flat=True))


def factors(person: User) -> list[tuple[int, str]]:
    return list(Authenticator.objects.filter(user=person).order_by("pk").values_list("pk", "type"))


@pytest.fixture
def admin(administrator: User) -> User:
    administrator.set_password(PASSWORD)
    administrator.save()
    return administrator


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
    assert "authenticator app is set up" in client.get("/accounts/security/").content.decode()


def test_turning_it_off_oneself_is_in_the_history_of_the_account(admin, client):
    log_in(client)
    set_up(client)
    assert client.post("/accounts/security/app/deactivate/").status_code == 302
    assert told_of(admin) == ["second_factor_removed", "second_factor_added"]


def test_setting_it_up_is_in_the_history_of_the_account_once(admin, client):
    log_in(client)
    set_up(client)
    assert told_of(admin) == ["second_factor_added"], "the codes come with it"
    assert client.post("/accounts/security/codes/generate/").status_code == 302
    assert told_of(admin) == ["recovery_codes_made", "second_factor_added"]


@pytest.mark.parametrize("change", ["app/activate", "codes/generate"])
def test_without_its_record_nothing_is_set_up(change, admin, client, monkeypatch):
    def fail(*args, **kwargs):
        raise DatabaseError

    log_in(client)
    if change == "codes/generate":
        set_up(client)
    else:
        confirm(client)
    monkeypatch.setattr(factor_changes, "record", fail)
    before = factors(admin)
    client.raise_request_exception = False
    address = f"/accounts/security/{change}/"
    page = client.get(address).content.decode()
    secret = re.search(r'id="authenticator_secret"[^>]*value="(\w+)"', page)
    assert client.post(address, {"code": code(secret.group(1))} if secret else {}).status_code == 500
    assert factors(admin) == before


def test_without_its_record_it_is_not_turned_off(admin, client, monkeypatch):
    def fail(*args, **kwargs):
        raise DatabaseError

    log_in(client)
    set_up(client)
    monkeypatch.setattr(factor_changes, "record", fail, raising=False)
    client.raise_request_exception = False
    assert client.post("/accounts/security/app/deactivate/").status_code == 500
    assert Authenticator.objects.filter(user=admin).count() == 2


def test_a_wrong_code_sets_nothing_up(admin, client):
    log_in(client)
    confirm(client)
    client.get(ACTIVATE)
    answer = client.post(ACTIVATE, {"code": "000000"})
    assert "This code is incorrect" in answer.content.decode()
    assert not Authenticator.objects.exists()


def test_login_asks_for_the_code_of_the_app(admin, client, clock):
    log_in(client)
    secret = set_up(client)
    clock.shift(60)  # a code is valid for one login
    other = Client()
    assert log_in(other) == "/accounts/security/authenticate/"
    assert other.get("/").status_code == 302
    assert "recovery code works once" in other.get("/accounts/security/authenticate/").content.decode()
    wrong = other.post("/accounts/security/authenticate/", {"code": "000000"})
    assert "This code is incorrect" in wrong.content.decode()
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
def test_an_administrator_without_it_reaches_nothing_else(url, administrator, client):
    client.force_login(administrator)
    answer = client.get(url)
    assert (answer.status_code, answer.url) == (302, ACTIVATE)
    assert client.post(url).status_code == 302


@pytest.mark.usefixtures("demanded")
def test_neither_does_the_api_by_session(administrator, client):
    client.force_login(administrator)
    answer = client.get("/api/cases/")
    assert (answer.status_code, answer.json()) == (403, {"detail": "Set up two-factor authentication first."})


@pytest.mark.parametrize(
    ("who", "has_app", "status"), [("ada", False, 404), ("ada", True, 200), ("staff", False, 404), ("tom", False, 200)]
)
def test_neither_does_their_calendar_feed(who, has_app, status, technician, administrator, other_technician, settings):
    """A staff technician is asked, as for the Django admin. The feed is theirs again once the app is set up."""
    User.objects.filter(pk=other_technician.pk).update(username="staff", is_staff=True)
    owner = User.objects.get(username=who)
    url = f"/calendar/{calendar_feed.make(user=owner)}.ics"
    settings.REQUIRE_STAFF_MFA = True
    if has_app:
        TOTP.activate(owner, "A" * 32)
    assert [Client().get(url).status_code, Client().head(url).status_code] == [status, status]
    settings.REQUIRE_STAFF_MFA = False
    assert Client().get(url).status_code == 200


@pytest.mark.usefixtures("demanded")
def test_whoever_may_enter_the_django_admin_is_asked_too(technician, client):
    technician.is_staff = True
    technician.save()
    client.force_login(technician)
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
def test_the_link_that_stops_emails_asks_nobody_who_they_are(administrator, client):
    client.force_login(administrator)
    link = unsubscribe.link(administrator, ["reminder"]).removeprefix(settings.PORTAL_URL)
    for answer in (client.get(link), client.post(link)):
        assert (answer.status_code, answer.templates[0].name) == (200, "cases/notifications/unsubscribe.html")
    assert NotificationChoice.objects.get(user=administrator).channel == "portal"


@pytest.mark.usefixtures("demanded")
def test_an_administrator_without_it_may_leave(administrator, client):
    client.force_login(administrator)
    client.post("/accounts/logout/")
    assert client.get("/").url.startswith("/accounts/login/")


@pytest.mark.usefixtures("demanded")
@pytest.mark.parametrize("name", ["member", "technician"])
def test_members_and_technicians_choose(name, client, request):
    client.force_login(request.getfixturevalue(name))
    assert client.get("/").status_code == 200


def test_switched_off_it_costs_no_query(administrator):
    with CaptureQueriesContext(connection) as queries:
        assert not mfa.is_missing(administrator)
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
    with pytest.raises(SecretUnreadable):
        PortalMFAAdapter().decrypt(stored)


# --- A code works once -----------------------------------------------------------------------------------------------

TOTP_SECRET = "JBSWY3DPEHPK3PXP"
NOON = dt.datetime(2025, 6, 11, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def with_app(admin: User) -> User:
    TOTP.activate(admin, TOTP_SECRET)
    return admin


def second_factor_with(shown: str) -> bool:
    """Return whether she gets in on a new browser with the password and that code."""
    client = Client()
    log_in(client)
    return client.post("/accounts/security/authenticate/", {"code": shown}).status_code == 302


@pytest.mark.parametrize("steps_ahead", [-1, 0, 1])
@pytest.mark.parametrize("later", [0, 29, 31, 34, 59, 61, 89])
def test_a_code_works_once_however_late_it_comes_again(steps_ahead, later, with_app, clock):
    clock.move_to(NOON)
    shown = code(TOTP_SECRET, steps_ahead)
    assert second_factor.use_code(with_app, shown) is not None
    clock.shift(later)
    assert second_factor.use_code(with_app, shown) is None
    assert second_factor.use_code(with_app, f" {shown[:3]}-{shown[3:]}") is None


def test_a_clock_that_is_set_back_gives_no_code_back(with_app, clock):
    clock.move_to(NOON)
    shown = code(TOTP_SECRET)
    assert second_factor.use_code(with_app, shown)
    clock.shift(600)
    cache.set("some other write", True, timeout=60)
    clock.move_to(NOON + dt.timedelta(seconds=5))
    assert second_factor.use_code(with_app, shown) is None


def test_through_all_doors(with_app, clock):
    """At sign-in, at the next one, and when it is asked for once more."""
    clock.move_to(NOON)
    shown = code(TOTP_SECRET)
    assert second_factor_with(shown)
    clock.shift(34)
    assert not second_factor_with(shown)
    client = Client()
    log_in(client)
    assert client.post("/accounts/security/authenticate/", {"code": code(TOTP_SECRET)}).status_code == 302
    for again in (shown, code(TOTP_SECRET)):
        page = client.post("/accounts/security/reauthenticate/", {"code": again})
        assert "has already been used" in page.content.decode()


def test_the_code_that_sets_the_app_up_is_used(admin, client, clock):
    clock.move_to(NOON)
    log_in(client)
    secret = set_up(client)
    assert not second_factor_with(code(secret))
    clock.shift(60)
    assert second_factor_with(code(secret))


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_requests_that_bring_one_code_at_once_one_gets_in(with_app, clock):
    SecurityState.objects.all().delete()
    shown = code(TOTP_SECRET)
    threads = [Thread(lambda: second_factor.use_code(with_app, shown)) for _ in range(6)]
    assert len([thread for thread in threads if thread.result()]) == 1


# --- A lost SECRET_KEY -----------------------------------------------------------------------------------------------

PROBLEM = "because of a problem on our side. Ask an administrator for help."


@pytest.fixture
def key_is_lost(with_app: User, settings):
    """Return a function that makes what was stored unreadable. (Sessions are signed with the key too.)"""
    RecoveryCodes.activate(with_app)

    def lose() -> None:
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another secret key", []

    return lose


def test_it_is_said_at_sign_in_and_logged(key_is_lost, client, caplog):
    key_is_lost()
    log_in(client)
    page = client.post("/accounts/security/authenticate/", {"code": "123456"})
    assert (page.status_code, PROBLEM in html.unescape(page.content.decode())) == (200, True)
    assert "fits neither SECRET_KEY nor SECRET_KEY_FALLBACKS" in caplog.text
    assert client.get("/").status_code == 302


def signed_in_with_another_key(client: Client, lose) -> None:
    lose()
    client.force_login(User.objects.get(username="ada"))
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = str(User.objects.get(username="ada").pk)
    session.save()


@pytest.mark.parametrize("url", ["", "codes/", "codes/generate/", "codes/download/"])
def test_no_page_of_the_second_factor_ends_in_a_500(url, key_is_lost, client):
    signed_in_with_another_key(client, key_is_lost)
    page = client.get(f"/accounts/security/{url}")
    assert (page.status_code, PROBLEM in html.unescape(page.content.decode())) == (503, True)


def test_who_is_signed_in_removes_the_app_and_sets_it_up_again(key_is_lost, client):
    signed_in_with_another_key(client, key_is_lost)
    page = client.post("/accounts/security/reauthenticate/", {"code": "123456"})
    assert PROBLEM in html.unescape(page.content.decode())
    assert client.post("/accounts/security/app/deactivate/").status_code == 302
    assert not Authenticator.objects.exists()


def test_a_system_check_tries_the_latest_secret(key_is_lost):
    def found() -> list[str]:
        return [message.id for message in checks.run_checks(tags=["database"], databases=["default"])]

    assert "cases.W002" not in found()
    key_is_lost()
    assert "cases.W002" in found()
    Authenticator.objects.all().delete()
    assert "cases.W002" not in found()
