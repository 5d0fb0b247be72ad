"""The views of the case list, for staff: all of them, a new one, one to rename, share or delete, and what is pinned."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.casework import saved_views as verbs
from cases.core import limits
from cases.core.errors import CaseError, SentAlready
from cases.core.text import isolated
from cases.forms.case_filter import CaseFilter
from cases.forms.saved_views import NewViewForm, SavedViewForm
from cases.lifecycle import form_tokens
from cases.models import PortalEvent, SavedView
from cases.selectors.saved_views import views_of
from cases.views.decorators import staff_only
from cases.views.refusals import refusal_on, refusals_shown_by
from cases.views.requests import PortalRequest
from cases.views.saved_view_rail import query_of

WEB = PortalEvent.Source.WEB


@require_safe
@staff_only
def saved_views(request: PortalRequest) -> HttpResponse:
    """List all views that the person has, which are in the menu, and which they may change."""
    return _list(request)


def _list(request: PortalRequest, *, status: int = 200, problem: str = "") -> HttpResponse:
    user = request.user
    views = views_of(user)
    context = {
        "groups": [
            (_("Built in"), [view for view in views if not view.is_saved]),
            (_("Shared"), [view for view in views if view.is_shared]),
            (_("Yours"), [view for view in views if view.is_saved and not view.is_shared]),
        ],
        "problem": problem,
        "most": limits.VIEWS,
    }
    return render(request, "cases/saved_views/list.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def new_saved_view(request: PortalRequest) -> HttpResponse:
    """Save a view of the list that the rest of the address asks for, by `name`, `is_shared`, `is_pinned` (POST).

    Where the address asks for what no list has, the list says what is wrong.
    """
    asked = CaseFilter(request.GET, by=request.user)
    query = query_of(asked)
    if not asked.is_valid():
        return redirect(f"{reverse('case_list')}?{request.GET.urlencode()}")
    form = NewViewForm(request.POST if request.method == "POST" else None, by=request.user, query=query)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            with refusal_on(form):
                return _save(request, form, query)
    context = {"form": form, "chips": asked.chips(), "text": asked.cleaned_data["q"], "query": query}
    return render(request, "cases/saved_views/new.html", context, status=status)


def _save(request: PortalRequest, form: NewViewForm, query: str) -> HttpResponse:
    facts = {"name": form.cleaned_data["name"], "is_shared": form.cleaned_data.get("is_shared", False)}
    token = form_tokens.sent_in(request)
    try:
        view = verbs.create(by=request.user, source=WEB, query=query, form_token=token, **facts)
        if form.cleaned_data["is_pinned"]:
            verbs.pin(by=request.user, source=WEB, view=view, is_pinned=True)
        messages.success(request, _("View saved."))
    except (SentAlready, SavedView.DoesNotExist):
        pass
    return redirect(f"{reverse('case_list')}?{query}")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def saved_view(request: PortalRequest, pk: int) -> HttpResponse:
    """Show one view that the person may change. Change its `name`, and for administrators `is_shared` (POST)."""
    view = _kept(request, pk)
    if request.method != "POST":
        initial = {"name": view.name, "is_shared": view.is_shared}
        return _page(request, view, SavedViewForm(initial=initial, by=request.user, query=view.query))
    form = SavedViewForm(request.POST, by=request.user, query=view.query)
    if form.is_valid():
        with refusal_on(form), _gone_is_404():
            verbs.change(view=view, by=request.user, source=WEB, **form.cleaned_data)
            messages.success(request, _("Changes saved."))
            return redirect("saved_views")
    return _page(request, view, form, status=400)


@require_POST
@staff_only
def delete_saved_view(request: PortalRequest, pk: int) -> HttpResponse:
    """Delete a view that the person may change. Its cases stay as they are. Nothing happens where it is gone."""
    if not verbs.visible_to(request.user).filter(pk=pk).exists():
        return redirect("saved_views")
    view = _kept(request, pk)
    with suppress(SavedView.DoesNotExist):
        verbs.delete(view=view, by=request.user, source=WEB)
        messages.success(request, _("View “%(name)s” deleted.") % {"name": isolated(view.name)})
    return redirect("saved_views")


def _not_pinned(request: PortalRequest, error: CaseError) -> HttpResponse:
    return _list(request, status=error.status, problem=error.message)


@require_POST
@staff_only
@refusals_shown_by(_not_pinned)
def pin_view(request: PortalRequest) -> HttpResponse:
    """Put the view with the key `view` into the menu (POST `pinned` yes), or take it out (no)."""
    key = request.POST.get("view", "")
    is_pinned = {"yes": True, "no": False}.get(request.POST.get("pinned", ""))
    if is_pinned is None:
        return _list(request, status=400, problem=_("Choose whether to pin or unpin the view."))
    view = get_object_or_404(verbs.visible_to(request.user), pk=int(key)) if limits.is_key(key) else None
    with _gone_is_404():
        verbs.pin(by=request.user, source=WEB, builtin="" if view else key, view=view, is_pinned=is_pinned)
    messages.success(request, _("View pinned to the menu.") if is_pinned else _("View removed from the menu."))
    return redirect("saved_views")


@contextmanager
def _gone_is_404() -> Iterator[None]:
    """Raise Http404 where another tab, or an administrator, has deleted the view since the page has found it."""
    try:
        yield
    except SavedView.DoesNotExist:
        raise Http404 from None


def _kept(request: PortalRequest, pk: int) -> SavedView:
    return get_object_or_404(verbs.kept_by(request.user), pk=pk)


def _page(request: PortalRequest, view: SavedView, form: SavedViewForm, **options: Any) -> HttpResponse:
    return render(request, "cases/saved_views/edit.html", {"view": view, "form": form}, **options)
