"""One log line for each batch, verb and failed sign-in, with keys and never with what people wrote."""

import datetime as dt
import io
import json
import logging
import re
import sys
import uuid

import pytest
import structlog
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from celery.exceptions import Retry
from django.contrib.sessions.middleware import SessionMiddleware
from django.test import Client
from structlog.testing import capture_logs

from cases import releases
from cases.accounts import api_tokens, calendar_feed, own_account, people
from cases.casework import assignment, notes
from cases.core.clock import portal_now
from cases.core.schedule import Schedule, default_date
from cases.delivery import outbox
from cases.documents import attach_and_remove as documents
from cases.middleware.timezone import ReadersZoneMiddleware
from cases.models import Case, CaseEvent, Notification, OutgoingEmail, User
from portal.logs import OnceAMinute, logging_config
from tests.factories import CaseDocumentFactory, CaseFactory
from tests.pages import signed_in
from tests.services import MailServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def logged(django_capture_on_commit_callbacks):
    """Run something, and return the lines that it had written when it was committed."""

    def run(action):
        with capture_logs() as lines, django_capture_on_commit_callbacks(execute=True):
            action()
        return lines

    return run


@pytest.mark.parametrize(("cases", "named"), [(1, 1), (50, 50), (53, 50)])
def test_a_batch_has_one_line(cases, named, logged, member, technician):
    due = CaseFactory.create_batch(cases, member=member, assigned_to=technician, due=True, title="Divorce")
    (line,) = [x for x in logged(lambda: releases.release_due(by="sweep", source="sweep")) if "released" in x["event"]]
    assert line["event"] == "cases released"
    assert (line["count"], line["source"], line["by"]) == (cases, "sweep", "sweep")
    assert line["batch"] == str(Case.objects.values_list("release_batch", flat=True).distinct().get())
    assert set(line["case_ids"]) <= {case.pk for case in due}
    assert len(line["case_ids"]) == named


VERBS = {
    "completed": lambda case, technician, other_technician: releases.complete(
        case=case, by=technician, source="web", release_on=Schedule(default_date(portal_now())), reason="Smith"
    ),
    "handed_over": lambda case, technician, other_technician: assignment.hand_over_case(
        case=case, to=other_technician, by=technician, source="api", reason="Smith"
    ),
}


@pytest.mark.parametrize("kind", VERBS)
def test_a_verb_has_a_line_with_keys_alone(kind, logged, technician, other_technician):
    case = CaseFactory(assigned_to=technician, title="Smith v. Smith")
    lines = logged(lambda: VERBS[kind](case, technician, other_technician))
    (line,) = [line for line in lines if line["event"] == "case changed"]
    assert (line["kind"], line["case_id"], line["by"]) == (kind, case.pk, technician.pk)
    assert "Smith" not in json.dumps(lines)


def an_invited_person(by: User) -> User:
    return people.invite(by=by, email="nina@example.com", first_name="Nina", last_name="Ng", role="technician")


def remove_a_document(by: User) -> None:
    case = CaseFactory(assigned_to=by)
    documents.remove(document=CaseDocumentFactory(case=case), by=by, source="web")


def end_a_token(by: User) -> None:
    token, _secret = api_tokens.create(user=by, by=by, name="Sync", days=1)
    api_tokens.end(token=token, by=by)


def turn_a_feed_off(by: User) -> None:
    calendar_feed.make(user=by)
    calendar_feed.switch_off(user=by)


def change_second_factors(by: User) -> None:
    client = signed_in(by)
    page = client.get("/accounts/security/app/activate/").content.decode()
    secret = re.search(r'id="authenticator_secret"[^>]*value="(\w+)"', page)[1]
    now = list(yield_hotp_counters_from_time())[1]
    client.post("/accounts/security/app/activate/", {"code": format_hotp_value(hotp_value(secret, now))})
    client.post("/accounts/security/codes/generate/")


LOGGED_ONCE_COMMITTED = {
    "case changed": lambda administrator, technician: VERBS["completed"](
        CaseFactory(assigned_to=technician), technician, None
    ),
    "document removed": lambda administrator, technician: remove_a_document(technician),
    "person invited": lambda administrator, technician: an_invited_person(administrator),
    "role changed": lambda administrator, technician: people.change_role(
        person=technician, role="administrator", by=administrator
    ),
    "person deactivated": lambda administrator, technician: people.deactivate(person=technician, by=administrator),
    "api token ended": lambda administrator, technician: end_a_token(technician),
    "password set": lambda administrator, technician: own_account.set_password(
        by=technician, password="a phrase of four words", with_link=False
    ),
    "signed in": lambda administrator, technician: Client().force_login(technician),
    "second factor set up": lambda administrator, technician: change_second_factors(technician),
    "recovery codes made": lambda administrator, technician: change_second_factors(technician),
    "calendar feed made": lambda administrator, technician: calendar_feed.make(user=technician),
    "calendar feed turned off": lambda administrator, technician: turn_a_feed_off(technician),
    "history exported": lambda administrator, technician: signed_in(technician).get("/history/export/"),
}


