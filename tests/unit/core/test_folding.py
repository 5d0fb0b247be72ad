"""A search finds what people mean, however they type it, on both databases."""

import sys
import unicodedata

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from cases import releases
from cases.accounts import people
from cases.casework import drafts
from cases.core import limits
from cases.core.folding import MAX_EXPANSION, fold
from cases.forms.case_filter import CaseFilter
from cases.models import Case, User
from cases.selectors import case_list
from cases.selectors.search import people_matching, possible_numbers
from tests.factories import CaseFactory, UserFactory

pytestmark = pytest.mark.django_db


def found(query: str, by: User) -> list[str]:
    """Return the titles that `by` finds."""
    data = QueryDict(mutable=True)
    data["q"] = query
    asked = CaseFilter(data, by=by)
    assert asked.is_valid(), asked.errors
    return [case.title for case in case_list.find(asked.list_query(), by).cases]


def wide(text: str) -> str:
    """Return `text` as a Japanese keyboard may write it: in full-width letters, digits and dashes."""
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


SAME = [
    ("Acme™", "Acme contract"),
    ("acme", "Acme™ contract"),
    ("árbol", "Un Árbol viejo"),
    ("ARBOL", "Un Árbol viejo"),
    ("a\u0301rbol", "Un Árbol viejo"),
    ("viejo", "Un A\u0301rbol viejo"),
    ("strasse", "Die Große Straße"),
    ("STRASSE", "Die Große Straße"),
    ("groß", "DIE GROSSE STRASSE"),
    ("łódź", "LODZ lease"),
    ("lodz", "Umowa w Łodzi"),
    ("smorrebrod", "Smørrebrød"),
    ("\u0130stanbul", "istanbul"),
    ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ("договор", "ДОГОВОР аренды"),
    ("tax - 2025", "Tax \u2013 2025"),
    ("tax \u2013 2025", "Tax - 2025"),
    ("divorce order", "Divorce\u00a0order"),
    ("divorce  order", "Divorce order"),
    ("don't", "I don\u2019t know"),
    ("co\u00adoperation", "Cooperation"),
    ("100%", "100% of it"),
    ("under_score", "under_score"),
    ("ABC 12", wide("ABC\u300012")),
    (wide("abc 12"), "ABC 12"),
    ("office", "O\ufb03ce lease"),
    ("\ufb01nal", "Final order"),
    ("article 4", "Article \u2463"),
    ("\u2167", "Part VIII"),
    ("\uff83\uff7d\uff84", "テスト"),
]


@pytest.mark.parametrize(("typed", "title"), SAME)
@pytest.mark.parametrize("person", ["member", "technician"])
def test_a_title_is_found(typed, title, person, member, technician, request):
    case = CaseFactory(member=member, submitted=True, title=title)
    CaseFactory(member=member, submitted=True, title="Another")
    assert found(typed, request.getfixturevalue(person)) == [case.title]


@pytest.mark.parametrize("typed", ["\u200b", "\u0301", "100_", "%", "_nother"])
def test_what_is_no_word_finds_nothing(typed, member, technician):
    CaseFactory(member=member, submitted=True, title="Another")
    for person in (member, technician):
        assert found(typed, person) == []
    assert not people_matching(User.objects.all(), "\u200b").exists()


@pytest.mark.parametrize("typed", ["Bergström", "BERGSTRÖM", "bergstrom", "BERGSTRO\u0308M anna", "ánna berg"])
def test_a_person_is_found(typed, member, technician):
    hers = CaseFactory(member=UserFactory(first_name="Anna", last_name="Bergström"), submitted=True)
    CaseFactory(member=member, submitted=True)
    assert found(typed, technician) == [hers.title]
    assert list(people_matching(User.objects.all(), typed)) == [hers.member]


NUMBER = "C-10MQ70XCB0"


