"""What people do with views of the case list: save, rename, share, delete, pin.

A person changes their own views. A shared view is for all staff, and only administrators change it. For anyone else the
view doesn't exist: SavedView.DoesNotExist. `query` is the query string of the list's address, which the caller has
checked with the form of the list.
"""

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from cases.core import limits
from cases.core.clock import portal_now
from cases.core.errors import CaseError, NotAllowed, WrongState
from cases.core.names import clean_name
from cases.core.numbers import grouped
from cases.lifecycle import form_tokens
from cases.lifecycle.history import log_committed
from cases.lifecycle.locking import lock_list, lock_people
from cases.models import BuiltinView, SavedView, User, ViewPin


def visible_to(user: User) -> QuerySet[SavedView]:
    """Return the views that `user` may open: their own and the shared ones; members have none."""
    if user.is_member or not user.is_active:
        return SavedView.objects.none()
    return SavedView.objects.filter(Q(owner=user) | Q(is_shared=True))


def kept_by(user: User) -> QuerySet[SavedView]:
    """Return the views that `user` may change: their own, but a shared one only as an administrator."""
    views = visible_to(user)
    return views if user.is_administrator else views.filter(is_shared=False)


@transaction.atomic
def create(*, by: User, source: str, name: str, query: str, is_shared: bool = False, form_token: str = "") -> SavedView:
    """Save a view for `by`; `is_shared` for all staff. A form saves one (cases.lifecycle.form_tokens).

    CaseError for a name that is empty or taken, TooLong for a long name or query, NotAllowed for members, and for
    technicians who share. WrongState if there are already as many views as allowed.
    """
    by = _lock_staff(by)
    used = form_tokens.use(form_token, by=by, content=["saved view", name, query, str(is_shared)])
    limits.check_length(query, limits.VIEW_QUERY, field="query")
    view = SavedView(owner=by, name=clean_name(name), query=query, is_shared=is_shared, created=portal_now())
    _check_number_of(by)
    if is_shared:
        _check_sharing(by)
    _store(view)
    form_tokens.remember(used, view.pk)
    _log("saved", view, by, source)
    return view


@transaction.atomic
def change(
    *, view: SavedView, by: User, source: str, name: str | None = None, is_shared: bool | None = None
) -> SavedView:
    """Give a view another name, and show it to all staff or to its owner alone again. None leaves it as it is.

    CaseError for a name that is empty or taken, NotAllowed for anyone but an administrator who shares it.
    """
    view = _lock(view, by)
    if name is not None and (cleaned := clean_name(name)) != view.name:
        view.name = cleaned
        _store(view)
        _log("renamed", view, by, source)
    if is_shared is not None and is_shared != view.is_shared:
        _share(view, by, is_shared=is_shared)
        _log("shared" if is_shared else "no longer shared", view, by, source)
    return view


def _share(view: SavedView, by: User, *, is_shared: bool) -> None:
    if is_shared:
        _check_sharing(by)
    else:
        view.pins.exclude(user=view.owner_id).delete()
    view.is_shared = is_shared
    view.save(update_fields=["is_shared"])


@transaction.atomic
def delete(*, view: SavedView, by: User, source: str) -> None:
    """Delete a view, with its pins. No case changes."""
    view = _lock(view, by)
    _log("deleted", view, by, source)
    view.delete()


@transaction.atomic
def pin(*, by: User, source: str, builtin: str = "", view: SavedView | None = None, is_pinned: bool) -> None:
    """Put a view into the menu of `by`, or take it out. Give a `builtin` key or a `view`.

    CaseError for a key that no built-in view has.
    """
    by = _lock_staff(by)
    if view is None and builtin not in BuiltinView.values:
        raise CaseError(_("View not found."))
    if view is not None:
        view = visible_to(by).select_for_update(no_key=True).get(pk=view.pk)
    builtin = "" if view else builtin
    ViewPin.objects.update_or_create(user=by, view=view, builtin=builtin, defaults={"is_pinned": is_pinned})
    facts = {"view_id": view.pk} if view else {"builtin": builtin}
    log_committed("view pinned" if is_pinned else "view unpinned", source=source, by=by.pk, **facts)


def _lock_staff(by: User) -> User:
    by = lock_people(by)[by.pk]
    if by.is_member or not by.is_active:
        raise NotAllowed(_("You don't have permission to do this."))
    return by


def _lock(view: SavedView, by: User) -> SavedView:
    by = _lock_staff(by)
    return kept_by(by).select_for_update(of=("self",), no_key=True).get(pk=view.pk)


def _check_number_of(by: User) -> None:
    if SavedView.objects.filter(owner=by)[: limits.VIEWS].count() >= limits.VIEWS:
        most = grouped(limits.VIEWS)
        raise WrongState(_("You already have %(most)s views. Delete one you no longer need.") % {"most": most})


def _check_sharing(by: User) -> None:
    if not by.is_administrator:
        raise NotAllowed(_("Only administrators can share a view."))
    lock_list(SavedView)
    if SavedView.objects.filter(is_shared=True)[: limits.VIEWS].count() >= limits.VIEWS:
        most = grouped(limits.VIEWS)
        raise WrongState(_("%(most)s views are already shared. Stop sharing one you no longer need.") % {"most": most})


def _store(view: SavedView) -> None:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError:
        raise CaseError(_("There is already a view with this name. Choose another name."), field="name") from None


def _log(what: str, view: SavedView, by: User, source: str) -> None:
    log_committed("saved view changed", what=what, view_id=view.pk, source=source, by=by.pk)
