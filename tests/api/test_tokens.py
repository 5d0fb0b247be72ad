"""API tokens: several per person, named, hashed, expiring. They are created and revoked on a page and by a command."""

import datetime as dt
import io
import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.accounts import api_tokens
from cases.core.errors import CaseError, WrongState
from cases.lifecycle.account_history import latest_account_events
from cases.models import ApiToken, User
from tests.tokens import header, new_token

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("is about headers and pages; tokens are rows that Django reads and writes"),
]

LIST = "/accounts/api-tokens/"
NEW = "/accounts/api-tokens/new/"
PASSWORD = "correct horse battery"


def status(secret: str) -> int:
    """Return the API's response to a program with that token."""
    return Client().get("/api/cases/", headers=header(secret)).status_code


def in_a_browser(person: User) -> Client:
    """A browser that is signed in, and in which the password was given a moment ago."""
    person.set_password(PASSWORD)
    person.save()
    client = Client()
    client.post("/accounts/login/", {"login": person.username, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def command(*arguments: str) -> str:
    """What `manage.py api_token` prints."""
    out = io.StringIO()
    call_command("api_token", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue().strip()


def history(person: User) -> list[tuple[str, str, str]]:
    events = latest_account_events(person, limit=50)
    return [(event.kind, event.actor_name, event.said) for event in reversed(events)]


# --- A token ----------------------------------------------------------------------------------------------------------


def test_a_person_has_several(member):
    secrets = [new_token(member) for _ in range(3)]
    assert len(set(secrets)) == 3
    assert [status(secret) for secret in secrets] == [200, 200, 200]


def test_a_secret_scanner_recognises_it(member):
    assert re.fullmatch("advp_[0-9a-f]{64}", new_token(member))


def test_of_the_secret_only_the_beginning_is_stored(member):
    secret = new_token(member)
    stored = [str(value) for value in ApiToken.objects.values_list().get()]
    assert secret[:15] in stored
    assert not [value for value in stored if secret[15:] in value]
    assert status(ApiToken.objects.get().digest) == status(secret[:15]) == 401


def test_it_is_good_until_it_expires(member, clock):
    secret = new_token(member, days=30)
    clock.shift(dt.timedelta(days=30, seconds=-1))
    assert status(secret) == 200
    clock.shift(dt.timedelta(seconds=1))
    assert status(secret) == 401


@pytest.mark.parametrize(
    "value",
    ["", "x", "advp_", "advp_" + "0" * 64, "a b", "é" * 30, "\udc80", "0" * 7000],
    ids=["none", "short", "prefix", "unknown", "two words", "accents", "no UTF-8", "long"],
)
def test_what_is_no_token_is_a_401(value, member):
    new_token(member)
    raw = f"Token {value}".encode("utf-8", "surrogateescape").decode("latin-1")
    assert Client().get("/api/cases/", headers={"Authorization": raw}).status_code == 401


def test_the_last_use_is_told_to_the_minute(member, clock):
    secret = new_token(member)
    token = ApiToken.objects.get()
    assert token.last_used is None
    first = timezone.now()
    for seconds in (0, 30, 29):
        clock.shift(dt.timedelta(seconds=seconds))
        status(secret)
        token.refresh_from_db()
        assert token.last_used == first
    clock.shift(dt.timedelta(seconds=1))
    status(secret)
    token.refresh_from_db()
    assert token.last_used == first + dt.timedelta(minutes=1)


def test_a_call_within_the_minute_writes_nothing(member):
    secret = new_token(member)
    status(secret)
    with CaptureQueriesContext(connection) as queries:
        assert status(secret) == 200
    assert not [query["sql"] for query in queries if re.match("UPDATE|INSERT|DELETE", query["sql"])]
    assert len([query for query in queries if "apitoken" in query["sql"]]) == 1


def test_a_wrong_name_or_end_is_refused(technician):
    for name in ("", "  ", "\n\x00", "\u200b", "x" * 61):
        with pytest.raises(CaseError) as refused:
            api_tokens.create(user=technician, by=technician, name=name, days=1)
        assert refused.value.field == "name"
    for days in (0, -1, 366, 10**9):
        with pytest.raises(CaseError) as refused:
            api_tokens.create(user=technician, by=technician, name="Reports", days=days)
        assert refused.value.field == "days"
    assert not technician.account_events.exists()


def test_names_are_ones_own(technician, other_technician):
    for person in (technician, other_technician):
        api_tokens.create(user=person, by=person, name="Reports", days=1)
    with pytest.raises(CaseError, match="already"):
        api_tokens.create(user=technician, by=technician, name=" Reports ", days=1)


def test_the_number_is_bounded_and_those_that_ended_do_not_count(technician, settings, clock):
    settings.API_TOKENS_PER_PERSON = 2
    new_token(technician, days=1)
    new_token(technician, days=2)
    with pytest.raises(WrongState, match="up to 2"):
        new_token(technician)
    clock.shift(dt.timedelta(days=1))
    new_token(technician)
    with pytest.raises(WrongState):
        new_token(technician)
    technician.end_credentials()
    technician.save()
    new_token(technician)
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize("broken", [{"name": ""}, {"expiry": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}])
def test_the_database_refuses_it_too(broken, member):
    new_token(member)
    with pytest.raises(IntegrityError), transaction.atomic():
        ApiToken.objects.update(**broken)


# --- The second factor ------------------------------------------------------------------------------------------------


def test_where_it_is_demanded_a_token_needs_a_second_factor(administrator, technician, settings):
    staff = User.objects.create(username="sam", role="technician", is_staff=True)
    tokens = {person: new_token(person) for person in (administrator, staff, technician)}
    assert {status(secret) for secret in tokens.values()} == {200}
    settings.REQUIRE_STAFF_MFA = True
    assert [status(tokens[person]) for person in (administrator, staff, technician)] == [403, 403, 200]
    answer = Client().get("/api/cases/", headers=header(tokens[administrator]))
    assert answer.json() == {"detail": "Set up two-factor authentication first."}
    TOTP.activate(administrator, "JBSWY3DPEHPK3PXP")
    assert status(tokens[administrator]) == 200


# --- The page ---------------------------------------------------------------------------------------------------------


def test_it_is_created_on_a_page_and_shown_once(member):
    client = in_a_browser(member)
    assert 'value="90"' in client.get(NEW).content.decode()
    answer = client.post(NEW, {"name": "Reports", "days": "30"})
    (secret,) = re.findall("advp_[0-9a-f]{64}", answer.content.decode())
    assert status(secret) == 200
    assert "no-store" in answer.headers["Cache-Control"]
    page = client.get(LIST).content.decode()
    assert secret[:15] in page
    assert secret not in page
    assert "Reports" in page
    assert "Last used" in page
    assert secret not in str(dict(client.session))
    again = client.post(NEW, {"name": "Reports", "days": "30"})
    assert again.status_code == 400
    assert member.api_tokens.count() == 1
    assert history(member) == [("api_token_created", "mia", f"Reports ({secret[:15]}…)")]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"name": "", "days": "30"}, "name"),
        ({"name": "x" * 61, "days": "30"}, "name"),
        ({"name": "x", "days": "0"}, "days"),
        ({"name": "x", "days": "366"}, "days"),
        ({"name": "x", "days": "many"}, "days"),
        ({}, "days"),
    ],
)
def test_what_is_refused_is_said_at_its_field(data, field, member):
    answer = in_a_browser(member).post(NEW, data)
    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not member.api_tokens.exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_it_asks_for_the_password_again(method, member, clock):
    client = in_a_browser(member)
    clock.shift(dt.timedelta(hours=1))
    answer = getattr(client, method)(NEW, {"name": "Reports", "days": "30"})
    assert answer.url.startswith("/accounts/reauthenticate/")
    assert not member.api_tokens.exists()


