"""Absences: who may enter them, for which days and with which deputy, and how they end."""

import datetime as dt

import pytest
from django.contrib.auth.hashers import make_password

from cases.accounts import absences, people
from cases.core.errors import CaseError, NotAllowed, WrongState
from cases.lifecycle.account_history import latest_account_events
from cases.models import Absence, User
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

TODAY = dt.date(2025, 6, 11)


def day(number: int) -> dt.date:
    return TODAY + dt.timedelta(days=number)


def away(technician: User, deputy: User, first: int = 0, last: int = 4, by: User | None = None) -> Absence:
    return absences.set_absence(
        technician=technician, deputy=deputy, first_day=day(first), last_day=day(last), by=by or technician
    )


def test_it_is_written_down_and_ends_by_itself(technician, other_technician, administrator, clock):
    found = away(technician, other_technician, 0, 4)
    later = away(technician, other_technician, 10, 12, by=administrator)
    assert list(absences.absences_of(technician)) == [found, later]
    said = [(event.kind, event.actor, event.said) for event in latest_account_events(technician, limit=5)]
    assert said == [
        ("absence_set", administrator, "Jun 21, 2025 to Jun 23, 2025 → otto"),
        ("absence_set", technician, "Jun 11, 2025 to Jun 15, 2025 → otto"),
    ]
    clock.shift(dt.timedelta(days=5))
    assert list(absences.absences_of(technician)) == [later]
    with pytest.raises(WrongState):
        absences.end_absence(absence=found, by=technician)


@pytest.mark.parametrize(("days_later", "kept"), [(-1, None), (0, None), (2, day(1)), (4, day(3))])
def test_whoever_is_back_early_ends_it(days_later, kept, technician, other_technician, clock):
    found = away(technician, other_technician, 0, 4)
    clock.shift(dt.timedelta(days=days_later))
    absences.end_absence(absence=found, by=technician)
    assert list(Absence.objects.values_list("last_day", flat=True)) == ([kept] if kept else [])
    assert latest_account_events(technician, limit=1)[0].kind == "absence_ended"


def test_the_same_once_more_is_the_one_that_is_there(technician, other_technician, administrator):
    found = away(technician, other_technician, 0, 4)
    assert away(technician, other_technician, 0, 4) == found
    assert Absence.objects.count() == len(latest_account_events(technician, limit=5)) == 1
    for first, last, deputy in ((0, 3, other_technician), (0, 4, UserFactory(role="technician"))):
        with pytest.raises(CaseError):
            away(technician, deputy, first, last)


def test_only_the_technician_and_administrators_say_it(technician, other_technician, administrator, member):
    for by in (other_technician, member):
        with pytest.raises(NotAllowed):
            away(technician, other_technician, by=by)
    found = away(technician, other_technician, by=administrator)
    for by in (other_technician, member):
        with pytest.raises(NotAllowed):
            absences.end_absence(absence=found, by=by)
    with pytest.raises(WrongState):
        away(administrator, technician)


@pytest.mark.parametrize(
    ("first", "last", "who", "field"),
    [
        (-1, 3, "otto", "first_day"),
        (3, 2, "otto", "last_day"),
        (0, 367, "otto", "last_day"),
        (0, 4, "tom", "deputy"),
        (0, 4, "mia", "deputy"),
        (0, 4, "deactivated", "deputy"),
        (0, 4, "invited", "deputy"),
        (0, 4, "away", "deputy"),
        (12, 20, "otto", "first_day"),
    ],
)
def test_what_cannot_be_is_refused(first, last, who, field, technician, other_technician, member):
    others = {
        "deactivated": {"is_active": False},
        "invited": {"password": make_password(None)},
        "away": {},
    }
    known = {"tom": technician, "otto": other_technician, "mia": member}
    deputy = known.get(who) or UserFactory(role="technician", **others[who])
    if who == "away":
        away(deputy, other_technician, 4, 5)
    away(technician, other_technician, 11, 12)
    before = Absence.objects.count()
    with pytest.raises(CaseError) as refused:
        away(technician, deputy, first, last)
    assert refused.value.field == field
    assert Absence.objects.count() == before


@pytest.mark.parametrize("role", ["member", "administrator"])
def test_another_role_ends_the_absences(role, technician, other_technician, administrator, clock):
    over = away(technician, other_technician, 0, 0)
    clock.shift(dt.timedelta(days=2))
    present, planned = away(technician, other_technician, 2, 4), away(technician, other_technician, 10, 12)
    of_another = away(other_technician, technician, 20, 22)
    clock.shift(dt.timedelta(days=1))
    people.change_role(person=technician, role=role, by=administrator)
    present.refresh_from_db()
    assert (present.last_day, Absence.objects.filter(pk=planned.pk).exists()) == (day(2), False)
    assert set(Absence.objects.all()) == {over, present, of_another}
    kinds = [(event.kind, event.actor) for event in latest_account_events(technician, limit=3)]
    assert kinds == [("role_changed", administrator), *[("absence_ended", administrator)] * 2]


def test_a_deactivated_technician_keeps_the_absences(technician, other_technician, administrator):
    kept = {away(technician, other_technician, 0, 4), away(other_technician, technician, 10, 12)}
    people.deactivate(person=technician, by=administrator)
    assert set(Absence.objects.all()) == kept


def test_two_colleagues_who_are_away_do_not_name_each_other(technician, other_technician):
    away(technician, other_technician)
    with pytest.raises(CaseError, match="tom is away too"):
        away(other_technician, technician)
