"""How many cases each view of the list holds: counted along one index up to MAX_COUNTED, or not at all."""

from collections.abc import Sequence

from cases.db.compiled_queries import CompiledQuery
from cases.models import Case, User
from cases.selectors import case_list, pagination
from cases.selectors.case_list_query import CaseListQuery
from cases.selectors.pagination import CappedCount


def counts_of(queries: Sequence[CaseListQuery | None], user: User) -> list[CappedCount | None]:
    """Return how many cases `user` finds with each of `queries`, or None if no index holds exactly those.

    A view that must search many cases, for example for a word, is counted when it is opened. One statement for all.
    """
    parts, visible = {}, Case.objects.visible_to(user)
    for number, query in enumerate(queries):
        cases = case_list.along_one_index(visible, query, user) if query else None
        if cases is not None:
            parts[number] = cases.values("pk")[: pagination.MAX_COUNTED + 1]
    counts: list[CappedCount | None] = [None] * len(queries)
    if parts:
        places = list(parts)
        for number, count in CompiledQuery.counts_of(*parts.values()).fetch(person=user.pk):
            counts[places[number]] = CappedCount(count)
    return counts
