"""Lists of the portal with a maximum length and unique names: two administrators add an entry at the same moment."""

import pytest

from cases.casework import case_types, saved_views
from cases.casework.case_types import TypeFacts
from cases.conversation import canned_texts
from cases.core import limits
from cases.core.errors import CaseError, WrongState
from cases.models import CannedText, CaseType, SavedView, User
from cases.releases import blackout_days
from tests.conftest import FROZEN
from tests.factories import CaseTypeFactory, UserFactory
from tests.unit.releases.test_races import Thread, held_open, somebody_waits_for_a_lock

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def add_type(by: User, name: str) -> None:
    case_types.add(by=by, source="web", facts=TypeFacts(name=name))


def rename_type(by: User, name: str) -> None:
    case_types.change(case_type=CaseType.objects.first(), by=by, source="web", facts=TypeFacts(name=name))


def add_text(by: User, name: str) -> None:
    canned_texts.add(by=by, source="web", name=name, text="Hello")


def share_view(by: User, name: str) -> None:
    saved_views.create(by=by, source="web", name=name, query="", is_shared=True)


@pytest.fixture
def bob() -> User:
    """Another administrator."""
    return UserFactory(username="bob", role=User.Role.ADMINISTRATOR)


def at_the_same_moment(first, second):
    with held_open(first):
        late = Thread(second)
        somebody_waits_for_a_lock()
    return late.result()


@pytest.mark.parametrize("second", [add_type, rename_type])
def test_no_two_types_have_one_name(second, administrator, bob):
    CaseTypeFactory(name="Will")
    with pytest.raises(CaseError, match="already a type with this name"):
        at_the_same_moment(lambda: add_type(administrator, "Pensión"), lambda: second(bob, "PENSION"))
    assert set(CaseType.objects.values_list("name", flat=True)) == {"Will", "Pensión"}


LISTS = {
    "types": (add_type, CaseType, "CASE_TYPES"),
    "texts": (add_text, CannedText, "CANNED_TEXTS"),
    "shared views": (share_view, SavedView, "VIEWS"),
}


@pytest.mark.parametrize(("add", "rows", "limit"), LISTS.values(), ids=LISTS)
def test_no_list_gets_more_than_its_limit(add, rows, limit, administrator, bob, monkeypatch):
    monkeypatch.setattr(limits, limit, 2)
    add(administrator, "One")
    with pytest.raises(WrongState, match="2"):
        at_the_same_moment(lambda: add(administrator, "Two"), lambda: add(bob, "Three"))
    assert rows.objects.count() == 2


def test_what_is_no_list_of_the_portal_does_not_wait(administrator, bob, technician):
    with held_open(lambda: (add_type(administrator, "Will"), share_view(administrator, "One"))):
        Thread(lambda: saved_views.create(by=technician, source="web", name="Mine", query="")).result()
        Thread(lambda: add_text(bob, "Hello")).result()


def test_one_day_is_added_once(administrator, bob, clock):
    def add(by: User):
        return blackout_days.add(date=FROZEN.date(), name="Audit", by=by, source="web")

    with pytest.raises(WrongState, match="already a blackout day"):
        at_the_same_moment(lambda: add(administrator), lambda: add(bob))
