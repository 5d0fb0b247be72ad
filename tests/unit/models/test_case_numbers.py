"""No control character in a case number: the database rejects it, and the mail of an old row is still sent."""

from contextlib import contextmanager

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction

from cases import releases
from cases.delivery import outbox
from cases.models import Case, OutgoingEmail
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db

ODD = ["C-1\n2", "C-1\r\nBcc: all@example.com", "\tC-12", "C-12\n", "C-\x0b12", "C\x1b[31m-12", "C-1\x7f2", "C-1\x852"]
ODD += ["C-1\u20282", "C-1\u20292", "C-\u202e12", "C-\u20662", "\n"]
CONSTRAINT = next(one for one in Case._meta.constraints if one.name == "case_number_is_a_line")


@contextmanager
def without_the_constraint():
    """As the table was before there was one."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            yield
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
        return
    with connection.schema_editor() as editor:
        editor.remove_constraint(Case, CONSTRAINT)
    yield


@pytest.mark.parametrize("number", ODD, ids=repr)
def test_the_database_refuses_it(member, number):
    with pytest.raises(IntegrityError, match=CONSTRAINT.name), transaction.atomic():
        CaseFactory(member=member, external_case_id=number)
    case = CaseFactory(member=member)
    with pytest.raises(IntegrityError, match=CONSTRAINT.name), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(external_case_id=number)


@pytest.mark.parametrize("number", ["C-7K2M9QX4TB", "TEST-001", "Ñ 12/7", "案件-3", "C\u00a012"])
def test_other_numbers_are_taken(member, number):
    assert CaseFactory(member=member, external_case_id=number).external_case_id == number


@pytest.mark.parametrize("number", [*ODD, "C-1\x002"], ids=repr)
def test_the_mail_of_an_old_row_is_sent_without_them(member, number):
    if "\x00" in number and connection.vendor == "postgresql":
        pytest.skip("PostgreSQL stores no NUL")
    with without_the_constraint():
        CaseFactory(due=True, member=member, external_case_id=number)
        releases.release_due(by="a test", source="sweep")
        assert outbox.deliver().sent == 1
        (message,) = mail.outbox
        plain = "".join(letter for letter in number if letter.isprintable() and letter not in "\u2028\u2029")
        assert message.subject == f"Your case {plain} is ready"
        assert plain in message.body
        assert message.message()["Bcc"] is None
        assert OutgoingEmail.objects.get().state == "sent"
