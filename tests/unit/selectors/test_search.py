"""A search finds what its reader may read now, and not a word more, in the list and in the search over everything."""

import pytest
from django.db import connection
from django.http import QueryDict

from cases import releases
from cases.casework import answers
from cases.forms.case_filter import CaseFilter
from cases.models import Case, CaseWords, User
from cases.selectors import case_list, global_search, search, search_suggestions
from tests.factories import (
    CaseAnswerFactory,
    CaseDocumentFactory,
    CaseFactory,
    CaseMessageFactory,
    CaseNoteFactory,
    UserFactory,
)
from tests.plans import Plans

pytestmark = pytest.mark.django_db

VIEWS = ["hidden", "in_progress", "announced"]
STATES = ["draft", "accepted", "held", "scheduled", "released"]
COLUMNS = ["title", "description", "submissions", "answer", "reports", "notes", "messages"]
READERS = ["member", "other_member", "technician", "other_technician", "administrator"]


def found_in_list(user, text, **filters) -> list[str]:
    """Return the titles in the list of `user`."""
    query = QueryDict(mutable=True)
    query.update({"q": text} | filters)
    asked = CaseFilter(query, by=user)
    assert asked.is_valid(), asked.errors
    return [case.title for case in case_list.find(asked.list_query(), user).cases]


def found(user, text) -> list[str]:
    """Return the titles from the search over everything, best first."""
    return [each.case.title for each in global_search.find(user, text).cases]


def plant(state, **whose) -> Case:
    """Create a case in that state with its own word in each text, such as "answerheld"."""
    worked_on = {"assigned_to": None} if state == "draft" else {}
    trait = {} if state == "accepted" else {state: True}
    words = {column: f"{column}{state}" for column in COLUMNS}
    case = CaseFactory(title=words["title"], description=words["description"], **whose | worked_on | trait)
    CaseDocumentFactory(case=case, submission=True, name=f"{words['submissions']}.pdf")
    CaseDocumentFactory(case=case, name=f"{words['reports']}.pdf")
    CaseAnswerFactory(case=case, text=words["answer"])
    CaseNoteFactory(case=case, text=words["notes"])
    CaseMessageFactory(case=case, text=words["messages"])
    return case


def may_read(reader: str, view: str, state: str, column: str) -> bool:
    """The rule, written a second time."""
    if reader in ("technician", "other_technician"):
        return state != "draft"
    if reader != "member":
        return reader == "administrator"
    is_pending = state in ("held", "scheduled")
    if column in ("notes", "messages") or (view == "hidden" and is_pending):
        return False
    if column in ("answer", "reports"):
        return state == "released"
    return column == "title" or not (view == "announced" and state == "scheduled")


@pytest.mark.parametrize("view", VIEWS)
def test_each_reader_finds_the_words_that_they_may_read(view, member, technician, request, settings):
    settings.RELEASE_MEMBER_VIEW = view
    for state in STATES:
        plant(state, member=member, assigned_to=technician)
    everything = [(state, column) for state in STATES for column in COLUMNS]
    for reader in READERS:
        user = request.getfixturevalue(reader)
        right = {each for each in everything if may_read(reader, view, *each)}
        for finds in (found_in_list, found) if reader in ("member", "technician") else (found_in_list,):
            told = {(state, column) for state, column in everything if finds(user, f"{column}{state}"[:-1])}
            assert told == right, (reader, finds.__name__)
        known = search_suggestions._known_words(user)
        assert {each for each in everything if f"{each[1]}{each[0]}" in known} == right, (reader, "suggestions")


@pytest.mark.parametrize("view", VIEWS)
def test_a_word_of_the_answer_is_found_from_release_to_recall(view, member, technician, administrator, settings, clock):
    settings.RELEASE_MEMBER_VIEW = view
    case = CaseFactory(member=member, assigned_to=technician, title="Pension")
    answers.save_answer(case=case, by=technician, text="Dandiprat counts")
    before = list(CaseWords.objects.values())
    asked = ["dandiprat", "pension dandi"]

    def told() -> list[list[str]]:
        return [finds(member, text) for text in asked for finds in (found_in_list, found)]

    nothing, all_of_it = [[]] * 4, [["Pension"]] * 4
    assert told() == nothing
    assert global_search.find(member, "dandiprot").meant == ""
    releases.complete(case=case, by=technician, source="web", release_on=None)
    assert told() == all_of_it
    assert global_search.find(member, "dandiprot").meant == "dandiprat"
    case.refresh_from_db()
    releases.recall(case=case, by=administrator, source="web", reason="A wrong figure")
    assert told() == nothing
    assert global_search.find(member, "dandiprot").meant == ""
    assert list(CaseWords.objects.values()) == before, "no release writes words"


@pytest.fixture
def order(technician):
    """A case of Anna Bergström with words in each text."""
    anna = UserFactory(username="anna.b", first_name="Anna", last_name="Bergström", email="anna@post.example")
    case = CaseFactory(member=anna, assigned_to=technician, title="Divorce order", external_case_id="C-7K2M9QX4TB")
    CaseDocumentFactory(case=case, name="final_report-2024.pdf")
    CaseNoteFactory(case=case, text="She called about the máquina")
    CaseFactory(title="Another order")
    return case


