"""Search words are written in the transaction that writes the text, whatever writes it."""

import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from cases import releases
from cases.accounts import people
from cases.casework import answers, drafts, notes
from cases.conversation import messages
from cases.documents import attach_and_remove as documents
from cases.maintenance import rebuild_search
from cases.models import Case, CaseNote, CaseWords, PersonWords, User
from cases.selectors import global_search
from tests.factories import (
    CaseDocumentFactory,
    CaseFactory,
    CaseMessageFactory,
    CaseNoteFactory,
    UserFactory,
    letter,
)

pytestmark = pytest.mark.django_db

COLUMNS = ("title", "description", "submissions", "answer", "reports", "notes")


def words(case) -> dict[str, str]:
    """Return what is stored for the case, without its number and empty columns."""
    found = CaseWords.objects.values(*COLUMNS).get(case=case)
    number = "".join(f" {part}" for part in case.external_case_id.lower().split("-"))
    return {column: text.removeprefix(number) for column, text in found.items() if text.removeprefix(number)}


def test_each_verb_writes_the_words_of_its_text(member, technician, stored):
    case = drafts.create(by=member, title="Árbol", description="An old tree")
    assert words(case) == {"title": " arbol", "description": " an old tree"}
    drafts.edit(case=case, by=member, title="Pension", description="", urgency="normal")
    document = documents.attach(case=case, by=member, file=letter(), source="web")
    assert words(case) == {"title": " pension", "submissions": " letter pdf"}
    documents.remove(document=document, by=member, source="web")
    drafts.submit(case=case, by=member, source="web")
    Case.objects.filter(pk=case.pk).update(status="accepted", assigned_to=technician)
    case.refresh_from_db()
    answers.save_answer(case=case, by=technician, text="**Yes**, granted")
    answers.save_answer(case=case, by=technician, text="No")
    notes.add(case=case, by=technician, text="Mia called")
    messages.send(case=case, by=technician, source="web", text="Original?")
    notes.add(case=case, by=technician, text="Called back")
    documents.attach(case=case, by=technician, file=letter(), source="web")
    assert words(case) == {
        "title": " pension",
        "answer": " no",
        "notes": " called back original mia called",
        "reports": " letter pdf",
    }


def test_rows_in_bulk_and_rows_saved_in_part_have_theirs(member):
    (case,) = Case.objects.bulk_create([CaseFactory.build(member=member, assigned_to=None, title="Über")])
    assert words(case) == {"title": " uber", "description": " what should i do"}
    fetched = Case.objects.get()  # without its description
    fetched.title = "Refund"
    fetched.save()
    assert words(case) == {"title": " refund", "description": " what should i do"}


def test_the_words_go_with_the_transaction(member, technician):
    case = CaseFactory(member=member, assigned_to=technician)
    before = words(case)
    with transaction.atomic():
        answers.save_answer(case=case, by=technician, text="Granted")
        assert words(case)["answer"] == " granted"
        transaction.set_rollback(True)
    assert words(case) == before


def test_what_changes_no_text_writes_no_words(member, technician, clock):
    CaseFactory.create_batch(2, due=True, member=member)
    with CaptureQueriesContext(connection) as captured:
        releases.release_due(by="a test", source="sweep")
        releases.release_due_of(member)
        User.objects.get(pk=member.pk).save(update_fields=["last_login"])
        Case.objects.all()[0].save(update_fields=["urgency"])
    assert not [query["sql"] for query in captured if re.search(r"cases_(case|person)words", query["sql"])]


def test_the_words_of_a_person_follow_the_name(administrator):
    person = people.invite(by=administrator, email="zm@example.com", first_name="Zoë", last_name="", role="member")
    assert PersonWords.objects.get(person=person).names == " zm zoe"
    people.correct(person=person, by=administrator, email="x@example.com", first_name="Noël", last_name="Müller")
    assert PersonWords.objects.get(person=person).names == " zm noel muller x"


def test_the_words_of_a_person_saved_in_part_are_those_of_the_stored_row(administrator, member):
    """As when a profile is saved while an administrator corrects the address."""
    read_before = User.objects.get(pk=member.pk)
    people.correct(person=member, by=administrator, email="new@example.com", first_name="Mia", last_name="Berg")
    read_before.first_name = "Noël"
    read_before.save(update_fields=["first_name"])
    assert PersonWords.objects.get(person=member).names == " mia noel berg new"


def test_the_command_writes_what_the_verbs_would_have_written(member, technician):
    case = CaseFactory(member=member, assigned_to=technician, title="Pension")
    CaseDocumentFactory(case=case, name="granted.pdf")
    CaseNoteFactory(case=case, text="first")
    CaseMessageFactory(case=case, text="between")
    CaseNoteFactory(case=case, text="second")
    right, names = words(case), PersonWords.objects.count()
    CaseWords.objects.all().delete()
    PersonWords.objects.filter(person=member).delete()
    out = StringIO()
    call_command("search_words", stdout=out)
    assert out.getvalue() == "2 indexed\n"
    assert words(case) == right
    assert PersonWords.objects.count() == names
    call_command("search_words", stdout=out)
    assert out.getvalue().endswith("0 indexed\n")
    # Written by hand.
    Case.objects.update(title="Refund")
    CaseNote._base_manager.all().delete()
    rebuild_search.rebuild_all()
    assert words(case) == right | {"title": " refund", "notes": " between"}


def test_the_command_rewrites_what_an_earlier_version_folded_in_another_way(member, technician):
    case = CaseFactory(member=member, assigned_to=technician, title="Form \u2460")
    CaseFactory(member=member, title="Árbol")
    User.objects.filter(pk=technician.pk).update(first_name="\uff21nn", name_folded="\uff41nn")
    CaseWords.objects.filter(case=case).update(title=" form \u2460", notes=" \uff41bc")
    PersonWords.objects.filter(person=technician).update(names=" \uff41nn")
    out = StringIO()
    call_command("search_words", stdout=out)
    assert out.getvalue() == "2 indexed\n"
    assert words(case)["title"] == " form 1"
    call_command("search_words", stdout=out)
    assert out.getvalue().endswith("0 indexed\n")
    technician.refresh_from_db()
    assert technician.name_folded == "tom ann"
    assert " ann" in PersonWords.objects.get(person=technician).names


def test_of_many_notes_the_latest_are_kept(technician, monkeypatch):
    monkeypatch.setattr("cases.core.limits.SEARCHABLE", 24)
    case = CaseFactory(assigned_to=technician)
    for text in ("an early note", "in between", "the latest"):
        notes.add(case=case, by=technician, text=text)
    assert CaseWords.objects.get(case=case).notes == " the latest in between a"


@pytest.mark.parametrize(
    ("name", "is_word"),
    [("' OR 1=1", True), ('a" b', True), ("x*", True), ("\\", False), ("NEAR(a b)", True), ("@{member.pk}", False)],
)
def test_what_means_something_to_the_database_is_a_word_or_nothing(name, is_word, administrator, member):
    text = name.format(member=member)
    case = CaseFactory(title=text, member=UserFactory(first_name="Nina"))
    # It would be found like any other case, and as one of this member.
    CaseFactory(title="Refund", member=member, external_case_id="C-9QX4TB7K2M")
    assert [found.case.pk for found in global_search.find(administrator, text).cases] == [case.pk] * is_word
