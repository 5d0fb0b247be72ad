"""The views of the case list that a person has: built-in, shared and their own, and which of them are in the menu."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django_stubs_ext import StrOrPromise

from cases.casework import saved_views
from cases.core import limits
from cases.lifecycle.state_labels import UNASSIGNED_QUERY
from cases.models import BuiltinView, SavedView, User, ViewPin

# The query of the list's address, and the icon of each.
BUILTIN = {
    BuiltinView.UNASSIGNED: (UNASSIGNED_QUERY, "inbox"),
    BuiltinView.URGENT: ("state=open&urgency=urgent", "flag"),
    BuiltinView.MINE: ("state=accepted&technician=mine", "person"),
    BuiltinView.MESSAGES: ("waiting=staff", "message"),
    BuiltinView.ASKED: ("waiting=member", "clock"),
    BuiltinView.WEEK: ("due=week", "calendar"),
    BuiltinView.HELD: ("state=held", "pause"),
    BuiltinView.CONDITIONS: ("due=conditions", "lock"),
    BuiltinView.UNOPENED: ("due=unopened", "eye"),
}


@dataclass(frozen=True)
class ShownView:
    """A view as pages show it. `key` is in its addresses: of a saved view its primary key, else the built-in key."""

    key: str
    name: StrOrPromise
    query: str
    icon: str
    is_pinned: bool
    is_saved: bool = False
    is_shared: bool = False
    is_own: bool = False


def views_of(user: User) -> list[ShownView]:
    """Return all views of `user`: built-in ones in their order, then shared ones and their own by name.

    Two statements. Members have none.
    """
    if user.is_member:
        return []
    pins = list(ViewPin.objects.filter(user=user))
    of_saved = {pin.view_id: pin.is_pinned for pin in pins}
    visible = saved_views.visible_to(user).order_by("-is_shared", "name", "pk")[: 2 * limits.VIEWS]
    return [*_builtin_views(user, pins), *(_saved(view, user, of_saved.get(view.pk, False)) for view in visible)]


def pinned_views(user: User) -> list[ShownView]:
    """Return those of `views_of(user)` that are in the menu. One statement."""
    if user.is_member:
        return []
    mine = Q(builtin="") & (Q(view__is_shared=True) | Q(view__owner=user))
    pins = list(
        ViewPin.objects.filter(mine | ~Q(builtin=""), user=user)
        .select_related("view")
        .order_by("-view__is_shared", "view__name", "view")
    )
    saved = [_saved(pin.view, user, True) for pin in pins if pin.view and pin.is_pinned]
    return [view for view in _builtin_views(user, pins) if view.is_pinned] + saved


def _builtin_views(user: User, pins: Iterable[ViewPin]) -> list[ShownView]:
    changed = {pin.builtin: pin.is_pinned for pin in pins}
    shown = [key for key in BuiltinView if key is not BuiltinView.MINE or user.is_technician]
    return [ShownView(key.value, key.label, *BUILTIN[key], is_pinned=changed.get(key.value, True)) for key in shown]


def _saved(view: SavedView, user: User, is_pinned: bool) -> ShownView:
    return ShownView(
        key=str(view.pk),
        name=view.name,
        query=view.query,
        icon="people" if view.is_shared else "save",
        is_pinned=is_pinned,
        is_saved=True,
        is_shared=view.is_shared,
        is_own=view.owner_id == user.pk,
    )
