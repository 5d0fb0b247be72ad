"""Changes to an account are recorded with the change, once, and permanently."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.db import Error, IntegrityError, connection, transaction

from cases.accounts import own_account, people
from cases.casework import assignment
from cases.core.errors import CaseError, NotAllowed, WrongState
from cases.lifecycle.account_history import latest_account_events
from cases.models import AccountEvent, User
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db


def history(person: User) -> list[tuple[str, User, str]]:
    """Return what is reported about `person`, latest first."""
    return [(event.kind, event.actor, event.said or event.reason) for event in latest_account_events(person, limit=50)]


def test_each_step_is_told(administrator, member):
    nina = people.invite(
        by=administrator, email="nina@example.com", first_name="Nina", last_name="Ng", role="technician"
    )
    people.invite_again(person=nina, by=administrator)
    people.correct(person=nina, by=administrator, email="ng@example.com", first_name="Nina", last_name="Ng")
    people.change_role(person=nina, by=administrator, role="member")
    people.deactivate(person=nina, by=administrator)
    people.reactivate(person=nina, by=administrator)
    assert history(nina) == [
        ("reactivated", administrator, ""),
        ("deactivated", administrator, ""),
        ("role_changed", administrator, "Technician → Member"),
        ("corrected", administrator, "Nina Ng <nina@example.com> → Nina Ng <ng@example.com>"),
        ("invited_again", administrator, "nina@example.com"),
        ("invited", administrator, "nina@example.com, Technician"),
    ]
    assert history(member) == []


def test_what_changes_nothing_is_not_told(administrator, member):
    people.reactivate(person=member, by=administrator)
    people.change_role(person=member, by=administrator, role="member")
    people.correct(person=member, by=administrator, email=member.email, first_name="", last_name="")
    with pytest.raises(WrongState):
        people.invite_again(person=member, by=administrator)
    assert history(member) == []


def test_a_name_that_a_person_changes_is_told_with_the_former_one(technician):
    own_account.change_profile(by=technician, changes={"first_name": "Ada", "last_name": "Admin"})
    own_account.change_profile(by=technician, changes={"first_name": "", "last_name": "", "language": "es"})
    assert history(technician) == [
        ("corrected", technician, "Ada Admin <tom@example.com> → <tom@example.com>"),
        ("corrected", technician, "<tom@example.com> → Ada Admin <tom@example.com>"),
    ]


def test_a_profile_with_the_same_name_is_not_told(technician):
    own_account.change_profile(by=technician, changes={"first_name": "", "time_zone": "America/Chicago"})
    assert history(technician) == []


def test_cases_that_went_to_somebody_else_are_told_of_the_account_too(administrator, technician, other_technician):
    CaseFactory.create_batch(2, assigned_to=technician)
    CaseFactory(assigned_to=technician, held=True)
    assignment.hand_over_all(
        technician=technician, to=other_technician, by=administrator, source="web", reason="Tom leaves."
    )
    assert history(technician) == [("cases_handed_over", administrator, "3 → otto")]
    assert AccountEvent.objects.get().reason == "Tom leaves."


@pytest.fixture
def locked_out(technician: User) -> User:
    """Tom, who has lost his phone and his codes."""
    TOTP.activate(technician, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(technician)
    return technician


def test_a_lost_second_factor_is_removed_with_a_reason(administrator, locked_out):
    with pytest.raises(CaseError, match="reason") as refused:
        people.remove_second_factor(person=locked_out, by=administrator, reason="  ")
    assert refused.value.field == "reason"
    people.remove_second_factor(person=locked_out, by=administrator, reason="Lost the phone.")
    assert not Authenticator.objects.filter(user=locked_out).exists()
    assert history(locked_out) == [("second_factor_removed", administrator, "Lost the phone.")]
    with pytest.raises(WrongState):
        people.remove_second_factor(person=locked_out, by=administrator, reason="Once more.")


def test_not_ones_own_second_factor_and_not_by_others(administrator, other_technician, locked_out):
    TOTP.activate(administrator, "JBSWY3DPEHPK3PXP")
    for person, by in ((administrator, administrator), (locked_out, other_technician)):
        with pytest.raises(NotAllowed):
            people.remove_second_factor(person=person, by=by, reason="Lost.")
    assert Authenticator.objects.filter(type="totp").count() == 2
    assert not AccountEvent.objects.exists()


def test_how_somebody_set_a_password_is_told(administrator, member):
    nina = people.invite(by=administrator, email="nina@example.com", first_name="Nina", last_name="Ng", role="member")
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
    assert history(member) == []


def test_a_new_password_brings_nothing_else_back(administrator, member):
    """The request began before an administrator corrected name and address."""
    stale = User.objects.get(pk=member.pk)
    people.correct(person=member, by=administrator, email="new@example.com", first_name="Mia", last_name="")
    own_account.set_password(by=stale, password="another long phrase", with_link=False)
    member.refresh_from_db()
    assert (member.first_name, member.email) == ("Mia", "new@example.com")
    assert member.check_password("another long phrase")


@pytest.fixture
def stored(administrator: User, member: User) -> AccountEvent:
    people.deactivate(person=member, by=administrator)
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


def test_unknown_kinds_are_refused(administrator, member, clock):
    with pytest.raises(IntegrityError), transaction.atomic():
        AccountEvent.objects.create(person=member, actor=administrator, kind="promoted", at="2025-06-11T12:00:00Z")
