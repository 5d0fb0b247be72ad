"""Which words of a case a person may search now.

This is the only place that decides it. The decision is made from the case itself at search time, and nothing is stored:
a release gives the member more words, a recall fewer, and a wave writes nothing. For each case, the database reads only
the texts that the person may read. So neither a member's results nor the time they take depend on any other text.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.db.models import BooleanField, F, Field, OuterRef, Q, QuerySet, Subquery, TextField, Value, When
from django.db.models import Case as CaseWhen
from django.db.models.functions import Concat, Left

from cases.db.search_index import Alternatives
from cases.models import CaseWords, User
from cases.models.case_states import RELEASED
from cases.models.case_visibility import only_announced

# What a member knows about a case whose release is announced, about any other case, and about a released one.
ANNOUNCED = ("title",)
KNOWN = (*ANNOUNCED, "description", "submissions")
WITH_RESULT = (*KNOWN, "answer", "reports")
ALL = (*WITH_RESULT, "notes")

Branch = CaseWhen | Subquery


def has_words(asked: Sequence[Alternatives], user: User) -> Q:
    """Match the cases in which `user` may read all words `asked` now.

    Without words, match none. Use it on a few cases from `visible_to(user)`: each takes a probe of its words.
    """
    if not asked:
        return Q(pk__in=[])
    return Q(_of_readable(user, partial(_has_in, asked), BooleanField()))


def has_in_title(asked: Sequence[Alternatives]) -> Subquery:
    """Return whether a case has all words `asked` in its title or number, or NULL if not."""
    return _has_in(asked, ANNOUNCED)


def readable_words(user: User, most: int) -> Branch:
    """Return the first `most` characters of the words that `user` may read of a case now, as an annotation."""

    def texts(columns: Sequence[str]) -> Subquery:
        return Subquery(_words_of_the_case(columns).values_list(Left("text", most)), output_field=TextField())

    return _of_readable(user, texts, TextField())


def _of_readable(user: User, of: Callable[[Sequence[str]], Subquery], output_field: Field[Any, Any]) -> Branch:
    """Return `of` the columns that `user` may know of a case now: of a CASE the database works out one branch."""
    if not user.is_member:
        return of(ALL)
    branches = [When(RELEASED, then=of(WITH_RESULT))]
    if announced := only_announced():
        branches.append(When(announced, then=of(ANNOUNCED)))
    return CaseWhen(*branches, default=of(KNOWN), output_field=output_field)


def _has_in(asked: Sequence[Alternatives], columns: Sequence[str]) -> Subquery:
    rows = _words_of_the_case(columns).filter(*(_has_one_of(alternatives) for alternatives in asked))
    return Subquery(rows.values_list(Value(True, BooleanField())), output_field=BooleanField())


def _words_of_the_case(columns: Sequence[str]) -> QuerySet[CaseWords]:
    """Return the row of words of a case, for a subquery, with the words of `columns` as `text`.

    A scalar subquery is one probe per case. PostgreSQL may turn a join or an EXISTS into a scan of all words.
    """
    text = Concat(*columns, output_field=TextField()) if len(columns) > 1 else F(columns[0])
    return CaseWords.objects.filter(case=OuterRef("pk")).annotate(text=text)


def _has_one_of(alternatives: Alternatives) -> Q:
    begins, whole = alternatives
    found = Q(*(Q(text__contains=f" {word}") for word in begins), _connector=Q.OR)
    return found | Q(member__in=[f" {mark}" for mark in whole]) if whole or not begins else found