def test_it_is_ended_on_a_page_that_asks(member):
    secret = new_token(member)
    token = member.api_tokens.get()
    client = Client()
    client.force_login(member)
    url = f"{LIST}{token.pk}/end/"
    assert url in client.get(LIST).content.decode()
    assert token.name in client.get(url).content.decode()
    assert status(secret) == 200
    assert "revoked" in client.post(url, follow=True).content.decode()
    assert status(secret) == 401
    assert client.post(url).status_code == 404
    assert [kind for kind, *_ in history(member)] == ["api_token_created", "api_token_ended"]


def test_nobody_elses(member, other_member, administrator):
    secret = new_token(member)
    token = member.api_tokens.get()
    for person in (other_member, administrator):
        client = Client()
        client.force_login(person)
        assert token.name not in client.get(LIST).content.decode()
        assert client.post(f"{LIST}{token.pk}/end/").status_code == 404
    assert status(secret) == 200


def test_an_expired_one_says_so_and_one_that_ended_is_gone(member, clock):
    new_token(member, days=1)
    clock.shift(dt.timedelta(days=2))
    client = Client()
    client.force_login(member)
    assert ">Expired<" in client.get(LIST).content.decode()
    member.end_credentials()
    member.save()
    client.force_login(member)
    assert "You have no tokens." in client.get(LIST).content.decode()