@pytest.mark.parametrize("event", LOGGED_ONCE_COMMITTED)
def test_what_is_rolled_back_has_no_line(event, administrator, technician):
    with capture_logs() as lines:
        LOGGED_ONCE_COMMITTED[event](administrator, technician)  # the test's own transaction is never committed
    assert not [line for line in lines if line["event"] == event]


@pytest.mark.parametrize("event", LOGGED_ONCE_COMMITTED)
def test_what_is_committed_has_a_line(event, logged, administrator, technician):
    lines = logged(lambda: LOGGED_ONCE_COMMITTED[event](administrator, technician))
    assert len([line for line in lines if line["event"] == event]) == 1


def test_a_bulk_hand_over_has_a_line(logged, administrator, technician, other_technician):
    CaseFactory.create_batch(3, assigned_to=technician)
    lines = logged(
        lambda: assignment.hand_over_all(technician=technician, to=other_technician, by=administrator, source="web")
    )
    (line,) = [line for line in lines if line["event"] == "cases handed over"]
    assert (line["count"], line["from_id"], line["to_id"], line["by"]) == (
        3,
        technician.pk,
        other_technician.pk,
        administrator.pk,
    )


def test_a_note_has_a_line_without_its_text(logged, technician):
    case = CaseFactory(assigned_to=technician)
    lines = logged(lambda: notes.add(case=case, by=technician, text="Very private"))
    assert [line for line in lines if line.get("case_id") == case.pk]
    assert "private" not in json.dumps(lines)


@pytest.mark.parametrize("login", ["mia", "MIA", "mia@example.com"])
def test_a_failed_sign_in_names_the_account(login, client, member, settings):
    member.email = "mia@example.com"
    member.save()
    with capture_logs() as lines:
        client.post("/accounts/login/", {"login": login, "password": "hunter2 hunter2"})
    (line,) = [line for line in lines if line["event"] == "sign-in failed"]
    assert line["subjects"] == [f"password:{member.pk}"]
    assert "hunter2" not in json.dumps(lines)
    assert login not in json.dumps(lines)


def test_a_name_that_leads_to_nobody_is_not_told(client):
    """It may be a password, typed into the wrong field."""
    with capture_logs() as lines:
        client.post("/accounts/login/", {"login": "hunter2", "password": "hunter2 hunter2"})
    (line,) = [line for line in lines if line["event"] == "sign-in failed"]
    assert line["subjects"] == ["unknown account"]
    assert "hunter2" not in json.dumps(lines)


@pytest.mark.parametrize(("setting", "shown"), [(False, False), (True, True)])
def test_the_clients_address_is_logged_where_that_is_asked_for(setting, shown, client, settings):
    settings.LOG_CLIENT_IP = setting
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        client.get("/nowhere/", REMOTE_ADDR="203.0.113.9")
    assert ("203.0.113.9" in json.dumps(lines, default=str)) == shown


def portals_handler(stream):
    """Return what writes the lines of a process, as JSON to `stream`."""
    config = logging_config(json=True, level="INFO")
    line = config["formatters"]["line"]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(line.pop("()")(**line))
    for name in config["handlers"]["stderr"]["filters"]:
        handler.addFilter(config["filters"][name]["()"]())
    return handler


@pytest.fixture
def lines_of(client, monkeypatch):
    """Send a request, and return the lines that the portal writes about it."""

    def run(address, person=None, **sent):
        if person:
            client.force_login(person)
        written = io.StringIO()
        monkeypatch.setattr(client, "raise_request_exception", False)
        handler = portals_handler(written)
        logging.getLogger().addHandler(handler)
        try:
            answer = client.post(address, **sent) if sent else client.get(address)
        finally:
            logging.getLogger().removeHandler(handler)
        return answer.status_code, [json.loads(line) for line in written.getvalue().splitlines()]

    return run


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("/api/cases/999999/", 404),
        ("/api/cases/1/release/", 405),
        ("/cases/999999/", 404),
        ("/people/", 403),
        ("/nowhere", 404),
    ],
)
def test_a_refused_request_has_one_line(address, code, lines_of, technician, member):
    CaseFactory(member=member, pk=1)
    status, (line,) = lines_of(address, technician)
    assert status == line["code"] == code
    assert (line["level"], line["request"], line["user_id"]) == ("warning", f"GET {address}", technician.pk)
    assert line["request_id"]
    assert "exception" not in line


