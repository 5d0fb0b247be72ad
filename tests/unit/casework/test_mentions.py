"""Whom a note mentions, and that no one else is notified."""

import pytest

from cases.casework import notes
from cases.casework.mentions import mentions_in
from cases.models import Notification
from tests.factories import CaseFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    people = {
        "robin.maddox": ("Robin", "Maddox", "technician"),
        "jo.reed": ("Jo", "Reed", "technician"),
        "jo.lane": ("Jo", "Lane", "administrator"),
        "sam": ("Sam", "Sample", "member"),
    }
    for username, (first, last, role) in people.items():
        UserFactory(username=username, first_name=first, last_name=last, role=role)
    UserFactory(username="left", first_name="Lee", role="technician", is_active=False)


@pytest.mark.parametrize(
    ("text", "usernames"),
    [
        ("@Robin please check page 3.", ["robin.maddox"]),
        ("Ask @robin.maddox, and @ROBIN again.", ["robin.maddox"]),
        ("(@jo.reed), @jo.lane.", ["jo.reed", "jo.lane"]),
        ("@Jo, please", []),
        ("@Jo Reed, please", ["jo.reed"]),
        ("@Sam @left @Lee @nobody @", []),
        ("mail robin@robin.maddox", []),
        ("@robin " * 11 + "@jo.reed", ["robin.maddox"]),
    ],
    ids=["first name", "once", "usernames", "two of them", "whole name", "no colleague", "an address", "too many"],
)
def test_who_is_mentioned(text, usernames, staff, django_assert_num_queries):
    with django_assert_num_queries(1 if "@" in text.rstrip("@") and "robin@" not in text else 0):
        assert [person.username for person in mentions_in(text).people] == usernames


ACCENTS = {
    "@José, page 3": "zoe",
    "@Jose": "zoe",
    "@JOSÉ": "zoe",
    "@Jose\u0301": "zoe",
    "@José María": "nuñez.j",
    "@jose maria": "nuñez.j",
    "@JOSE MARIA NUNEZ": "nuñez.j",
    "@NÚÑEZ.j": "nuñez.j",
    "@NUÑEZ.J": "nuñez.j",
    "@nunez.j": "nuñez.j",
}


@pytest.mark.parametrize("text", ACCENTS, ids=ascii)
def test_accents_and_case_make_no_other_name(text):
    for username, first, last in (("nuñez.j", "José María", "Núñez"), ("j", "Josefa", "Núñez"), ("zoe", "JOSÉ", "Gil")):
        UserFactory(username=username, first_name=first, last_name=last, role="technician")
    assert [person.username for person in mentions_in(text).people] == [ACCENTS[text]]


# Ann Lee, Ann Leeson and Ann Lee-Novak; Mary Jones and Mary Ann Lee; and Bo, the only one without a last name.
NAMES = {
    "@Ann Lee": "ann.lee",
    "@Ann Leeson": "ann.leeson",
    "@ann LEESON, page 3": "ann.leeson",
    "@Ann Lee's page": "ann.lee",
    "@Ann Lee. Then": "ann.lee",
    "@Ann Lee-Novak": "ann.lee-novak",
    "@Ann Lee-Novaks": "ann.lee",
    "@Ann\u00a0Lee": "ann.lee",
    "@Ann Leegate": None,
    "@Ann Lee3": None,
    "@Ann Lee_": None,
    "@Ann Leé": "ann.lee",
    "@Ann": None,
    "@Mary Ann": "mary.ann",
    "@Mary Ann Lee": "mary.ann",
    "@Mary Anne": "mary.jones",
    "@Mary": "mary.jones",
    "@Mary Jones": "mary.jones",
    "@Mary Joneses": "mary.jones",
    "@Bo Lee": "bo",
    "@Bobby": None,
}


@pytest.mark.parametrize("text", NAMES)
def test_a_name_ends_where_a_word_ends_and_the_longest_counts(text):
    for username, first, last in (
        ("ann.lee", "Ann", "Lee"),
        ("ann.leeson", "Ann", "Leeson"),
        ("ann.lee-novak", "Ann", "Lee-Novak"),
        ("mary.jones", "Mary", "Jones"),
        ("mary.ann", "Mary Ann", "Lee"),
        ("bo", "Bo", ""),
    ):
        UserFactory(username=username, first_name=first, last_name=last, role="technician")
    found = mentions_in(f"Ask {text}")
    assert [person.username for person in found.people] == ([NAMES[text]] if NAMES[text] else [])
    assert bool(found.unclear) == (NAMES[text] is None)


@pytest.mark.parametrize(
    ("text", "username"),
    [("@José María", "jm"), ("@jose maria", "jm"), ("@Jose", "jose"), ("@José Marías", "jose"), ("@jose.", "jose")],
)
def test_a_longer_name_counts_before_a_username_with_which_it_begins(text, username):
    for name, first, last in (("jm", "José María", "Núñez"), ("jose", "Pepa", "Gil")):
        UserFactory(username=name, first_name=first, last_name=last, role="technician")
    assert [person.username for person in mentions_in(text).people] == [username]


def test_two_colleagues_of_one_name_are_told_by_their_usernames():
    for username in ("ann.1", "ann.2"):
        UserFactory(username=username, first_name="Ann", last_name="Lee", role="technician")
    found = mentions_in("@Ann Lee and @ann.2")
    assert ([person.username for person in found.people], found.unclear) == (["ann.2"], ["Ann"])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@Robin, @jo.reed and @Jo Lane", []),
        ("@Jo, @nobody, @Sam, @left and @nobody", ["Jo", "nobody", "Sam", "left"]),
        ("@Robin and @x" + " @y" * 10, ["x", "y"]),
        ("mail robin@nobody.example @", []),
    ],
    ids=["all clear", "two of them, unknown, member, left", "some", "an address"],
)
def test_which_mentions_are_of_no_one_colleague(text, names, staff):
    assert mentions_in(text).unclear == names


def test_a_mention_is_told_to_the_colleague_and_to_nobody_else(staff, technician):
    note = notes.add(case=CaseFactory(assigned_to=technician), by=technician, text="@Robin and @tom, page 3.")
    told = Notification.objects.values_list("recipient__username", "kind", "ref")
    assert list(told) == [("robin.maddox", "mention", note.pk)]
