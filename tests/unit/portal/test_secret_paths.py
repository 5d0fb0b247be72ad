"""No log line contains an address that is a credential, whatever the response: its token is masked."""

import io
import logging

import pytest
from django.core import signing
from django.urls import reverse
from structlog.stdlib import get_logger

from cases.accounts import calendar_feed
from cases.core.url_converters import KeyConverter
from portal import logs
from tests.urls import url_patterns

TOKENS = {
    "random": "q3VkZ-8_xY" * 4,
    "signed": signing.dumps({"a": 1}),
    "quoted": signing.dumps([1]).replace(":", "%3A"),
    "hexadecimal": "0123456789abcdef" * 4,
    "of a password": "cq2b5c-0123456789abcdef0123456789abcdef",
    "with dots": "abc.def_ghi-jkl.mno-pqr.stu",
}


def secret_patterns():
    """Return the names of the URLs that take more than keys and numbers."""
    found = {}
    for name, url in url_patterns().items():
        keys = {key for key, each in getattr(url.pattern, "converters", {}).items() if isinstance(each, KeyConverter)}
        if secrets := set(url.pattern.regex.groupindex) - keys - {"pk"}:
            found[name] = secrets
    return found


def address(name, token):
    groups = secret_patterns()[name]
    return reverse(name, kwargs={group: "1a" if group == "uidb36" else token for group in groups})


def test_these_are_the_addresses_with_a_secret():
    assert set(secret_patterns()) == {
        "calendar_feed",
        "condition_by_link",
        "reminder_link",
        "unsubscribe",
        "account_reset_password_from_key",
    }


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
@pytest.mark.parametrize("name", secret_patterns())
def test_it_is_masked_in_every_form_of_a_line(name, token):
    path = address(name, token)
    lines = [path, f"{path}?next={token}", f"POST {path}", f"https://portal.example{path}", f"Forbidden (CSRF): {path}"]
    for line in [*lines, f'"GET {path} HTTP/1.1"']:
        event = logs.without_query(None, "info", {"request": line})
        assert token not in event["request"], line
    for line in lines:
        assert token not in str(logs._safe(line)), line
    assert name == "calendar_feed" or logs._safe(path).endswith("/…/")


@pytest.mark.parametrize(
    "path",
    [
        "/calendar/feed/",
        "/calendar/12/move/",
        "/calendar/",
        "/cases/3/conditions/",
        "/cases/3/conditions/123456789012345678/meet/",
        "/notifications/12/open/",
        "/notifications/settings/",
        "/accounts/password/reset/key/done/",
        "/accounts/password/reset/",
        "/people/3/invite/",
    ],
)
def test_other_addresses_stay_whole(path):
    assert logs._safe(f"Not Found: {path}") == f"Not Found: {path}"
    assert logs._safe(path) == path


@pytest.fixture
def written():
    """Return what the portal's own handler writes."""
    (handler,) = (each for each in logging.getLogger().handlers if each.get_name() == "stderr")
    lines = io.StringIO()
    before = handler.setStream(lines)
    yield lines
    handler.setStream(before)


@pytest.mark.django_db
@pytest.mark.one_database("writes lines, whatever the database answers")
@pytest.mark.parametrize("name", secret_patterns())
@pytest.mark.parametrize("method", ["post", "put", "get"])
def test_no_answer_writes_it(method, name, client, written):
    client.raise_request_exception = False
    getattr(client, method)(address(name, TOKENS["random"]), HTTP_USER_AGENT="program")
    get_logger("portal").warning("written")
    lines = written.getvalue()
    assert "written" in lines
    assert TOKENS["random"] not in lines


@pytest.mark.django_db
@pytest.mark.one_database("writes lines, whatever the database answers")
@pytest.mark.parametrize("error", [ValueError, MemoryError])
def test_no_error_of_the_server_writes_it(error, client, written, monkeypatch):
    def broken(token):
        raise error(token)

    monkeypatch.setattr(calendar_feed, "owner_of", broken)
    client.raise_request_exception = False
    assert client.get(address("calendar_feed", TOKENS["random"])).status_code == 500
    lines = written.getvalue()
    assert "request_failed" in lines
    assert TOKENS["random"] not in lines
