"""Rebuild the words of cases and people, for rows that were written by SQL or by an earlier version.

Verbs don't need this, because they write the words in the transaction that writes the text.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import connections, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from cases.core.folding import letters_folded_into_others
from cases.models import (
    Case,
    CaseAnswer,
    CaseDocument,
    CaseMessage,
    CaseNote,
    CaseWords,
    PersonWords,
    User,
    case_search_words,
    person_search_words,
)

# Rows in one transaction.
BATCH = 500
TABLES = (CaseWords, PersonWords)
# Only these columns: a migration may stop before the others exist.
OWN_TEXTS = ("external_case_id", "member_id", *case_search_words.OF_THE_CASE)
NAMES = ("username", "first_name", "last_name")
COLUMNS = (*case_search_words.OF_THE_CASE, "submissions", "answer", "reports", "notes")
Rebuild = Callable[[Sequence[int]], None]


def after_migration(*, using: str, **signal: Any) -> None:
    """Fill in the words after the migration that created their tables.

    Receives `post_migrate`. After a later migration there is nothing to fill in. An earlier one has no such tables yet,
    or may go back to that state.
    """
    if {table._meta.db_table for table in TABLES} <= set(connections[using].introspection.table_names()):
        fill_missing()


def fill_missing() -> int:
    """Write the words of all cases and people that have none. Return how many."""
    written = [CaseWords.objects.filter(case=OuterRef("pk")), PersonWords.objects.filter(person=OuterRef("pk"))]
    cases = Case.objects.filter(~Exists(written[0]))
    people = User.objects.filter(~Exists(written[1]))
    return _in_batches(cases, rebuild_cases) + _in_batches(people, rebuild_people)


def rewrite_outdated() -> int:
    """Rebuild the words that have letters which this version folds into others. Return how many cases and people."""
    letters = letters_folded_into_others()
    outdated = CaseWords.objects.filter(Q(*((f"{column}__regex", letters) for column in COLUMNS), _connector=Q.OR))
    named = PersonWords.objects.filter(names__regex=letters).values("person")
    people = User.objects.filter(Q(name_folded__regex=letters) | Q(pk__in=named))
    return _in_batches(outdated, rebuild_cases) + _in_batches(people, rebuild_people)


def rebuild_all() -> int:
    """Rebuild the words of all cases and people. Return how many."""
    return _in_batches(Case.objects.all(), rebuild_cases) + _in_batches(User.objects.all(), rebuild_people)


@transaction.atomic
def rebuild_cases(keys: Sequence[int]) -> None:
    """Rebuild the words of these cases.

    Their rows of words are locked before the texts are read, so that a text saved at the same time comes after this, or
    is read here. The rows of the cases are not locked, so that no release waits for them or skips them.
    """
    cases = Case.objects.filter(pk__in=keys).order_by("pk")
    missing = [case_search_words.of_case(case, ()) for case in cases.only("member_id")]
    CaseWords.objects.bulk_create(missing, ignore_conflicts=True)
    locked = _locked(CaseWords.objects.filter(pk__in=keys))
    rows = {case.pk: case_search_words.of_case(case) for case in cases.only(*OWN_TEXTS).filter(pk__in=locked)}
    for column, texts in _texts_of(locked):
        for key, found in texts.items():
            case_search_words.set_text(rows[key], column, found)
    case_search_words.store(list(rows.values()), COLUMNS)


def rebuild_people(keys: Sequence[int]) -> None:
    """Rebuild the words and the folded names of these people."""
    for person in User.objects.filter(pk__in=keys).only(*NAMES, "name_folded"):
        _refold(person)
    _rebuild_words_of_people(keys)


def _refold(person: User) -> None:
    """Correct the folded name, unless the name was changed meanwhile. No lock is held, so that nothing deadlocks."""
    stored = person.name_folded
    folded = User._meta.get_field("name_folded").pre_save(person, add=False)
    if folded != stored:
        as_read = {name: getattr(person, name) for name in NAMES}
        User.objects.filter(pk=person.pk, **as_read).update(name_folded=folded)


@transaction.atomic
def _rebuild_words_of_people(keys: Sequence[int]) -> None:
    """Do for people what `rebuild_cases` does for cases."""
    people = User.objects.filter(pk__in=keys).order_by("pk")
    missing = [PersonWords(person_id=key) for key in people.values_list("pk", flat=True)]
    PersonWords.objects.bulk_create(missing, ignore_conflicts=True)
    locked = _locked(PersonWords.objects.filter(pk__in=keys))
    person_search_words.store(people.only(*person_search_words.TEXTS).filter(pk__in=locked))


def _locked(rows: QuerySet[Any]) -> list[int]:
    """Lock these rows of words, and return their keys."""
    return list(rows.order_by("pk").select_for_update().values_list("pk", flat=True))


def _texts_of(keys: Sequence[int]) -> Iterator[tuple[str, dict[int, list[str]]]]:
    """Return the texts of each case, newest first, for each column that comes from other tables."""
    documents = CaseDocument.objects.filter(case__in=keys)
    for kind, column in case_search_words.COLUMN_OF_KIND.items():
        yield column, _by_case(documents.filter(kind=kind), "name")
    yield "answer", _by_case(CaseAnswer.objects.filter(case__in=keys), "text")
    yield "notes", _notes_and_messages(keys)


def _by_case(rows: QuerySet[Any], text: str) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for key, words in rows.order_by("-pk").values_list("case_id", text):
        found.setdefault(key, []).append(words)
    return found


def _notes_and_messages(keys: Sequence[int]) -> dict[int, list[str]]:
    columns = ("at", "pk", "case_id", "text")
    notes = CaseNote.objects.filter(case__in=keys).values_list(*columns)
    messages = CaseMessage.objects.filter(case__in=keys).values_list(*columns)
    found: dict[int, list[str]] = {}
    for _at, _pk, key, text in sorted([*notes, *messages], reverse=True):
        found.setdefault(key, []).append(text)
    return found


def _in_batches(rows: QuerySet[Any], rebuild: Rebuild) -> int:
    count = last = 0
    while keys := _next_keys(rows, last):
        rebuild(keys)
        count, last = count + len(keys), keys[-1]
    return count


def _next_keys(rows: QuerySet[Any], last: int) -> list[int]:
    return list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH])
