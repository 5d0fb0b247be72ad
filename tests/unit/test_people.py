"""Administrators look after people: invite, deactivate, reactivate, hand over all open cases."""

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.utils import timezone

from cases.accounts import actions as people
from cases.casework import assignment
from cases.core.errors import CaseError, NotAllowed, WrongState
from cases.models import Case, CaseEvent, User
from tests.factories import CaseFactory, UserFactory

pytestmark = pytest.mark.django_db


def invite(by: User, **values) -> User:
    defaults = {"email": "nina@example.com", "first_name": "Nina", "last_name": "Ng", "role": User.Role.TECHNICIAN}
    return people.invite(by=by, **(defaults | values))


def test_who_is_invited_has_no_password_yet(ada):
    nina = User.objects.get(pk=invite(ada).pk)
    assert (nina.username, nina.email, nina.role, nina.is_active) == ("nina", "nina@example.com", "technician", True)
    assert not nina.has_usable_password()
    assert not nina.is_staff


def test_one_address_is_one_account(ada, mia):
    with pytest.raises(CaseError) as refusal:
        invite(ada, email="MIA@example.com ")
    assert refusal.value.field == "email"


def test_two_addresses_may_begin_alike(ada):
    assert len({invite(ada).username, invite(ada, email="nina@example.org").username}) == 2


def test_of_two_clicks_at_once_one_is_told(ada, mia, monkeypatch):
    # Both have found the name free.
    monkeypatch.setattr(people, "generate_unique_username", lambda texts: "mia")
    with pytest.raises(CaseError, match="was just invited"):
        invite(ada)
    assert User.objects.filter(username="mia").count() == 1


@pytest.mark.parametrize("name", ["mia", "tom"])
def test_only_administrators_look_after_accounts(name, mia, tom, olga, otto, request):
    by = request.getfixturevalue(name)
    for verb in (
        lambda: invite(by),
        lambda: people.deactivate(person=olga, by=by),
        lambda: people.reactivate(person=olga, by=by),
        lambda: assignment.hand_over_all(technician=tom, to=otto, by=by, source="web"),
    ):
        with pytest.raises(NotAllowed):
            verb()
    olga.refresh_from_db()
    assert olga.is_active


def test_deactivated_and_back(ada, mia):
    people.deactivate(person=mia, by=ada)
    mia.refresh_from_db()
    assert not mia.is_active
    people.reactivate(person=mia, by=ada)
    mia.refresh_from_db()
    assert mia.is_active


def test_not_oneself(ada):
    with pytest.raises(NotAllowed, match="yourself"):
        people.deactivate(person=ada, by=ada)


def test_one_who_was_deactivated_meanwhile_deactivates_nobody(ada, mia):
    User.objects.filter(pk=ada.pk).update(is_active=False)  # while her request was on its way
    with pytest.raises(NotAllowed):
        people.deactivate(person=mia, by=ada)
    mia.refresh_from_db()
    assert mia.is_active


@pytest.fixture
def toms(tom: User, mia: User) -> dict[str, Case]:
    """A case of Tom's in each state."""
    own = {trait: CaseFactory(assigned_to=tom, member=mia, **{trait: True}) for trait in ("held", "scheduled", "due")}
    return own | {
        "accepted": CaseFactory(assigned_to=tom, member=mia),
        "released": CaseFactory(assigned_to=tom, member=mia, released=True),
    }


def test_all_open_cases_are_handed_over_and_nothing_else_changes(toms, tom, otto, ada):
    others = CaseFactory()
    before = {case.pk: case for case in Case.objects.all()}
    assert assignment.hand_over_all(technician=tom, to=otto, by=ada, source="web") == 4
    for name, case in toms.items():
        former = before[case.pk]
        case.refresh_from_db()
        assert case.assigned_to == (tom if name == "released" else otto)
        assert case.schedule_revision == former.schedule_revision
        assert case.scheduled_release_date == former.scheduled_release_date
        assert case.status == former.status
    others.refresh_from_db()
    assert others.assigned_to not in (tom, otto)


def test_the_history_of_each_case_tells_it(toms, tom, otto, ada):
    assignment.hand_over_all(technician=tom, to=otto, by=ada, source="web")
    events = CaseEvent.objects.filter(kind=CaseEvent.Kind.HANDED_OVER)
    assert {event.case_id for event in events} == {case.pk for name, case in toms.items() if name != "released"}
    assert {(event.actor, event.source, event.reason) for event in events} == {(ada, "web", "")}
    assert all(event.details == {"from_technician": tom.pk, "to_technician": otto.pk} for event in events)
    assert all(event.at <= timezone.now() for event in events)
    assert all(event.from_date == event.to_date == event.case.scheduled_release_date for event in events)


def test_more_than_one_batch(tom, otto, ada, monkeypatch):
    monkeypatch.setattr(assignment, "BATCH", 2)
    CaseFactory.create_batch(5, assigned_to=tom)
    assert assignment.hand_over_all(technician=tom, to=otto, by=ada, source="web") == 5
    assert assignment.hand_over_all(technician=tom, to=otto, by=ada, source="web") == 0
    assert CaseEvent.objects.count() == 5


def test_it_costs_the_same_for_many(tom, otto, ada, django_assert_num_queries):
    CaseFactory.create_batch(20, assigned_to=tom)
    # The people and three stretches, twice; each time in a transaction, which here are two statements. Then the lock of
    # the cases, the update, and a history of the cases and one of the account, each with its moment.
    clock = 1 if connection.vendor == "postgresql" else 0
    with django_assert_num_queries(2 * (2 + 1 + 3) + 4 + 2 * clock):
        assignment.hand_over_all(technician=tom, to=otto, by=ada, source="web")


