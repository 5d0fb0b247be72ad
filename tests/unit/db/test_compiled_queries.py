"""Statements that are compiled once. Their parameters are objects, so no value is mistaken for one."""

import datetime as dt

import pytest

from cases.db.compiled_queries import DAY, MOMENT, PERSON, CompiledQuery
from cases.models import Case, User
from tests.conftest import FROZEN
from tests.factories import CaseFactory, UserFactory

pytestmark = pytest.mark.django_db

IN_A_WEEK = FROZEN.date() + dt.timedelta(days=7)


def test_one_statement_answers_for_many_people(member, other_member):
    mine, hers = CaseFactory(member=member), CaseFactory(member=other_member)
    compiled = CompiledQuery.rows_of(Case.objects.filter(member_id=PERSON).values("pk"))
    assert compiled.fetch(person=member.pk) == [(0, mine.pk)]
    assert compiled.fetch(person=other_member.pk) == [(0, hers.pk)]


def test_a_person_stands_for_the_key_of_a_user(member):
    case = CaseFactory(member=member)
    compiled = CompiledQuery.counts_of(Case.objects.visible_to(User(pk=PERSON, role=User.Role.MEMBER)).values("pk"))
    assert compiled.fetch(person=member.pk) == [(0, 1)]
    assert compiled.fetch(person=UserFactory().pk) == [(0, 0)]
    assert case.member == member


def test_a_day_and_a_moment_are_filled_in(member, clock):
    scheduled = CaseFactory(member=member, scheduled=True, scheduled_release_date=IN_A_WEEK)
    released = CaseFactory(member=member, released=True)
    compiled = CompiledQuery.rows_of(
        Case.objects.filter(scheduled_release_date=DAY, member_id=PERSON).values("pk"),
        Case.objects.filter(actual_release_date__lte=MOMENT, member_id=PERSON).values("pk"),
    )
    assert (0, scheduled.pk) in compiled.fetch(person=member.pk, day=IN_A_WEEK, moment=FROZEN)
    assert (1, released.pk) in compiled.fetch(person=member.pk, day=IN_A_WEEK, moment=released.actual_release_date)
    assert compiled.fetch(person=member.pk, day=dt.date(1, 1, 1), moment=dt.datetime(2, 2, 2, tzinfo=dt.UTC)) == []


def test_a_plain_value_is_never_a_parameter(member):
    CaseFactory(member=member)
    compiled = CompiledQuery.rows_of(Case.objects.filter(member_id=-1).values("pk"))
    assert compiled.fetch(person=member.pk) == []


def test_a_parameter_that_is_not_given_is_an_error(member):
    compiled = CompiledQuery.rows_of(Case.objects.filter(scheduled_release_date=DAY, member_id=PERSON).values("pk"))
    with pytest.raises(KeyError):
        compiled.fetch(person=member.pk)