@pytest.mark.parametrize(
    "typed",
    [
        *("C-10MQ70XCB0", "c-10mq70xcb0", "C10MQ70XCB0", "10MQ70XCB0", "10mq70xcb0"),
        *("C-IOMQ7OXCBO", "c-lomq7oxcbo", "IOMQ7OXCBO", "C 10MQ 70XC B0", "C\u201310MQ70XCB0", "c \u2011 10mq-70xc-b0"),
        *(wide("C-10MQ70XCB0"), wide("10mq")),
        *("C-10M", "c10m", "IOMQ", "10m q7", " C-10MQ70XCB0\u00a0"),
    ],
)
@pytest.mark.parametrize("person", ["member", "technician"])
def test_a_number_is_read_as_people_type_it(typed, person, member, technician, request):
    CaseFactory(member=member, submitted=True, title="hers", external_case_id=NUMBER)
    CaseFactory(member=member, submitted=True, title="other", external_case_id="C-9QX4TB7K2M")
    assert found(typed, request.getfixturevalue(person)) == ["hers"]


def test_a_number_that_begins_with_another_c_and_one_from_elsewhere(member):
    CaseFactory(member=member, title="c", external_case_id="C-C0MQ70XCB0")
    CaseFactory(member=member, title="oil", external_case_id="OIL-Case/17")
    for typed, title in (("CCOMQ7", "c"), ("comq7", "c"), ("OIL-Case/17", "oil"), ("OIL-C", "oil")):
        assert found(typed, member) == [title]


@pytest.mark.parametrize("typed", ["", "C-", "c", "a question of mine", "U"])
def test_what_cannot_be_a_number_means_none(typed):
    assert {number for number in possible_numbers(typed) if number.startswith("C-") and len(number) > 3} <= set()


def test_a_whole_number_in_the_admin_is_read_so_too(member, administrator, client):
    CaseFactory(member=member, external_case_id=NUMBER)
    CaseFactory(member=member, external_case_id="C-9QX4TB7K2M")
    client.force_login(administrator)
    page = client.get("/admin/cases/case/", {"q": "iomq7oxcbo"}).content.decode()
    assert NUMBER in page
    assert "C-9QX4TB7K2M" not in page
    member.first_name = "Ångström"
    member.save()
    assert "Ångström" in client.get("/admin/cases/user/", {"q": "angstrom"}).content.decode()


# --- The stored form -------------------------------------------------------------------------------------------------


def test_it_is_stored_by_each_way_to_write_a_title(member):
    made = drafts.create(by=member, title="Árbol", description="")
    assert Case.objects.get().title_folded == "arbol"
    drafts.edit(case=made, by=member, title="ÉCOLE", description="", urgency="normal")
    assert Case.objects.get().title_folded == "ecole"
    fetched = Case.objects.get()
    fetched.title = "Ñandú"
    fetched.save()
    assert Case.objects.get().title_folded == "nandu"
    Case.objects.bulk_create([CaseFactory.build(member=member, assigned_to=None, title="Über")])
    assert set(Case.objects.values_list("title_folded", flat=True)) == {"nandu", "uber"}


def test_it_is_stored_by_each_way_to_write_a_name(administrator, client):
    person = people.invite(by=administrator, email="x@example.com", first_name="Zoë", last_name="Müller", role="member")
    assert User.objects.get(pk=person.pk).name_folded == "x zoe muller"
    people.correct(person=person, by=administrator, email="x@example.com", first_name="Noël", last_name="")
    assert User.objects.get(pk=person.pk).name_folded == "x noel"


def test_a_wave_does_not_write_it(member, clock):
    CaseFactory.create_batch(2, due=True, member=member)
    with CaptureQueriesContext(connection) as captured:
        releases.release_due(by="a test", source="sweep")
    assert not [query["sql"] for query in captured if "title_folded" in query["sql"]]


def test_every_letter_has_one_form():
    for code in range(sys.maxunicode + 1):
        letter = chr(code)
        if unicodedata.category(letter) in ("Cn", "Cs", "Co"):
            continue
        folded = fold(letter)
        assert fold(folded) == folded
        assert folded == fold(letter.upper()) or len(letter.upper()) > 1 or letter.upper().lower() != letter
        assert len(folded) <= MAX_EXPANSION or unicodedata.decomposition(letter).startswith("<")


def test_a_column_is_cut_where_letters_become_many(member):
    case = CaseFactory(member=member, title="\ufdfa" * limits.TITLE)
    case.refresh_from_db()
    assert len(case.title_folded) == MAX_EXPANSION * limits.TITLE