@pytest.mark.parametrize(
    "text",
    [
        *("divorce order", "order divorce", "div ord", "DIVORCE", "7k2m", "c-7k2m9", "7K2M9QX4TB divorce"),
        *("anna", "bergstrom anna", "anna divorce", "order berg", "anna@post", "anna@post.example", "anna.b"),
        *("final_report-2024.pdf", "2024 final", "maquina", "should div", "anna maquina report"),
    ],
)
def test_staff_find_a_case_by_words_in_any_order_wherever_they_are(text, order, technician):
    assert found_in_list(technician, text) == found(technician, text) == ["Divorce order"]


@pytest.mark.parametrize("text", ["ivorce", "divorce refund", "anna@elsewhere", "@post", "anna zoe", "%", "berg maria"])
def test_what_is_not_in_it_does_not_find_it(text, order, technician):
    assert found_in_list(technician, text) == found(technician, text) == []


def test_the_best_come_first_and_say_where_they_were_found(member, technician):
    texts = {"member": member, "assigned_to": technician}
    in_title = CaseFactory(title="Pension order", **texts)
    elsewhere = CaseFactory(title="Refund", description="My pension", **texts)
    CaseNoteFactory(case=elsewhere, text="pension")
    number = CaseFactory(title="Number", external_case_id="C-7K2M9QX4TB", **texts)

    cases = global_search.find(technician, "pension").cases

    assert [each.case.title for each in cases] == ["Pension order", "Refund"]
    assert [each.labels for each in cases] == [[], ["description", "notes and messages"]]
    assert [each.labels for each in global_search.find(member, "pension").cases] == [[], []], "their own words"
    assert found(technician, number.external_case_id) == ["Number"]
    assert in_title.external_case_id != number.external_case_id


def test_people_are_found_by_staff_and_by_technicians_through_cases_that_they_see(
    order, member, technician, administrator
):
    UserFactory(first_name="Anna", last_name="Drafts")
    CaseFactory(draft=True, member=UserFactory(first_name="Anna", last_name="Hidden"))
    UserFactory(first_name="Anna", last_name="Colleague", role="technician")

    def names(user):
        return [person.last_name for person in global_search.find(user, "ann").people]

    assert names(administrator) == ["Bergström", "Colleague", "Drafts", "Hidden"]
    assert names(technician) == ["Bergström"]
    assert names(order.member) == []


def test_did_you_mean_offers_what_then_finds_something(order, technician, other_member):
    assert global_search.find(technician, "divroce ordr").meant == "divorce order"
    assert global_search.find(technician, "bergstrum").meant == "bergstrom"
    assert global_search.find(technician, "zzzzzz").meant == ""
    assert global_search.find(technician, "anothr divorc").meant == "", "both are words, and in no case together"
    assert global_search.find(other_member, "divroce").meant == ""


def test_a_common_word_finds_the_latest_and_says_so(technician, other_technician, monkeypatch):
    monkeypatch.setattr(search, "MAX_MATCHES", 3)
    for word in ("one", "two", "three", "four", "five"):
        CaseFactory(
            title=f"Question {word}", assigned_to=technician, urgency="urgent" if word in ("one", "two") else "normal"
        )

    def result(text, **filters):
        asked = CaseFilter(QueryDict("&".join(f"{k}={v}" for k, v in ({"q": text} | filters).items())), by=technician)
        assert asked.is_valid(), asked.errors
        found = case_list.find(asked.list_query(), technician)
        return [case.title.split()[1] for case in found.cases], found.searched, found.matched

    everything = ["five", "four", "three", "two", "one"]
    assert result("quest") == (everything, None, None), "few enough to look through"
    monkeypatch.setattr(case_list, "SEARCHED", 4)
    assert result("quest") == (everything[:3], None, 3)
    assert result("quest", urgency="urgent") == ([], None, 3)
    assert result("question two") == (["two"], None, None)


@pytest.mark.parametrize("text", ["maria quispe", "quispe, mar", "maria quispe permit", "maria elena quispe"])
def test_a_member_is_found_by_all_names_however_many_share_one(text, administrator, monkeypatch):
    monkeypatch.setattr(search, "MAX_PEOPLE", 2)
    hers = CaseFactory(title="Permit", member=UserFactory(first_name="Maria Elena", last_name="Quispe"))
    for number in range(3):
        CaseFactory(member=UserFactory(first_name="Maria", last_name=f"Huanca {number}"))
        CaseFactory(member=UserFactory(first_name="Elena", last_name=f"Quispe {number}"))
        CaseFactory(member=UserFactory(first_name=f"Rosa {number}", last_name="Quispe"))
    assert found_in_list(administrator, text) == [hers.title]
    assert found(administrator, text) == [hers.title]


@pytest.mark.postgresql
@pytest.mark.parametrize("text", ["many-7", "Many-7@EXAMPLE.com", "nobody"])
@pytest.mark.parametrize("person", ["technician", "administrator"])
def test_a_member_is_looked_up_along_the_indexes_of_names_and_addresses(person, text, request):
    user = request.getfixturevalue(person)
    people = [User(username=f"many-{n}", email=f"many-{n}@example.com", role="member") for n in range(3000)]
    User.objects.bulk_create(people)
    CaseFactory(member=User.objects.get(username="many-7"))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE cases_user")
    found = []
    plans = Plans(lambda: found.append(search.member_called(text, user)), "cases_user")
    assert [each.username for each in found[0]] == (["many-7"] if text != "nobody" else [])
    assert plans.whole_table == []
    assert plans.rows_touched <= 10
