"""What is stored, logged and sent about an error contains nothing that people wrote (docs/rules.md, 15)."""

import errno
import logging
import pickle
import re
import smtplib
import sqlite3

import psycopg
import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import CharField, TextField
from redis.exceptions import ConnectionError as RedisConnectionError

from cases import releases
from cases.core import safe_errors
from cases.core.safe_errors import SafeError, describe, format_error, safe_copy, without_addresses
from cases.models import Case, CaseDocument, CaseEvent, CaseNote, OutgoingEmail, User
from portal.celery import app
from portal.command_errors import print_error
from portal.logs import SafeArguments, logging_config, without_query
from tests.factories import CaseDocumentFactory, CaseFactory, CaseNoteFactory
from tests.triggers import refuse

MARK = "marker7f3a"


@pytest.fixture
def marked(member, technician):
    """A due case with the marker in every text that a person writes."""
    for person in (member, technician):
        person.first_name = person.last_name = f"{MARK} name"
        person.email = f"{MARK}.{person.username}@example.com"
        person.save()
    case = CaseFactory(
        member=member, assigned_to=technician, due=True, title=f"{MARK} title", description=f"{MARK} description"
    )
    CaseNoteFactory(case=case, author=technician, text=f"{MARK} note")
    CaseDocumentFactory(case=case, name=f"{MARK}.pdf")
    return case


def everything_logged(caplog) -> str:
    """Return the log lines as they are written, including exceptions."""
    config = logging_config(json=True, level="DEBUG")["formatters"]["line"]
    line = config.pop("()")(**config)
    safe = SafeArguments()
    return "\n".join(line.format(record) for record in caplog.records if safe.filter(record))


FAILURES = {
    "history refused": ("cases_caseevent", "INSERT", "NEW.kind = 'released'"),
    "email refused": ("cases_outgoingemail", "INSERT", "NEW.kind = 'released'"),
    "case refused": ("cases_case", "UPDATE", "NEW.actual_release_date IS NOT NULL"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("failure", FAILURES)
def test_a_row_that_the_database_refuses_is_stored_and_logged_without_its_texts(failure, marked, caplog):
    caplog.set_level("DEBUG")
    refuse(*FAILURES[failure])
    assert marked.pk in releases.release_due(by="sweep", source="sweep").failed
    marked.refresh_from_db()
    assert marked.release_error
    assert MARK not in marked.release_error
    assert MARK not in everything_logged(caplog)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "field", "value"),
    [
        (Case, "urgency", f"{MARK}"),
        (Case, "external_case_id", "C-TAKEN"),
        (User, "role", f"{MARK}"),
        (CaseNote, "case_id", None),
        (CaseDocument, "kind", f"{MARK}"),
        (CaseEvent, "kind", f"{MARK}"),
        (OutgoingEmail, "state", f"{MARK}"),
    ],
)
def test_each_constraint_is_named_without_the_row(model, field, value, marked):
    """PostgreSQL says: Failing row contains (…)."""
    CaseFactory(external_case_id="C-TAKEN")
    releases.release_due(by="sweep", source="sweep")
    row = marked if model is Case else model.objects.order_by("pk").first()
    columns = {column.attname: getattr(row, column.attname) for column in model._meta.concrete_fields} | {field: value}
    changed = model(**columns)
    changed._state.adding = model in (CaseEvent, CaseNote)  # which are never changed
    if changed._state.adding:
        changed.pk = None
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        changed.save()
    told = describe(refused.value)
    assert re.fullmatch(r"\w+Error: [\w., ]+", told), told
    assert MARK not in told
    assert MARK not in format_error(refused.value)
    assert "Traceback" in format_error(refused.value)


def texts_of(model):
    fields = [field for field in model._meta.concrete_fields if isinstance(field, CharField | TextField)]
    return [field for field in fields if not field.primary_key and (field.max_length or len(MARK)) >= len(MARK)]


def required_in(model):
    """A NOT NULL column that Django does not fill by itself."""
    columns = [
        field for field in model._meta.concrete_fields if not (field.null or field.primary_key or field.generated)
    ]
    return next(field for field in columns if not getattr(field, "auto_now", False))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "model",
    [model for model in apps.get_app_config("cases").get_models() if texts_of(model)],
    ids=lambda model: model.__name__,
)
def test_no_text_of_any_table_is_in_what_is_told_of_a_refused_row(model):
    """Reasons, answers, messages, names of conditions: PostgreSQL shows the entire row that it refuses."""
    row = model(**{field.attname: MARK for field in texts_of(model)})
    setattr(row, required_in(model).attname, None)
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        model._base_manager.bulk_create([row])
    assert MARK in str(refused.value) or connection.vendor == "sqlite" or texts_of(model) == [required_in(model)]
    assert MARK not in describe(refused.value)
    assert MARK not in format_error(refused.value)


