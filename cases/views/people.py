"""The people of the portal, for administrators."""

from typing import Any, cast

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.forms import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.accounts import actions as verbs
from cases.core.errors import CaseError, SentAlready
from cases.core.text import isolated
from cases.forms.people import BY_NAME, CorrectForm, HandOverForm, InviteForm, PeopleFilter, RoleForm, SecondFactorForm
from cases.lifecycle import form_tokens
from cases.lifecycle.account_history import latest_account_events
from cases.models import CaseEvent, User
from cases.selectors.pagination import MAX_COUNTED, CappedCount, CappedPaginator
from cases.views.decorators import for_administrators

# Of the history of an account.
SHOWN = 50


@require_safe
@for_administrators
def people(request: HttpRequest) -> HttpResponse:
    """All accounts, filtered, sorted and paged."""
    shown = PeopleFilter(request.GET, queryset=User.objects.order_by(*BY_NAME))
    found = shown.qs if shown.is_valid() else User.objects.none()
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "filter": shown,
        "page": CappedPaginator(cast(Any, found)).get_page(request.GET.get("page")),
        "query": query.urlencode(),
        "is_filtered": any(query.values()),
    }
    return render(request, "cases/people/list.html", context)


@require_safe
@for_administrators
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One account, and what can be done with it."""
    return _page(request, get_object_or_404(User, pk=pk))


@require_http_methods(["GET", "HEAD", "POST"])
@for_administrators
def invite_person(request: HttpRequest) -> HttpResponse:
    """A new account, whose owner is mailed a link to set a password."""
    form = InviteForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            token = form_tokens.sent_in(request)
            found = verbs.invite(by=cast(User, request.user), form_token=token, **form.cleaned_data)
        except SentAlready as sent:
            return redirect("person", pk=sent.made)
        except CaseError as error:
            form.add_error(error.field, error.message)
        else:
            _say_invited(request, found)
            return redirect("person", pk=found.pk)
    return render(request, "cases/people/invite.html", {"form": form}, status=400 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@for_administrators
def correct_person(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name or address for somebody."""
    found = get_object_or_404(User, pk=pk)
    initial = model_to_dict(found, CorrectForm.Meta.fields)
    form = CorrectForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            verbs.correct(person=found, by=cast(User, request.user), **form.cleaned_data)
        except CaseError as error:
            form.add_error(error.field, error.message)
        else:
            messages.success(request, _("Name and address are saved."))
            return redirect("person", pk=pk)
    context = {"form": form, "person": found}
    return render(request, "cases/people/correct.html", context, status=400 if form.is_bound else 200)


@require_POST
@for_administrators
def reinvite_person(request: HttpRequest, pk: int) -> HttpResponse:
    """The link to set a password once more, for somebody who has none yet."""
    found = get_object_or_404(User, pk=pk)
    try:
        token = form_tokens.sent_in(request)
        found = verbs.invite_again(person=found, by=cast(User, request.user), form_token=token)
    except SentAlready:
        _say_invited(request, found)
    except CaseError as error:
        messages.error(request, error.message)
    else:
        _say_invited(request, found)
    return redirect("person", pk=pk)


@require_POST
@for_administrators
def set_access(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `access`: `off` deactivates the account, `on` reactivates it; anything else changes nothing."""
    found = get_object_or_404(User, pk=pk)
    verb = {"on": verbs.reactivate, "off": verbs.deactivate}.get(request.POST.get("access", ""))
    if verb is None:
        return _page(request, found, status=400, problem=_("Say whether to deactivate or to reactivate the account."))
    try:
        found = verb(person=found, by=cast(User, request.user))
    except CaseError as error:
        return _page(request, found, status=error.status, problem=error.message)
    messages.success(request, _("The account is active.") if found.is_active else _("The account is deactivated."))
    return redirect("person", pk=pk)


@require_POST
@for_administrators
def change_role(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `role`: what the person is from now on."""
    found = get_object_or_404(User, pk=pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _page(request, found, status=400, open="role", role_form=form)
    try:
        found = verbs.change_role(person=found, role=form.cleaned_data["role"], by=cast(User, request.user))
    except CaseError as error:
        return _page(request, found, status=error.status, problem=error.message, role_form=form)
    said = _("%(name)s has the role %(role)s now.")
    messages.success(request, said % {"name": isolated(found.display_name), "role": found.get_role_display()})
    return redirect("person", pk=pk)


@require_POST
@for_administrators
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """All open cases of a person to a technician. POST `to`, the technician's id."""
    technician = get_object_or_404(User, pk=pk)
    form = HandOverForm(request.POST, technician=technician)
    if not form.is_valid():
        return _page(request, technician, status=400, open="hand_over", hand_over_form=form)
    try:
        count = verbs.hand_over(
            technician=technician, by=cast(User, request.user), source=CaseEvent.Source.WEB, **form.cleaned_data
        )
    except CaseError as error:
        return _page(request, technician, status=error.status, problem=error.message)
    if not count:
        messages.info(request, _("%(name)s has no open cases.") % {"name": isolated(technician.display_name)})
        return redirect("person", pk=pk)
    said = ngettext("%(count)d case is now %(name)s's.", "%(count)d cases are now %(name)s's.", count)
    messages.success(request, said % {"count": count, "name": isolated(form.cleaned_data["to"].display_name)})
    return redirect("person", pk=pk)


@require_POST
@for_administrators
def remove_second_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `reason`: why somebody gets in with the password alone from now on."""
    found = get_object_or_404(User, pk=pk)
    form = SecondFactorForm(request.POST)
    if not form.is_valid():
        return _page(request, found, status=400, open="second_factor", second_factor_form=form)
    try:
        verbs.remove_second_factor(person=found, by=cast(User, request.user), reason=form.cleaned_data["reason"])
    except CaseError as error:
        return _page(request, found, status=error.status, problem=error.message)
    messages.success(
        request, _("%(name)s signs in with the password alone now.") % {"name": isolated(found.display_name)}
    )
    return redirect("person", pk=pk)


def _say_invited(request: HttpRequest, found: User) -> None:
    messages.success(request, _("The invitation is on its way to %(address)s.") % {"address": found.email})


def _page(request: HttpRequest, found: User, *, status: int = 200, **overrides: Any) -> HttpResponse:
    open_cases = verbs.count_open(found, by=cast(User, request.user), most=MAX_COUNTED + 1)
    context: dict[str, Any] = {
        "person": found,
        "is_invited": not found.has_usable_password(),
        "open_cases": str(CappedCount(open_cases)),
        "open_count": open_cases,
        "has_second_factor": is_mfa_enabled(found),
        "events": latest_account_events(found, limit=SHOWN),
        "role_form": RoleForm(initial={"role": found.role}),
        "second_factor_form": SecondFactorForm(),
    }
    # Others have some where a role was changed at the very moment in which a case was accepted.
    if found.is_technician or open_cases:
        context["hand_over_form"] = HandOverForm(technician=found)
    return render(request, "cases/people/person.html", context | overrides, status=status)