def test_the_reason_is_kept_with_each_case(toms, tom, otto, ada):
    assignment.hand_over_all(technician=tom, to=otto, by=ada, source="web", reason=" Tom leaves. ")
    assert set(CaseEvent.objects.values_list("reason", flat=True)) == {"Tom leaves."}


@pytest.mark.parametrize("to", ["tom", "mia", "ada", "gone", "invited"])
def test_only_to_another_technician_at_work(to, toms, tom, mia, ada):
    gone = UserFactory(role=User.Role.TECHNICIAN, is_active=False)
    heir = {"tom": tom, "mia": mia, "ada": ada, "gone": gone, "invited": invite(ada)}[to]
    with pytest.raises(WrongState):
        assignment.hand_over_all(technician=tom, to=heir, by=ada, source="web")
    assert not CaseEvent.objects.exists()


def flags(user: User) -> tuple[str, bool, bool]:
    """The role of `user`, and the flags of Django's admin."""
    user.refresh_from_db()
    return user.role, user.is_staff, user.is_superuser


def test_the_django_admin_opens_and_closes_with_the_role(ada, mia):
    bob = invite(ada, role=User.Role.ADMINISTRATOR)
    assert flags(bob) == ("administrator", True, True)
    people.change_role(person=bob, role="technician", by=ada)
    assert flags(bob) == ("technician", False, False)
    people.change_role(person=mia, role="administrator", by=ada)
    assert flags(mia) == ("administrator", True, True)


@pytest.mark.parametrize("name", ["mia", "tom", "gone"])
def test_only_administrators_change_roles(name, mia, tom, otto, request):
    gone = UserFactory(role=User.Role.ADMINISTRATOR, is_active=False)
    by = gone if name == "gone" else request.getfixturevalue(name)
    with pytest.raises(NotAllowed):
        people.change_role(person=otto, role="member", by=by)
    assert flags(otto)[0] == "technician"


def test_nobody_changes_their_own_role(ada):
    with pytest.raises(NotAllowed, match="own role"):
        people.change_role(person=ada, role="member", by=ada)


@pytest.mark.parametrize("verb", ["role", "access"])
def test_the_last_administrator_stays(verb, ada):
    """Of two who turn each other out one is too late, and nobody else may."""
    bob = UserFactory(role=User.Role.ADMINISTRATOR)

    def turn_out(person: User, by: User) -> None:
        if verb == "role":
            people.change_role(person=person, role="member", by=by)
        else:
            people.deactivate(person=person, by=by)

    turn_out(bob, by=ada)
    with pytest.raises(NotAllowed):
        turn_out(ada, by=bob)  # as he was when his request came in
    assert User.objects.get(role="administrator", is_active=True) == ada


@pytest.mark.parametrize("role", ["king", ""])
def test_there_are_three_roles(role, ada, mia):
    with pytest.raises(CaseError) as refusal:
        people.change_role(person=mia, role=role, by=ada)
    assert refusal.value.field == "role"


@pytest.mark.parametrize("trait", ["draft", "submitted", "scheduled", "released"])
def test_who_has_cases_as_a_member_stays_one(trait, ada, mia):
    CaseFactory(member=mia, **{trait: True})
    with pytest.raises(WrongState, match="this role can't change"):
        people.change_role(person=mia, role="technician", by=ada)
    assert flags(mia)[0] == "member"
    assert people.change_role(person=mia, role="member", by=ada).is_member


@pytest.mark.parametrize("role", ["member", "administrator"])
def test_open_cases_are_handed_over_before_the_role_changes(role, toms, tom, otto, ada):
    with pytest.raises(WrongState, match="Hand them over"):
        people.change_role(person=tom, role=role, by=ada)
    assignment.hand_over_all(technician=tom, to=otto, by=ada, source="web")
    assert people.change_role(person=tom, role=role, by=ada).role == role
    toms["released"].refresh_from_db()
    assert toms["released"].assigned_to == tom  # what was done stays with who did it


def test_an_administrators_open_cases_are_handed_over_too(tom, ada):
    bob = UserFactory(role=User.Role.ADMINISTRATOR)
    CaseFactory(assigned_to=bob)
    with pytest.raises(WrongState):
        people.change_role(person=bob, role="technician", by=ada)
    assert assignment.hand_over_all(technician=bob, to=tom, by=ada, source="web") == 1


def correct(by: User, person: User, **values) -> User:
    defaults = {"email": "mia@example.org", "first_name": "Mia", "last_name": "May"}
    return people.correct(person=person, by=by, **(defaults | values))


def test_a_wrong_name_or_address_is_corrected(ada, mia):
    EmailAddress.objects.create(user=mia, email="mia@example.com", verified=True, primary=True)
    correct(ada, mia, email=" Mia@Example.org")
    mia.refresh_from_db()
    assert (mia.email, mia.display_name, mia.username) == ("mia@example.org", "Mia May", "mia")
    assert not EmailAddress.objects.exists()  # by which the former address would go on opening the account


def test_not_to_somebody_elses_address(ada, mia, olga):
    with pytest.raises(CaseError) as refusal:
        correct(ada, mia, email="OLGA@example.com")
    assert refusal.value.field == "email"
    correct(ada, mia, email="mia@example.com")  # one's own is free


def test_only_administrators_correct(tom, mia):
    with pytest.raises(NotAllowed):
        correct(tom, mia)
