"""Administrators manage the case types: what each verb stores, refuses and writes to the history of the portal."""

import dataclasses

import pytest

from cases.casework import case_types
from cases.casework.case_types import TypeFacts
from cases.core import limits
from cases.core.errors import CaseError, FormReused, NotAllowed, SentAlready, WrongState
from cases.lifecycle import form_tokens
from cases.models import CaseType, PortalEvent
from tests.factories import CaseTypeFactory

pytestmark = pytest.mark.django_db

ORDER = TypeFacts(
    name="Divorce order",
    guidance="Attach the court order.",
    min_days=10,
    default_days=14,
    requires_answer=True,
    position=3,
    conditions=(("manual", "Order received"), ("report", "")),
)


@pytest.fixture
def keep(administrator):
    """Add a type as the administrator."""

    def add(**changes):
        return case_types.add(by=administrator, source="web", facts=dataclasses.replace(ORDER, **changes))

    return add


def event():
    return PortalEvent.objects.first()


def test_a_type_is_added_with_its_conditions(keep, administrator):
    added = keep()
    assert TypeFacts.of(CaseType.objects.get(pk=added.pk)) == ORDER
    assert (event().kind, event().actor, event().source) == ("case_type_added", administrator, "web")
    assert event().details == {
        "case_type": added.pk,
        "name": "Divorce order",
        "guidance": len("Attach the court order."),
        "min_days": 10,
        "default_days": 14,
        "requires_answer": True,
        "position": 3,
        "conditions": ["manual", "report"],
    }


def test_a_change_tells_what_changed_and_no_long_text(keep, administrator):
    added = keep()
    facts = dataclasses.replace(ORDER, guidance="Attach the court order!", min_days=None, conditions=())
    case_types.change(case_type=added, by=administrator, source="web", facts=facts, version=0)
    stored = CaseType.objects.get()
    assert (TypeFacts.of(stored), stored.version) == (facts, 1)
    length = len(facts.guidance)
    assert event().kind == "case_type_changed"
    assert event().details["changed"] == {
        "guidance": [length, length],
        "min_days": [10, None],
        "conditions": [["manual", "report"], []],
    }


def test_what_stays_as_it_was_is_no_change(keep, administrator):
    added = keep()
    case_types.change(case_type=added, by=administrator, source="web", facts=ORDER, version=0)
    assert CaseType.objects.get().version == 0
    assert PortalEvent.objects.count() == 1


def test_texts_are_stored_clean(keep):
    added = keep(name="  Divorce\torder ", guidance="One\r\nTwo ", conditions=(("manual", " Order\u202e "),))
    assert TypeFacts.of(added).name == "Divorce order"
    assert TypeFacts.of(added).guidance == "One\nTwo"
    assert TypeFacts.of(added).conditions == (("manual", "Order"),)


def test_a_type_is_retired_and_brought_back(keep, administrator):
    added = keep()
    for retired in (True, False):
        case_types.set_retired(case_type=added, retired=retired, by=administrator, source="web")
        assert CaseType.objects.get().is_retired == retired
        assert event().details["changed"] == {"retired": [not retired, retired]}
    case_types.set_retired(case_type=added, retired=False, by=administrator, source="web")
    assert PortalEvent.objects.count() == 3


@pytest.mark.parametrize("verb", ["change", "set_retired"])
def test_an_older_version_is_refused(verb, keep, administrator):
    added = keep()
    case_types.set_retired(case_type=added, retired=True, by=administrator, source="web")
    options = {"facts": dataclasses.replace(ORDER, guidance="Ask.")} if verb == "change" else {"retired": False}
    with pytest.raises(WrongState):
        getattr(case_types, verb)(case_type=added, by=administrator, source="web", version=0, **options)
    assert CaseType.objects.get().is_retired


REFUSED = {
    "no name": ({"name": " \u200b"}, "name"),
    "long name": ({"name": "x" * (limits.NAME + 1)}, "name"),
    "the name of no type": ({"name": "GENERAL"}, "name"),
    "a name that is there": ({"name": "pension estímate"}, "name"),
    "long guidance": ({"guidance": "x" * (limits.GUIDANCE + 1)}, "guidance"),
    "a default below the minimum": ({"min_days": 10, "default_days": 9}, "default_days"),
    "a default below the portal's minimum": ({"min_days": None, "default_days": 6}, "default_days"),
    "days beyond the last date": ({"min_days": 400, "default_days": 400}, "min_days"),
    "too many conditions": ({"conditions": tuple(("manual", f"{n}") for n in range(21))}, None),
    "a condition without a name": ({"conditions": (("external", ""),)}, None),
    "a condition twice": ({"conditions": (("manual", "Paid"), ("manual", "Paid "))}, None),
    "two of what a case has once": ({"conditions": (("report", "One"), ("report", "Two"))}, None),
    "a long name of a condition": ({"conditions": (("manual", "x" * 101),)}, "conditions"),
}


@pytest.mark.parametrize(("changes", "field"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused(changes, field, keep, settings):
    settings.RELEASE_MIN_DAYS, settings.RELEASE_MAX_DAYS = 7, 365
    CaseTypeFactory(name="Pension estimate")
    with pytest.raises(CaseError) as caught:
        keep(**changes)
    assert caught.value.field == field
    assert CaseType.objects.count() == 1
    assert not PortalEvent.objects.exists()


def test_a_type_keeps_its_own_name(keep, administrator):
    added = keep()
    facts = dataclasses.replace(ORDER, name="divorce ORDER")
    assert case_types.change(case_type=added, by=administrator, source="web", facts=facts).name == "divorce ORDER"


def test_there_is_a_most(keep, monkeypatch):
    monkeypatch.setattr(limits, "CASE_TYPES", 1)
    keep()
    with pytest.raises(WrongState):
        keep(name="Another")


@pytest.mark.parametrize("person", ["member", "technician"])
def test_nobody_else_keeps_types(person, keep, request):
    added, by = keep(), request.getfixturevalue(person)
    attempts = [
        lambda: case_types.add(by=by, source="web", facts=dataclasses.replace(ORDER, name="Another")),
        lambda: case_types.change(case_type=added, by=by, source="web", facts=TypeFacts("Another")),
        lambda: case_types.set_retired(case_type=added, retired=True, by=by, source="web"),
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowed):
            attempt()
    assert PortalEvent.objects.count() == 1


def test_a_form_adds_one_type(administrator):
    token = form_tokens.new(administrator)
    add = {"by": administrator, "source": "web", "form_token": token}
    added = case_types.add(**add, facts=ORDER)
    with pytest.raises(SentAlready) as caught:
        case_types.add(**add, facts=ORDER)
    assert caught.value.made == added.pk
    with pytest.raises(FormReused):
        case_types.add(**add, facts=dataclasses.replace(ORDER, name="Another"))


def test_many_conditions_with_long_names_fit_into_the_history(keep):
    conditions = tuple(("manual", f"{n:02}" + "\U0001f4c4" * 98) for n in range(limits.CONDITIONS))
    added = keep(name="\U0001f4c4" * limits.NAME, guidance="\U0001f4c4" * limits.GUIDANCE, conditions=conditions)
    assert len(TypeFacts.of(added).conditions) == limits.CONDITIONS
