"""Who may do what with saved views of the case list, and which views each person then has."""

import pytest

from cases.casework import saved_views as verbs
from cases.core import limits
from cases.core.errors import CaseError, NotAllowed, SentAlready, TooLong, WrongState
from cases.lifecycle import form_tokens
from cases.models import BuiltinView, SavedView, User
from cases.selectors.saved_views import pinned_views, views_of

pytestmark = pytest.mark.django_db


def save(by, name="Divorce orders", **options):
    return verbs.create(by=by, source="web", name=name, query="q=divorce", **options)


def names(views):
    return [str(view.name) for view in views]


def saved_names(user):
    return names(view for view in views_of(user) if view.is_saved)


@pytest.fixture
def cast(member, technician, other_technician, administrator):
    return {"mia": member, "tom": technician, "otto": other_technician, "ada": administrator}


# Who may change Tom's own view, and one that Ada has shared: allowed, refused, or not visible to them.
WHO = {
    ("own", "tom"): None,
    ("own", "otto"): SavedView.DoesNotExist,
    ("own", "ada"): SavedView.DoesNotExist,
    ("own", "mia"): NotAllowed,
    ("shared", "tom"): SavedView.DoesNotExist,
    ("shared", "ada"): None,
    ("shared", "mia"): NotAllowed,
}
CHANGES = {
    "rename": lambda view, by: verbs.change(view=view, by=by, source="web", name="Another"),
    "delete": lambda view, by: verbs.delete(view=view, by=by, source="web"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("whose", "person"), WHO)
def test_who_changes_a_view(whose, person, change, cast):
    view = save(cast["tom"]) if whose == "own" else save(cast["ada"], is_shared=True)
    expected = WHO[whose, person]
    if expected is None:
        CHANGES[change](view, cast[person])
    else:
        with pytest.raises(expected):
            CHANGES[change](view, cast[person])
    after = list(SavedView.objects.values_list("name", flat=True))
    assert after == (["Divorce orders"] if expected else {"rename": ["Another"], "delete": []}[change])


def test_who_shares_and_who_sees_what_is_shared(cast):
    view, theirs = save(cast["tom"]), save(cast["ada"])
    for refused in (lambda: save(cast["tom"], "More", is_shared=True), lambda: share(view, cast["tom"])):
        with pytest.raises(NotAllowed):
            refused()
    assert saved_names(cast["otto"]) == []
    share(theirs, cast["ada"])
    assert saved_names(cast["otto"]) == ["Divorce orders"]
    assert saved_names(cast["tom"]) == ["Divorce orders", "Divorce orders"]
    assert saved_names(cast["mia"]) == []
    verbs.pin(by=cast["otto"], source="web", view=theirs, is_pinned=True)
    share(theirs, cast["ada"], is_shared=False)
    assert saved_names(cast["otto"]) == names(pinned_views(cast["otto"]))[9:] == []
    share(theirs, cast["ada"])
    assert "Divorce orders" not in names(pinned_views(cast["otto"]))


def share(view, by, is_shared=True):
    return verbs.change(view=view, by=by, source="web", is_shared=is_shared)


def test_the_menu_has_what_is_pinned(technician, administrator):
    labels = [str(label) for label in BuiltinView.labels]
    assert names(pinned_views(technician)) == names(views_of(technician)) == labels
    assert names(pinned_views(administrator)) == [label for label in labels if label != "Mine in progress"]
    view = save(technician)
    verbs.pin(by=technician, source="web", builtin="urgent", is_pinned=False)
    verbs.pin(by=technician, source="web", view=view, is_pinned=True)
    verbs.pin(by=technician, source="web", view=view, is_pinned=True)
    assert names(pinned_views(technician)) == [*(label for label in labels if label != "Urgent"), "Divorce orders"]
    assert pinned_views(technician) == [each for each in views_of(technician) if each.is_pinned]
    verbs.delete(view=view, by=technician, source="web")
    assert len(pinned_views(technician)) == 8
    with pytest.raises(CaseError):
        verbs.pin(by=technician, source="web", builtin="no such", is_pinned=True)


@pytest.mark.parametrize(
    ("name", "query", "error"),
    [
        (" \u200b ", "", CaseError),
        ("x" * (limits.NAME + 1), "", TooLong),
        ("Fine", "q=" + "x" * limits.VIEW_QUERY, TooLong),
        ("Divorce\torders", "", CaseError),  # taken
    ],
)
def test_what_is_no_view(name, query, error, technician):
    save(technician)
    with pytest.raises(error):
        verbs.create(by=technician, source="web", name=name, query=query)
    assert SavedView.objects.count() == 1


def test_there_are_not_too_many(technician, administrator, monkeypatch):
    monkeypatch.setattr(limits, "VIEWS", 2)
    save(technician, "One")
    save(technician, "Two")
    save(administrator, "One", is_shared=True)
    other = User.objects.create(username="eve", role="administrator")
    save(other, "Two", is_shared=True)
    for refused in (lambda: save(technician, "Three"), lambda: save(administrator, "Three", is_shared=True)):
        with pytest.raises(WrongState):
            refused()


def test_a_form_saves_one_view(technician):
    token = form_tokens.new(technician)
    made = save(technician, form_token=token)
    with pytest.raises(SentAlready) as sent:
        save(technician, form_token=token)
    assert sent.value.made == made.pk