@pytest.mark.parametrize("address", ["/api/cases/", "/cases/"])
def test_a_request_that_fails_has_one_line_with_its_traceback(address, lines_of, member, monkeypatch):
    monkeypatch.setattr("cases.models.Case.objects.visible_to", None)
    monkeypatch.setattr("cases.models.Case.objects.shown_to", None)
    status, (line,) = lines_of(address, member)
    assert status == line["code"] == 500
    assert (line["level"], line["event"], line["user_id"]) == ("error", "request_failed", member.pk)
    assert "TypeError" in line["exception"]


def failing(middleware, monkeypatch):
    """Have a middleware fail once it has the response, with words of people in the error."""
    usual, words = middleware.__call__, "Mia Jones"

    def fail(self, request):
        usual(self, request)
        raise LookupError(words)

    monkeypatch.setattr(middleware, "__call__", fail)


@pytest.mark.parametrize("middleware", [ReadersZoneMiddleware, SessionMiddleware], ids=["inner", "outer"])
@pytest.mark.parametrize("address", ["/api/cases/", "/cases/"])
def test_what_fails_after_a_view_that_failed_has_a_line_too(middleware, address, lines_of, member, monkeypatch):
    monkeypatch.setattr("cases.models.Case.objects.visible_to", None)
    monkeypatch.setattr("cases.models.Case.objects.shown_to", None)
    failing(middleware, monkeypatch)
    status, (first, second) = lines_of(address, member)
    assert status == 500
    assert ("TypeError" in first["exception"], "LookupError" in second["exception"]) == (True, True)
    for line in (first, second):
        assert (line["level"], line["user_id"], address in str(line)) == ("error", member.pk, True)
    assert first["request_id"] == second["request_id"]
    assert "Mia Jones" not in json.dumps([first, second])


@pytest.mark.parametrize("middleware", [ReadersZoneMiddleware, SessionMiddleware], ids=["inner", "outer"])
def test_a_middleware_that_fails_by_itself_has_one_line(middleware, lines_of, member, monkeypatch):
    failing(middleware, monkeypatch)
    status, (line,) = lines_of("/cases/", member)
    assert (status, line["event"], line["user_id"]) == (500, "request_failed", member.pk)
    assert line["request_id"]


def test_no_line_names_the_person_of_an_earlier_request(lines_of, member, monkeypatch):
    with monkeypatch.context() as patched:
        failing(SessionMiddleware, patched)
        lines_of("/cases/", member)
    _status, (line,) = lines_of("/cases/?q=%00")
    assert "user_id" not in line


def test_a_request_that_is_refused_before_its_person_is_known_has_one_line_too(lines_of):
    status, (line,) = lines_of("/cases/?q=%00")
    assert (status, line["event"]) == (400, "NUL, or a value is too long: /cases/")


def test_a_request_that_cannot_be_read_has_a_line_that_says_why(lines_of):
    status, lines = lines_of("/accounts/login/", data="x" * 10, content_type="multipart/form-data; boundary=é")
    assert status == 400
    assert ["MultiPartParserError" in line.get("exception", "") for line in lines] == [True, False]


FORWARDED = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9", "Client-IP": "198.51.100.2", "X-Real-IP": "198.51.100.3"}


@pytest.mark.parametrize(
    ("proxies", "headers", "logged_as"),
    [
        (0, FORWARDED, "192.0.2.7"),
        (1, FORWARDED, "203.0.113.9"),
        (1, {"X-Forwarded-For": "no address"}, "unknown"),
    ],
    ids=["no proxy", "a proxy", "what is no address"],
)
def test_a_client_does_not_choose_the_address_that_is_logged(proxies, headers, logged_as, client, settings):
    settings.LOG_CLIENT_IP, settings.ALLAUTH_TRUSTED_PROXY_COUNT = True, proxies
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        client.get("/nowhere/", headers=headers, REMOTE_ADDR="192.0.2.7")
    assert {line["ip"] for line in lines} == {logged_as}