# --- The command ------------------------------------------------------------------------------------------------------


def test_the_command_creates_lists_and_ends(technician, other_technician):
    secret = command("create", "tom", "--name", "Nightly export", "--days", "7")
    assert status(secret) == 200
    new_token(other_technician)
    assert "Nightly export" in command("list")
    assert command("list", "tom").count("\n") == 0
    assert secret not in command("list", "tom")
    command("revoke", "tom", "--name", "Nightly export")
    assert status(secret) == 401
    assert command("list", "tom") == ""
    assert history(technician) == [
        ("api_token_created", "manage.py api_token", f"Nightly export ({secret[:15]}…)"),
        ("api_token_ended", "manage.py api_token", f"Nightly export ({secret[:15]}…)"),
    ]


def test_the_command_ends_all_of_a_person(technician, other_technician):
    secrets = [new_token(technician), new_token(technician)]
    others = new_token(other_technician)
    command("revoke", "tom", "--all")
    assert [status(secret) for secret in [*secrets, others]] == [401, 401, 200]


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "nobody", "--name", "x"),
        ("create", "tom", "--name", ""),
        ("create", "tom", "--name", "x", "--days", "366"),
        ("create", "tom"),
        ("revoke", "tom", "--name", "x"),
        ("revoke", "tom"),
        ("list", "nobody"),
        ("list", ""),
        ("list", "\udcff"),
        (),
    ],
)
def test_the_command_says_what_is_wrong(arguments, technician):
    with pytest.raises(CommandError):
        command(*arguments)
    assert not ApiToken.objects.exists()


def test_the_history_on_the_persons_page_names_the_program(technician, administrator):
    command("create", "tom", "--name", "Nightly export")
    client = Client()
    client.force_login(administrator)
    page = client.get(f"/people/{technician.pk}/").content.decode()
    assert "API token created" in page
    assert "by manage.py api_token" in page


# --- The other doors --------------------------------------------------------------------------------------------------


def test_the_schema_describes_the_token(member):
    client = Client()
    client.force_login(member)
    schema = client.get("/api/schema/", headers={"Accept": "application/json"}).json()
    scheme = schema["components"]["securitySchemes"]["apiToken"]
    assert (scheme["in"], scheme["name"]) == ("header", "Authorization")
    assert {"apiToken": []} in schema["paths"]["/api/cases/"]["get"]["security"]


def test_a_session_still_needs_the_csrf_token_and_a_token_does_not(technician):
    client = Client(enforce_csrf_checks=True)
    assert client.post("/api/cases/1/release/", headers=header(new_token(technician))).status_code == 404
    client.force_login(technician)
    assert client.post("/api/cases/1/release/").status_code == 403
