"""Administrators manage people: invite, deactivate, reactivate, hand over all open cases."""

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.utils import timezone

from cases.accounts import people
from cases.casework import assignment
from cases.core.errors import CaseError, NotAllowed, WrongState
from cases.models import Case, CaseEvent, User
from tests.factories import CaseFactory, UserFactory

pytestmark = pytest.mark.django_db


def invite(by: User, **values) -> User:
    defaults = {"email": "nina@example.com", "first_name": "Nina", "last_name": "Ng", "role": User.Role.TECHNICIAN}
    return people.invite(by=by, **(defaults | values))


def test_who_is_invited_has_no_password_yet(administrator):
    nina = User.objects.get(pk=invite(administrator).pk)
    assert (nina.username, nina.email, nina.role, nina.is_active) == ("nina", "nina@example.com", "technician", True)
    assert not nina.has_usable_password()
    assert not nina.is_staff


def test_one_address_is_one_account(administrator, member):
    with pytest.raises(CaseError) as refusal:
        invite(administrator, email="MIA@example.com ")
    assert refusal.value.field == "email"


def test_two_addresses_may_begin_alike(administrator):
    assert len({invite(administrator).username, invite(administrator, email="nina@example.org").username}) == 2


def test_of_two_clicks_at_once_one_is_told(administrator, member, monkeypatch):
    # Both found the name available.
    monkeypatch.setattr(people, "generate_unique_username", lambda texts: "mia")
    with pytest.raises(CaseError, match="was just invited"):
        invite(administrator)
    assert User.objects.filter(username="mia").count() == 1


@pytest.mark.parametrize("name", ["member", "technician"])
def test_only_administrators_look_after_accounts(name, member, technician, other_member, other_technician, request):
    by = request.getfixturevalue(name)
    for verb in (
        lambda: invite(by),
        lambda: people.deactivate(person=other_member, by=by),
        lambda: people.reactivate(person=other_member, by=by),
        lambda: assignment.hand_over_all(technician=technician, to=other_technician, by=by, source="web"),
    ):
        with pytest.raises(NotAllowed):
            verb()
    other_member.refresh_from_db()
    assert other_member.is_active


def test_deactivated_and_back(administrator, member):
    people.deactivate(person=member, by=administrator)
    member.refresh_from_db()
    assert not member.is_active
    people.reactivate(person=member, by=administrator)
    member.refresh_from_db()
    assert member.is_active


def test_not_oneself(administrator):
    with pytest.raises(NotAllowed, match="your own"):
        people.deactivate(person=administrator, by=administrator)


def test_one_who_was_deactivated_meanwhile_deactivates_nobody(administrator, member):
    User.objects.filter(pk=administrator.pk).update(is_active=False)  # while her request was on its way
    with pytest.raises(NotAllowed):
        people.deactivate(person=member, by=administrator)
    member.refresh_from_db()
    assert member.is_active


@pytest.fixture
def toms(technician: User, member: User) -> dict[str, Case]:
    """A case of Tom's in each state."""
    own = {
        trait: CaseFactory(assigned_to=technician, member=member, **{trait: True})
        for trait in ("held", "scheduled", "due")
    }
    return own | {
        "accepted": CaseFactory(assigned_to=technician, member=member),
        "released": CaseFactory(assigned_to=technician, member=member, released=True),
    }


def test_all_open_cases_are_handed_over_and_nothing_else_changes(toms, technician, other_technician, administrator):
    others = CaseFactory()
    before = {case.pk: case for case in Case.objects.all()}
    assert assignment.hand_over_all(technician=technician, to=other_technician, by=administrator, source="web") == 4
    for name, case in toms.items():
        former = before[case.pk]
        case.refresh_from_db()
        assert case.assigned_to == (technician if name == "released" else other_technician)
        assert case.schedule_revision == former.schedule_revision
        assert case.scheduled_release_date == former.scheduled_release_date
        assert case.status == former.status
    others.refresh_from_db()
    assert others.assigned_to not in (technician, other_technician)


def test_the_history_of_each_case_tells_it(toms, technician, other_technician, administrator):
    assignment.hand_over_all(technician=technician, to=other_technician, by=administrator, source="web")
    events = CaseEvent.objects.filter(kind=CaseEvent.Kind.HANDED_OVER)
    assert {event.case_id for event in events} == {case.pk for name, case in toms.items() if name != "released"}
    assert {(event.actor, event.source, event.reason) for event in events} == {(administrator, "web", "")}
    assert all(
        event.details == {"from_technician": technician.pk, "to_technician": other_technician.pk} for event in events
    )
    assert all(event.at <= timezone.now() for event in events)
    assert all(event.from_date == event.to_date == event.case.scheduled_release_date for event in events)


def test_more_than_one_batch(technician, other_technician, administrator, monkeypatch):
    monkeypatch.setattr(assignment, "BATCH", 2)
    CaseFactory.create_batch(5, assigned_to=technician)
    assert assignment.hand_over_all(technician=technician, to=other_technician, by=administrator, source="web") == 5
    assert assignment.hand_over_all(technician=technician, to=other_technician, by=administrator, source="web") == 0
    assert CaseEvent.objects.count() == 5


def test_it_costs_the_same_for_many(technician, other_technician, administrator, django_assert_num_queries):
    CaseFactory.create_batch(20, assigned_to=technician)
    # The people and three index ranges, twice, each time in a transaction, which is two statements here. Then the lock
    # of the cases, the update, and the histories of the cases and of the account, each with its moment. Two notify the
    # technician, at a moment, and four find whose earlier notifications that ends.
    clock = 1 if connection.vendor == "postgresql" else 0
    with django_assert_num_queries(2 * (2 + 1 + 3) + 4 + 2 + 4 + 3 * clock):
        assignment.hand_over_all(technician=technician, to=other_technician, by=administrator, source="web")