@pytest.mark.parametrize(
    ("answer", "event", "why"),
    [
        ("250 OK", "email sent", None),
        ("550 <mia@example.com> Mia Jones: no such user", "email not sent", "550"),
        ("451 mia@example.com: try again later", "email not sent", "451"),
    ],
)
def test_a_mail_has_a_line_and_nobodys_address_is_kept(answer, event, why, member, settings, logged):
    member.email = "mia@example.com"
    member.save()
    case = CaseFactory(member=member, due=True, title="Divorce")
    releases.release_due(by="sweep", source="sweep")
    with MailServer().running() as server:
        server.answer_recipient = lambda _: answer
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        lines = logged(outbox.deliver)
    (line,) = [line for line in lines if line["event"].startswith("email")]
    assert (line["event"], line.get("why"), list(line["case_ids"])) == (event, why, [case.pk])
    assert line["message_id"] == OutgoingEmail.objects.get().message_id
    assert not {"mia@example.com", "Mia Jones", "Divorce"} & set(json.dumps(lines, default=str).split())
    assert "mia@" not in json.dumps(lines, default=str) + OutgoingEmail.objects.get().last_error


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("library", ["celery.worker", "kombu.connection", "gunicorn.error"])
def test_an_error_that_a_library_logs_keeps_its_traceback(library, as_json):
    line = logging_config(json=as_json, level="INFO")["formatters"]["line"]
    formatter = line.pop("()")(**line)
    try:
        json.loads("{")
    except ValueError:
        record = logging.LogRecord(library, logging.ERROR, "x.py", 1, "failed", None, sys.exc_info())
    told = formatter.format(record)
    assert all(part in told for part in ("failed", library, "Traceback", "raw_decode", "JSONDecodeError"))


KEYS = {
    "source": (CaseEvent.Source.SWEEP, "sweep"),
    "kinds": ([Notification.Kind.HELD], ["held"]),
    "case_ids": ((3,), [3]),
    "run": (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    "on": (dt.date(2026, 11, 2), "2026-11-02"),
    "error": (ValueError("Mia Jones"), "ValueError"),
    "reason": (Retry(exc=ValueError("Mia Jones"), when=1), "ValueError"),
    "counts": ({CaseEvent.Source.ETA: 2}, {"eta": 2}),
}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("as_json", [True, False])
def test_a_line_says_values_and_not_how_python_writes_them(key, as_json):
    value, said = KEYS[key]
    line = formatted({"event": "something", key: value}, as_json=as_json)
    assert (json.loads(line)[key] == said) if as_json else f"{key}={said!r}" in line


def formatted(event, *, as_json):
    """Return the line of one of our own events, as a process writes it."""
    line = logging_config(json=as_json, level="INFO")["formatters"]["line"]
    record = logging.LogRecord("cases", logging.INFO, "x.py", 1, event, None, None)
    record._logger, record._name = None, "info"
    return line.pop("()")(**line).format(record)


def failure(name, text, at=1_000_000.0, error=OSError):
    record = logging.LogRecord(name, logging.ERROR, "x.py", 1, text, None, (error, error(), None) if error else None)
    record.created = at
    return record


def test_an_error_that_celery_repeats_every_second_is_written_once_a_minute():
    once = OnceAMinute()
    hub = [failure("kombu.asynchronous.hub", "Error in timer: full", at=1_000_000.0 + second) for second in range(121)]
    written = [record.getMessage() for record in hub if once.filter(record)]
    assert written == [
        "Error in timer: full",
        *["Error in timer: full (59 more were left out)"] * 2,
    ]


@pytest.mark.parametrize(
    "other",
    [
        failure("kombu.asynchronous.hub", "Error in timer: gone"),
        failure("celery.beat", "Error in timer: full"),
        failure("django.request", "Error in timer: full"),
        failure("kombu.asynchronous.hub", "Error in timer: full", error=None),
        failure("kombu.asynchronous.hub", "Error in timer: full", error=ValueError),
    ],
    ids=["another text", "another logger", "not of Celery", "without an error", "another error"],
)
def test_only_the_same_error_is_left_out(other):
    once = OnceAMinute()
    assert once.filter(failure("kombu.asynchronous.hub", "Error in timer: full"))
    assert once.filter(other)


def test_a_clock_that_is_set_back_leaves_nothing_out():
    once = OnceAMinute()
    assert once.filter(failure("celery.beat", "full", at=1_000_000.0))
    assert once.filter(failure("celery.beat", "full", at=1_000_000.0 - 3600))


def test_few_lines_are_remembered():
    once = OnceAMinute()
    assert all(once.filter(failure("celery.worker", f"task {number} failed")) for number in range(1000))
    assert len(once._written) <= 100
