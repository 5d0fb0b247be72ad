"""What was done to an account is written down with it, once, and stays."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.db import Error, IntegrityError, connection, transaction

from cases.accounts import actions as people
from cases.accounts import own_account
from cases.casework import assignment
from cases.core.errors import CaseError, NotAllowed, WrongState
from cases.lifecycle.account_history import latest_account_events
from cases.models import AccountEvent, User
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db


def history(person: User) -> list[tuple[str, User, str]]:
    """What is told of `person`, the latest first."""
    return [(event.kind, event.actor, event.said or event.reason) for event in latest_account_events(person, limit=50)]


def test_each_step_is_told(ada, mia):
    nina = people.invite(by=ada, email="nina@example.com", first_name="Nina", last_name="Ng", role="technician")
    people.invite_again(person=nina, by=ada)
    people.correct(person=nina, by=ada, email="ng@example.com", first_name="Nina", last_name="Ng")
    people.change_role(person=nina, by=ada, role="member")
    people.deactivate(person=nina, by=ada)
    people.reactivate(person=nina, by=ada)
    assert history(nina) == [
        ("reactivated", ada, ""),
        ("deactivated", ada, ""),
        ("role_changed", ada, "Technician → Member"),
        ("corrected", ada, "Nina Ng <nina@example.com> → Nina Ng <ng@example.com>"),
        ("invited_again", ada, "nina@example.com"),
        ("invited", ada, "nina@example.com, Technician"),
    ]
    assert history(mia) == []


def test_what_changes_nothing_is_not_told(ada, mia):
    people.reactivate(person=mia, by=ada)
    people.change_role(person=mia, by=ada, role="member")
    people.correct(person=mia, by=ada, email=mia.email, first_name="", last_name="")
    with pytest.raises(WrongState):
        people.invite_again(person=mia, by=ada)
    assert history(mia) == []


def test_cases_that_went_to_somebody_else_are_told_of_the_account_too(ada, tom, otto):
    CaseFactory.create_batch(2, assigned_to=tom)
    CaseFactory(assigned_to=tom, held=True)
    assignment.hand_over_all(technician=tom, to=otto, by=ada, source="web", reason="Tom leaves.")
    assert history(tom) == [("cases_handed_over", ada, "3 → otto")]
    assert AccountEvent.objects.get().reason == "Tom leaves."


@pytest.fixture
def locked_out(tom: User) -> User:
    """Tom, who has lost his phone and his codes."""
    TOTP.activate(tom, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(tom)
    return tom


def test_a_lost_second_factor_is_removed_with_a_reason(ada, locked_out):
    with pytest.raises(CaseError, match="reason") as refused:
        people.remove_second_factor(person=locked_out, by=ada, reason="  ")
    assert refused.value.field == "reason"
    people.remove_second_factor(person=locked_out, by=ada, reason="Lost the phone.")
    assert not Authenticator.objects.filter(user=locked_out).exists()
    assert history(locked_out) == [("second_factor_removed", ada, "Lost the phone.")]
    with pytest.raises(WrongState):
        people.remove_second_factor(person=locked_out, by=ada, reason="Once more.")


def test_not_ones_own_second_factor_and_not_by_others(ada, otto, locked_out):
    TOTP.activate(ada, "JBSWY3DPEHPK3PXP")
    for person, by in ((ada, ada), (locked_out, otto)):
        with pytest.raises(NotAllowed):
            people.remove_second_factor(person=person, by=by, reason="Lost.")
    assert Authenticator.objects.filter(type="totp").count() == 2
    assert not AccountEvent.objects.exists()


def test_how_somebody_set_a_password_is_told(ada, mia):
    nina = people.invite(by=ada, email="nina@example.com", first_name="Nina", last_name="Ng", role="member")
    own_account.set_password(by=nina, password="one long phrase", with_link=True)
    own_account.set_password(by=nina, password="another long phrase", with_link=True)
    own_account.set_password(by=nina, password="a third long phrase", with_link=False)
    assert history(nina)[:3] == [
        ("password_changed", nina, ""),
        ("password_reset", nina, ""),
        ("password_set", nina, ""),
    ]
    nina.refresh_from_db()
    assert nina.check_password("a third long phrase")
    assert history(mia) == []


def test_a_new_password_brings_nothing_else_back(ada, mia):
    """The request began before an administrator deactivated the account and corrected the address."""
    stale = User.objects.get(pk=mia.pk)
    people.correct(person=mia, by=ada, email="new@example.com", first_name="", last_name="")
    people.deactivate(person=mia, by=ada)
    own_account.set_password(by=stale, password="another long phrase", with_link=False)
    mia.refresh_from_db()
    assert (mia.is_active, mia.email) == (False, "new@example.com")
    assert mia.check_password("another long phrase")


@pytest.fixture
def stored(ada: User, mia: User) -> AccountEvent:
    people.deactivate(person=mia, by=ada)
    return AccountEvent.objects.get()


def test_a_stored_row_stays_as_it_is(stored):
    with pytest.raises(TypeError):
        stored.save()
    with pytest.raises(TypeError):
        stored.delete()


@pytest.mark.postgresql
@pytest.mark.parametrize("sql", ["UPDATE cases_accountevent SET reason = 'x'", "DELETE FROM cases_accountevent"])
def test_postgresql_refuses_sql_as_well(sql, stored):
    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_unknown_kinds_are_refused(ada, mia, clock):
    with pytest.raises(IntegrityError), transaction.atomic():
        AccountEvent.objects.create(person=mia, actor=ada, kind="promoted", at="2025-06-11T12:00:00Z")
