"""Search words and credentials have a limit that applies before the database or password hashing sees them."""

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.core import limits
from cases.db.search_index import WordIndex
from cases.models import User
from tests.factories import CaseFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("is about requests that are refused before a database is asked"),
]

WORDS = {"many words": "a " * 90, "a long word": "a" * 201, "1,900 words": "a " * 950}
# One word when split at spaces, and many to the search.
JOINED = {"dots": ".".join("abcdefghijklmnopqrstuvwxyz0123456789"), "Chinese": "".join(map(chr, range(0x4E00, 0x4EC8)))}


@pytest.mark.parametrize("text", JOINED.values(), ids=JOINED)
@pytest.mark.parametrize("address", ["/cases/", "/search/", "/people/", "/palette/"])
def test_words_without_spaces_are_counted_as_the_search_does(address, text, client, administrator, monkeypatch):
    asked = []

    def newest_of_each(self, searches, most):
        asked.extend(searches)
        return [[] for _ in searches]

    monkeypatch.setattr(WordIndex, "newest_of_each", newest_of_each)
    client.force_login(administrator)
    answer = client.get(address, {"q": text}).content.decode()
    if address == "/palette/":
        assert max(map(len, asked)) == limits.SEARCH_WORDS
    else:
        assert asked == []
        assert "Search for up to 10 words." in answer


def test_a_member_is_found_by_a_username_of_many_words(client, administrator, member):
    member.username = JOINED["dots"]
    member.save()
    CaseFactory(member=member, title="Refund")
    client.force_login(administrator)
    assert "Refund" in client.get("/cases/", {"member": member.username}).content.decode()
    told = client.get("/cases/", {"member": JOINED["dots"] + ".x"}).content.decode()
    assert "Member: Search for up to 10 words." in told


@pytest.mark.parametrize("text", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("address", ["/cases/?q=", "/cases/?member=", "/people/?q=", "/admin/cases/user/?q="])
def test_a_long_search_is_refused_before_it_is_asked(address, text, client, administrator, member):
    CaseFactory(member=member, title=text[:200])
    client.force_login(administrator)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address + text.replace(" ", "+"))
    # With its spaces: the random key of a session may have these letters in a row.
    assert not [query["sql"] for query in captured if " LIKE " in query["sql"]]
    if "admin" in address:
        assert answer.status_code == 400
    else:
        assert "Search for up to 10 words." in answer.content.decode() or "at most 200 characters" in str(
            answer.content.decode()
        )


def test_a_sign_that_stands_for_words_counts_as_these(client, administrator):
    client.force_login(administrator)
    for signs, status in ((2, 200), (4, 400)):  # each folds into four words
        assert client.get("/admin/cases/user/", {"q": "\ufdfa " * signs}).status_code == status


def test_ten_words_are_searched_for(client, administrator, member):
    case = CaseFactory(member=member, title="one two three four five six seven eight nine ten")
    client.force_login(administrator)
    assert case.title in client.get("/cases/", {"q": case.title}).content.decode()


LONG = "x" * 100_000


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/accounts/login/", {"login": LONG, "password": "secret"}),
        ("/accounts/login/", {"login": "mia", "password": LONG}),
        ("/accounts/login/", {"login": f"{LONG}@example.com", "password": LONG}),
        ("/accounts/password/reset/", {"email": f"{LONG}@example.com"}),
    ],
    ids=["name", "password", "both", "address"],
)
def test_a_long_credential_reaches_neither_database_nor_hashing(address, fields, client, member, monkeypatch):
    def encode(*args):
        raise AssertionError("a password was hashed")

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", encode)
    with CaptureQueriesContext(connection) as captured:
        answer = client.post(address, fields)
    assert answer.status_code == 200
    assert "at most" in answer.content.decode() or "valid email" in answer.content.decode()
    assert not [query["sql"] for query in captured if "xxxxxxxxxx" in query["sql"] or "cases_user" in query["sql"]]


def test_a_password_that_could_not_be_typed_again_is_not_set(client, member):
    member.set_password("present one")
    member.save()
    client.force_login(member)
    new = "n" + "0x" * 128
    answer = client.post(
        "/accounts/password/change/", {"oldpassword": "present one", "password1": new, "password2": new}
    )
    assert "at most 256 characters" in answer.content.decode()
    assert User.objects.get(pk=member.pk).check_password("present one")


@pytest.mark.parametrize("length", [limits.PASSWORD, limits.PASSWORD + 1])
def test_a_command_sets_no_longer_password_either(length):
    password = ("kX9" * length)[:length]
    if length <= limits.PASSWORD:
        validate_password(password)
        return
    with pytest.raises(ValidationError, match="up to 256 characters"):
        validate_password(password)


@pytest.mark.parametrize(
    ("address", "headers"),
    [("/cases/?q=" + "a" * 2001, {}), ("/?x=%00", {}), ("/?%00=x", {}), ("/", {"Referer": "r" * 8191})],
    ids=["long parameter", "NUL", "NUL in a name", "long header"],
)
def test_what_no_page_sends_is_a_400_and_asks_nothing(address, headers, client, member):
    client.force_login(member)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address, headers=headers).status_code == 400
    assert len(captured) == 0


def test_addresses_of_the_size_that_pages_write_are_read(client, member):
    client.force_login(member)
    assert client.get("/accounts/login/?next=" + "%2Fcases%2F" * 150).status_code == 302