def broken(error):
    """Return `error` as it is raised, from another one."""
    try:
        {}[f"{MARK} key"]
    except KeyError as cause:
        error.__cause__ = cause
    try:
        raise error
    except type(error) as raised:
        return raised


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError(f"invalid literal: {MARK}"), "ValueError"),
        (UnicodeDecodeError("utf-8", MARK.encode(), 0, 1, "bad"), "UnicodeDecodeError"),
        (ValidationError(f"{MARK} is no date"), "ValidationError"),
        (
            FileNotFoundError(errno.ENOENT, "No such file or directory", f"/var/{MARK}"),
            "FileNotFoundError: No such file or directory",
        ),
        (OSError(f"{MARK}"), "OSError"),
        (smtplib.SMTPRecipientsRefused({f"{MARK}@example.com": (550, b"no")}), "SMTPRecipientsRefused"),
        (IntegrityError(f"Failing row contains ({MARK})"), "IntegrityError"),
        (
            RedisConnectionError("Error 111 connecting to 127.0.0.1:6379."),
            "ConnectionError: Error 111 connecting to 127.0.0.1:6379.",
        ),
        (SafeError("no row"), "SafeError: no row"),
    ],
)
def test_an_error_is_told_by_what_is_not_of_people(error, told):
    raised = broken(error)
    assert describe(raised) == told
    text = format_error(raised)
    assert MARK not in text
    assert text.index("KeyError") < text.index("direct cause") < text.index(told)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("550 <mia@example.com>: no such user", "550 <<address>>: no such user"),
        ("no mailbox mia.jones+x@mail.example.org here", "no mailbox <address> here"),
        ("übung@faß.de is unknown", "<address> is unknown"),
        ("try again later", "try again later"),
    ],
)
def test_addresses_are_taken_out_of_the_words_of_a_server(text, kept):
    assert without_addresses(text) == kept


def test_a_deep_recursion_is_told_in_short():
    def deeper(n):
        return deeper(n + 1)

    with pytest.raises(RecursionError) as raised:
        deeper(0)
    assert len(format_error(raised.value)) < 100_000


def test_a_copy_is_told_alike_here_and_in_another_process():
    copy = safe_copy(broken(IntegrityError(MARK)))
    assert type(copy).__name__ == "IntegrityError"
    assert MARK not in repr(copy)
    assert copy.__cause__ is None
    sent = pickle.loads(pickle.dumps(safe_copy(OSError(errno.EIO, "Input/output error"))))  # noqa: S301
    assert str(sent) == "OSError: Input/output error"


@pytest.mark.parametrize("retry", [False, True])
def test_what_celery_learns_of_a_failed_task_names_nobody(retry):
    def refused():
        raise IntegrityError(f"Failing row contains ({MARK})")

    @app.task(bind=True, shared=False, name=f"tests.failing{retry}")
    def failing(self):
        try:
            refused()
        except IntegrityError as error:
            if retry:
                raise self.retry(exc=error, max_retries=1, countdown=0) from None
            raise

    result = failing.apply()
    assert result.failed()
    assert MARK not in repr(result.result)
    assert MARK not in result.traceback


def test_arguments_of_a_librarys_sentence_are_described():
    record = logging.LogRecord("lib", logging.ERROR, "x.py", 1, "failed: %r %s", (ValueError(MARK), "kept"), None)
    assert SafeArguments().filter(record)
    assert record.getMessage() == "failed: 'ValueError' kept"


@pytest.mark.parametrize("name", ["gunicorn.error", "django.request"])
def test_what_people_search_for_is_in_no_line(name):
    record = logging.LogRecord(
        name, logging.ERROR, "x.py", 1, "Error handling request %s", ("/cases/?q=divorce",), None
    )
    assert SafeArguments().filter(record)
    assert record.getMessage() == "Error handling request /cases/"
    assert without_query(None, "info", {"request": "GET /cases/?q=divorce"}) == {"request": "GET /cases/"}


def test_what_ends_a_command_is_printed_safely(capsys):
    error = broken(IntegrityError(MARK))
    print_error(type(error), error, error.__traceback__)
    printed = capsys.readouterr().err
    assert MARK not in printed
    assert "IntegrityError" in printed
    assert safe_errors.describe(error) in printed


def test_a_database_file_that_cannot_be_opened_is_told(tmp_path):
    with pytest.raises(sqlite3.OperationalError) as refused:
        sqlite3.connect(tmp_path / "missing" / "portal.sqlite3")
    assert describe(refused.value) == "OperationalError: SQLITE_CANTOPEN unable to open database file"


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("postgresql://portal:hush-hush@127.0.0.1:1/portal", "Connection refused"),
        ("postgresql://portal:hush-hush@nowhere.invalid/portal", "nowhere.invalid"),
        ("postgresql:///portal?host=/nowhere", "No such file or directory"),
    ],
)
def test_a_database_server_that_cannot_be_reached_is_told(address, why):
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect(address)
    told = describe(refused.value)
    assert told.startswith("OperationalError: ")
    assert why in told
    assert "hush-hush" not in told
    assert "\n" not in told
