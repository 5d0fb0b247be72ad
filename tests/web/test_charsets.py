"""The charset of a request can be anything: the body is read as UTF-8 or rejected, and nothing causes an error.

This goes through the WSGI application, as gunicorn calls it, because Django's test client starts after the code that
reads the Content-Type.
"""

import io
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.test import Client

from cases.models import Case
from portal.wsgi import application
from tests.factories import CaseFactory
from tests.tokens import header, new_token

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("open_connection"),
    pytest.mark.one_database("is about requests: what they may not be reaches no database"),
]

# Python codecs that are not text encodings, encodings that can read only some bytes, and a name that does not exist.
CHARSETS = ["base64", "rot13", "hex", "zlib", "bz2", "uu", "quopri"]
CHARSETS += ["idna", "punycode", "undefined", "utf-7", "utf-16", "utf-32", "unicode_escape", "raw_unicode_escape"]
CHARSETS += ["unknown", "x" * 8000, "", '""', "utf-8;charset=base64", "\xff", "../utf_8", "None", "mbcs"]
PARAMETERS = [f"charset={name}" for name in CHARSETS]
# The same in the syntax of RFC 2231, and parameters that cannot be read.
PARAMETERS += ["charset*=utf-8''base64", "charset*=base64''%41", "x*=unknown''%41", "x*=idna''%ff", "x*=undefined''%41"]
PARAMETERS += [f"x*{'9' * 5000}=a", "x*0*=idna''%ff;x*1*=%ff", "charset*0=base;charset*1=64", "=", ";;", "charset"]


def ask(method: str, address: str, content_type: str, body: bytes = b"", **headers: str) -> tuple[int, str]:
    """Return how gunicorn would respond: status and body."""
    path, _mark, query = address.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }
    setup_testing_defaults(environ)
    said: list[str] = []
    answer = application(environ, lambda status, _headers: said.append(status))
    text = b"".join(answer).decode()
    answer.close()  # type: ignore[attr-defined]
    return int(said[0].split()[0]), text


def cookie_of(person) -> dict[str, str]:
    client = Client()
    client.force_login(person)
    return {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}


@pytest.mark.parametrize("parameters", PARAMETERS, ids=[text[:30] for text in PARAMETERS])
def test_a_page_is_shown_whatever_the_charset_of_no_body_is(parameters, technician):
    for media_type in ("text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"):
        content_type = f"{media_type}; {parameters}"
        assert ask("GET", "/accounts/login/?next=/", content_type)[0] == 200, media_type
        assert ask("GET", "/cases/?q=a%E9b", content_type, **cookie_of(technician))[0] == 200, media_type


@pytest.mark.parametrize("parameters", PARAMETERS, ids=[text[:30] for text in PARAMETERS])
def test_a_form_in_an_odd_charset_is_refused_or_read(parameters, technician):
    """Once the form has been read, nothing is done without a CSRF token."""
    fields = b"login=tom&password=a%FFb"
    parts = b'--x\r\nContent-Disposition: form-data; name="login"\r\n\r\n+2AA-\xff\r\n--x--\r\n'
    for media_type, body in (
        ("application/x-www-form-urlencoded", fields),
        ("multipart/form-data; boundary=x", parts),
        ("text/plain", fields),
    ):
        for headers in ({}, cookie_of(technician)):
            status, _text = ask("POST", "/accounts/login/?next=/", f"{media_type}; {parameters}", body, **headers)
            assert status in (400, 403), media_type


@pytest.mark.parametrize("parameters", PARAMETERS, ids=[text[:30] for text in PARAMETERS])
def test_the_api_reads_json_as_utf_8_or_refuses_it(parameters, technician):
    case = CaseFactory(assigned_to=technician)
    address, content_type = f"/api/cases/{case.pk}/release/", f"application/json; {parameters}"
    for headers, status in (({}, 401), (header(new_token(technician)), 400)):
        assert ask("POST", address, content_type, b'{"release_option": "\xff"}', **headers)[0] == status
        assert ask("POST", address, content_type, b'{"release_option": "later"}', **headers)[0] == status
        assert ask("GET", f"{address}?a=b", content_type, **headers)[0] in (401, 405)
    assert Case.objects.get().status == "accepted"


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "us-ascii", "iso-8859-1"])
def test_charsets_that_programs_send_are_read(charset, technician):
    case = CaseFactory(assigned_to=technician)
    asked = b'{"release_option": "schedule"}'
    headers = header(new_token(technician))
    content_type = f"application/json; charset={charset}"
    assert ask("POST", f"/api/cases/{case.pk}/release/?a=%C3%A9", content_type, asked, **headers)[0] == 200
    form = "application/x-www-form-urlencoded"
    assert ask("GET", "/accounts/login/?next=/", f"{form}; charset={charset}")[0] == 200


@pytest.mark.parametrize("charset", ["base64", "rot13", "zlib", "idna", "undefined", "punycode", "unknown"])
def test_the_parser_refuses_a_charset_that_is_no_text_encoding_by_itself(charset, client, technician):
    """For a server other than gunicorn that calls an application other than portal.wsgi."""
    case = CaseFactory(assigned_to=technician)
    answer = client.generic(
        "POST",
        f"/api/cases/{case.pk}/release/",
        '{"release_option": "later"}',
        content_type=f"application/json; charset={charset}",
        headers=header(new_token(technician)),
    )
    assert answer.status_code == 400
    assert Case.objects.get().status == "accepted"


ACCEPTS = [
    "text/html;x*=unknown''a",
    "*/*;x*=idna''%ff",
    "*/*; x=\"a;y*=unknown''b\"",
    f"text/html;x*{'9' * 5000}=a",
    f"a/b; x*{'9' * 5000}",
]


@pytest.mark.parametrize("accept", ACCEPTS, ids=[text[:30] for text in ACCEPTS])
@pytest.mark.parametrize("address", ["/api/cases/", "/accounts/login/"])
def test_what_a_program_accepts_is_no_error_either(accept, address, technician):
    for headers in ({}, header(new_token(technician))):
        assert ask("GET", address, "", Accept=accept, **headers)[0] == 400


@pytest.mark.parametrize("accept", ["text/html,application/xml;q=0.9,*/*;q=0.8", "*/*", "text/html;*/*;q=0.1"])
def test_what_browsers_accept_is_not_refused(accept):
    assert ask("GET", "/accounts/login/", "", Accept=accept)[0] == 200