def test_the_reason_is_kept_with_each_case(toms, technician, other_technician, administrator):
    assignment.hand_over_all(
        technician=technician, to=other_technician, by=administrator, source="web", reason=" Tom leaves. "
    )
    assert set(CaseEvent.objects.values_list("reason", flat=True)) == {"Tom leaves."}


@pytest.mark.parametrize("to", ["technician", "member", "administrator", "gone", "invited"])
def test_only_to_another_technician_at_work(to, toms, technician, member, administrator):
    gone = UserFactory(role=User.Role.TECHNICIAN, is_active=False)
    heir = {
        "technician": technician,
        "member": member,
        "administrator": administrator,
        "gone": gone,
        "invited": invite(administrator),
    }[to]
    with pytest.raises(WrongState):
        assignment.hand_over_all(technician=technician, to=heir, by=administrator, source="web")
    assert not CaseEvent.objects.exists()


def flags(user: User) -> tuple[str, bool, bool]:
    """Return the role of `user`, and the flags of Django's admin."""
    user.refresh_from_db()
    return user.role, user.is_staff, user.is_superuser


def test_the_django_admin_opens_and_closes_with_the_role(administrator, member):
    bob = invite(administrator, role=User.Role.ADMINISTRATOR)
    assert flags(bob) == ("administrator", True, True)
    people.change_role(person=bob, role="technician", by=administrator)
    assert flags(bob) == ("technician", False, False)
    people.change_role(person=member, role="administrator", by=administrator)
    assert flags(member) == ("administrator", True, True)


@pytest.mark.parametrize("name", ["member", "technician", "gone"])
def test_only_administrators_change_roles(name, member, technician, other_technician, request):
    gone = UserFactory(role=User.Role.ADMINISTRATOR, is_active=False)
    by = gone if name == "gone" else request.getfixturevalue(name)
    with pytest.raises(NotAllowed):
        people.change_role(person=other_technician, role="member", by=by)
    assert flags(other_technician)[0] == "technician"


def test_nobody_changes_their_own_role(administrator):
    with pytest.raises(NotAllowed, match="own role"):
        people.change_role(person=administrator, role="member", by=administrator)


@pytest.mark.parametrize("verb", ["role", "access"])
def test_the_last_administrator_stays(verb, administrator):
    """If two people deactivate each other, one is too late, and no one else may do it."""
    bob = UserFactory(role=User.Role.ADMINISTRATOR)

    def turn_out(person: User, by: User) -> None:
        if verb == "role":
            people.change_role(person=person, role="member", by=by)
        else:
            people.deactivate(person=person, by=by)

    turn_out(bob, by=administrator)
    with pytest.raises(NotAllowed):
        turn_out(administrator, by=bob)  # as he was when his request came in
    assert User.objects.get(role="administrator", is_active=True) == administrator


@pytest.mark.parametrize("role", ["king", ""])
def test_there_are_three_roles(role, administrator, member):
    with pytest.raises(CaseError) as refusal:
        people.change_role(person=member, role=role, by=administrator)
    assert refusal.value.field == "role"


@pytest.mark.parametrize("trait", ["draft", "submitted", "scheduled", "released"])
def test_who_has_cases_as_a_member_stays_one(trait, administrator, member):
    CaseFactory(member=member, **{trait: True})
    with pytest.raises(WrongState, match="their role can't be changed"):
        people.change_role(person=member, role="technician", by=administrator)
    assert flags(member)[0] == "member"
    assert people.change_role(person=member, role="member", by=administrator).is_member


@pytest.mark.parametrize("role", ["member", "administrator"])
def test_open_cases_are_handed_over_before_the_role_changes(role, toms, technician, other_technician, administrator):
    with pytest.raises(WrongState, match="Hand them over"):
        people.change_role(person=technician, role=role, by=administrator)
    assignment.hand_over_all(technician=technician, to=other_technician, by=administrator, source="web")
    assert people.change_role(person=technician, role=role, by=administrator).role == role
    toms["released"].refresh_from_db()
    assert toms["released"].assigned_to == technician  # past actions keep the name of the person


def test_an_administrators_open_cases_are_handed_over_too(technician, administrator):
    bob = UserFactory(role=User.Role.ADMINISTRATOR)
    CaseFactory(assigned_to=bob)
    with pytest.raises(WrongState):
        people.change_role(person=bob, role="technician", by=administrator)
    assert assignment.hand_over_all(technician=bob, to=technician, by=administrator, source="web") == 1


def correct(by: User, person: User, **values) -> User:
    defaults = {"email": "mia@example.org", "first_name": "Mia", "last_name": "May"}
    return people.correct(person=person, by=by, **(defaults | values))


def test_a_wrong_name_or_address_is_corrected(administrator, member):
    EmailAddress.objects.create(user=member, email="mia@example.com", verified=True, primary=True)
    correct(administrator, member, email=" Mia@Example.org")
    member.refresh_from_db()
    assert (member.email, member.display_name, member.username) == ("mia@example.org", "Mia May", "mia")
    assert not EmailAddress.objects.exists()  # it would let the former address still open the account


def test_not_to_somebody_elses_address(administrator, member, other_member):
    with pytest.raises(CaseError) as refusal:
        correct(administrator, member, email="OLGA@example.com")
    assert refusal.value.field == "email"
    correct(administrator, member, email="mia@example.com")  # one's own is available


def test_only_administrators_correct(technician, member):
    with pytest.raises(NotAllowed):
        correct(technician, member)
