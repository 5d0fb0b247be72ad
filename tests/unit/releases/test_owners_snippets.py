"""The shell snippets and queries in the product owner's document: each works as written there.

The quoted code is theirs, with their `date.today()` (the host's calendar). Only the assertions are ours.
"""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import Avg, DurationField, ExpressionWrapper, F

from cases import releases
from cases.models import Case
from tests.factories import CaseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("features")]


@pytest.fixture
def case(member):
    """Their test data."""
    return Case.objects.create(
        member_id=member.pk,
        external_case_id="TEST-001",
        status="completed",
        scheduled_release_date=date.today() - timedelta(days=1),  # noqa: DTZ011
        urgency="normal",
    )


def test_their_case_is_released_by_the_batch_job(case, member):
    assert not Case.objects.visible_to(member).exists()

    call_command("release_scheduled_cases", "--dry-run", verbosity=0)
    case.refresh_from_db()
    assert case.actual_release_date is None

    call_command("release_scheduled_cases", verbosity=0)
    assert Case.objects.visible_to(member).get().actual_release_date is not None


def test_the_case_is_valid_as_it_is(case):
    case.full_clean()


def test_cases_not_releasing(case, member):
    CaseFactory(scheduled=True, member=member)
    CaseFactory(released=True, member=member)
    found = Case.objects.filter(
        status="completed",
        scheduled_release_date__lte=date.today(),  # noqa: DTZ011
        actual_release_date__isnull=True,
    ).values("external_case_id", "scheduled_release_date")
    assert list(found) == [
        {"external_case_id": "TEST-001", "scheduled_release_date": date.today() - timedelta(days=1)}  # noqa: DTZ011
    ]


def test_member_cannot_see_released_cases(case):
    releases.release_due(by="test", source="command")
    case = Case.objects.get(external_case_id="TEST-001")
    assert f"Status: {case.status}" == "Status: completed"
    assert "None" not in f"Actual Release: {case.actual_release_date}"


def test_sql_of_the_walkthrough(case):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM cases_case WHERE id={case.pk};")  # noqa: S608
        names = {column.name if hasattr(column, "name") else column[0] for column in cursor.description}
        assert len(cursor.fetchall()) == 1
    assert {
        "external_case_id", "member_id", "status", "urgency", "date_completed", "scheduled_release_date",
        "actual_release_date",
    } <= names  # fmt: skip


def test_cases_released_daily(case):
    assert Case.objects.filter(actual_release_date__date=date.today()).count() == 0  # noqa: DTZ011
    releases.release_due(by="test", source="command")
    assert Case.objects.filter(actual_release_date__date=date.today()).count() == 1  # noqa: DTZ011


def test_pending_releases(case, member):
    CaseFactory(scheduled=True, member=member)
    CaseFactory(held=True, member=member)
    assert (
        Case.objects.filter(
            status="completed", scheduled_release_date__isnull=False, actual_release_date__isnull=True
        ).count()
        == 2
    )


def test_average_release_delay(case, technician, member, clock):
    done = CaseFactory(member=member, assigned_to=technician)
    from cases.core.schedule import Schedule

    release_on = Schedule(date(2025, 6, 20))
    releases.complete(case=done, by=technician, source="web", release_on=release_on)
    clock.move_to(release_on.instant)
    releases.release_due(by="test", source="command")

    cases = Case.objects.filter(actual_release_date__isnull=False).annotate(
        delay=ExpressionWrapper(F("actual_release_date") - F("date_completed"), output_field=DurationField())
    )
    assert cases.get(pk=done.pk).delay == timedelta(days=8, hours=12)
    # Their own test case was never completed by anyone, so it has no delay, and the average leaves it out.
    assert cases.aggregate(average=Avg("delay")) == {"average": timedelta(days=8, hours=12)}


def test_the_help_texts_are_theirs():
    texts = {name: Case._meta.get_field(name).help_text for name in ("scheduled_release_date", "actual_release_date")}
    assert texts == {
        "scheduled_release_date": "Date when completed case will be released to member",
        "actual_release_date": "Actual date/time when case was released to member",
    }


# What they leave open must not allow the impossible.
IMPOSSIBLE = {
    "released and not completed": {"status": "accepted", "actual_release_date": "2025-01-01T00:00Z"},
    "scheduled and not completed": {"status": "accepted", "scheduled_release_date": "2025-01-01"},
    "a time without a date": {"status": "completed", "scheduled_release_time": "10:00"},
    "an unknown status": {"status": "complete"},
    "an unknown urgency": {"urgency": "whatever"},
    "armed for a schedule to come": {"armed_revision": 1},
    "failed without a next try": {"release_attempts": 1, "release_error": "no"},
}


@pytest.mark.parametrize("columns", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_the_database_refuses(member, columns):
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.create(member=member, **columns)


def test_two_cases_cannot_have_one_number(case, member):
    again = Case(member=member, external_case_id="TEST-001")
    with pytest.raises(ValidationError):
        again.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save()
