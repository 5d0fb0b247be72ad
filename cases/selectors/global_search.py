"""One search over cases and people: best matches first, and a spelling suggestion if nothing is found."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import F, Q

from cases.db.bulk import ids_as_rows
from cases.db.search_index import Alternatives
from cases.lifecycle.case_for_viewer import VisibleCase
from cases.models import Case, CaseQuerySet, CaseWords, User
from cases.selectors import case_list, search, search_suggestions
from cases.selectors.search_permissions import ALL, WITH_RESULT, has_in_title, has_words


@dataclass(frozen=True)
class FoundCase:
    """A case, and the columns of CaseWords in which words were found that its title lacks."""

    case: VisibleCase
    where: Sequence[str] = ()

    @property
    def labels(self) -> list[str]:
        """The names of these columns, for people."""
        return [str(CaseWords._meta.get_field(column).verbose_name) for column in self.where]  # type: ignore[union-attr]


@dataclass(frozen=True)
class Found:
    """What was found, best first. `meant` is a better query if nothing was found, or empty."""

    cases: list[FoundCase] = field(default_factory=list)
    people: list[User] = field(default_factory=list)
    meant: str = ""
    has_more: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return not self.cases and not self.people


def find(user: User, text: str, *, cases: int = 20, people: int = 5) -> Found:
    """Return the best results of `text` for `user`: up to that many `cases` and `people`. Members find no people."""
    found = _find(user, text, cases, people)
    if found.is_empty and (meant := search_suggestions.meant(user, text)) and not _find(user, meant, 1, 1).is_empty:
        return Found(meant=meant)
    return found


def _find(user: User, text: str, most_cases: int, most_people: int) -> Found:
    asked = search.asked_words(text, user)
    cases = list(_best_cases(user, text, asked)[: most_cases + 1])
    return Found(
        _explained(cases[:most_cases], asked, user),
        [] if user.is_member else find_people(user, text, most_people),
        has_more=len(cases) > most_cases,
    )


def _best_cases(user: User, text: str, asked: Sequence[Alternatives]) -> CaseQuerySet:
    """Return only the cases with the number `text`, if any. Otherwise those whose number begins with it or that have
    its words, title matches first."""
    cases = Case.objects.shown_to(user)
    numbers, is_whole = search.find_by_number(cases, text)
    if user.is_member and not is_whole:
        among = case_list.latest_of_member(user, cases) & has_words(asked, user) | Q(pk__in=numbers)
    else:
        keys = [] if is_whole else search.find_by_words(asked)[0]
        among = Q(pk__in=ids_as_rows([*numbers, *keys]))
    in_title = F("in_title").desc(nulls_last=True)
    return cases.filter(among).annotate(in_title=has_in_title(asked)).order_by(in_title, "-pk")


def _explained(cases: Sequence[Case], asked: Sequence[Alternatives], user: User) -> list[FoundCase]:
    """Return `cases` as `user` may see them, each with where else than in its title the words are."""
    # Not even loaded if a member may not read them, because that would take time too.
    readable = [case.pk for case in cases if case.is_released or not user.is_member]
    words = CaseWords.objects.in_bulk(readable)
    return [FoundCase(VisibleCase.of(case, to=user), _where(words.get(case.pk), asked, user)) for case in cases]


def _where(words: CaseWords | None, asked: Sequence[Alternatives], user: User) -> list[str]:
    if not words:
        return []
    others = [word for begins, _ in asked for word in begins if f" {word}" not in words.title]
    columns = WITH_RESULT[1:] if user.is_member else ALL[1:]
    return [column for column in columns if any(f" {word}" in getattr(words, column) for word in others)]


def find_people(user: User, text: str, most: int) -> list[User]:
    """Return people with that name whom `user`, who is staff, may look up."""
    people = search.known_to(user, search.find_people(text))
    return list(people.order_by("last_name", "first_name", "username")[:most])
