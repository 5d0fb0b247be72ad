"""The rail beside the case list: the views that a person has, and how many cases each holds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from django.http import QueryDict
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from cases.forms.case_filter import CaseFilter
from cases.models import User
from cases.selectors import saved_view_counts
from cases.selectors.case_list_query import CaseListQuery
from cases.selectors.pagination import CappedCount
from cases.selectors.saved_views import ShownView, views_of

# How a list is displayed is not part of a view: each person has their own display settings.
NOT_KEPT = {"per": "", "density": ""}
# Reading these queries the database, and no index holds their results.
SEARCHES = {"q", "member"}


@dataclass(frozen=True)
class RailLink:
    """A view in the rail. `count` is None if no index has exactly its cases."""

    view: ShownView
    count: CappedCount | None
    is_current: bool


@dataclass(frozen=True)
class RailGroup:
    """Some links of the rail under one heading."""

    heading: StrOrPromise
    links: list[RailLink]


def query_of(asked: CaseFilter) -> str:
    """Return what a view keeps of the list that `asked` reads."""
    return asked.query_with(**NOT_KEPT)


def rail_of(asked: CaseFilter, user: User) -> dict[str, Any]:
    """Return the context of the rail beside the list that `asked` reads; empty for members.

    Takes three statements and those of a filter, however many views there are; one more where views ask for people
    who are no technicians now.
    """
    if user.is_member:
        return {}
    views, query = views_of(user), query_of(asked) if asked.is_valid() else ""
    counts = saved_view_counts.counts_of(_read(views, asked), user)
    links = [RailLink(view, count, _is_same(view.query, query)) for view, count in zip(views, counts, strict=True)]
    return {
        "rail": [group for group in _groups(links) if group.links],
        "current_view": next((link.view for link in links if link.is_current), None),
        "view_query": query,
        # The menu shows the pinned ones, and need not read them again.
        "views_of_person": views,
    }


def view_of(asked: CaseFilter, views: Iterable[ShownView]) -> ShownView | None:
    """Return the first of `views` whose list `asked` reads."""
    query = query_of(asked)
    return next((view for view in views if _is_same(view.query, query)), None)


def _groups(links: list[RailLink]) -> list[RailGroup]:
    rest = [link for link in links if not link.view.is_pinned]
    return [
        RailGroup(_("Pinned"), [link for link in links if link.view.is_pinned]),
        RailGroup(_("More views"), [link for link in rest if link.view.is_shared or not link.view.is_saved]),
        RailGroup(_("Yours"), [link for link in rest if link.view.is_own and not link.view.is_shared]),
    ]


def _read(views: Sequence[ShownView], like: CaseFilter) -> list[CaseListQuery | None]:
    """Return what each view asks for; None for a search, and for what the list of this person does not have."""
    forms = like.readings([QueryDict(view.query) for view in views])
    return [form.list_query() if not form.query.keys() & SEARCHES and form.is_valid() else None for form in forms]


def _is_same(one: str, other: str) -> bool:
    return sorted(parse_qsl(one)) == sorted(parse_qsl(other))
