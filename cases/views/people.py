"""The people of the portal, for administrators."""

from contextlib import suppress
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.forms import model_to_dict
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.accounts import people as verbs
from cases.casework import assignment
from cases.core.errors import CaseError, SentAlready
from cases.core.text import isolated
from cases.delivery.resend import waiting_for_address
from cases.forms.people import BY_NAME, CorrectForm, HandOverForm, InviteForm, PeopleFilter, RoleForm, SecondFactorForm
from cases.lifecycle import form_tokens
from cases.lifecycle.account_history import latest_account_events
from cases.lifecycle.deputies import absence_today
from cases.models import CaseEvent, User
from cases.selectors.members_cases import cases_of, pending_of
from cases.selectors.pagination import MAX_COUNTED, CappedCount, CappedPaginator
from cases.views.decorators import administrators_only
from cases.views.refusals import add_refusal, refusal_above, refusal_on, refusals_shown_by
from cases.views.requests import PortalRequest

# How much of the history of an account, and how many cases of a person, the page shows.
MAX_EVENTS_SHOWN, MAX_CASES_SHOWN = 50, 10


@require_safe
@administrators_only
def people(request: PortalRequest) -> HttpResponse:
    """List all accounts, filtered, sorted and paged."""
    shown = PeopleFilter(request.GET, queryset=User.objects.order_by(*BY_NAME))
    found = shown.qs if shown.is_valid() else User.objects.none()
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "filter": shown,
        "page": CappedPaginator(found).get_page(request.GET.get("page")),
        "query": query.urlencode(),
        "is_filtered": any(query.values()),
    }
    return render(request, "cases/people/list.html", context)


@require_safe
@administrators_only
def person(request: PortalRequest, pk: int) -> HttpResponse:
    """Show one account, and what can be done with it."""
    return _page(request, get_object_or_404(User, pk=pk))


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def invite_person(request: PortalRequest) -> HttpResponse:
    """Create an account, and mail its owner a link to set a password."""
    form = InviteForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        with refusal_on(form):
            return _invite(request, form)
    return render(request, "cases/people/invite.html", {"form": form}, status=400 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def correct_person(request: PortalRequest, pk: int) -> HttpResponse:
    """Change a person's name or address."""
    found = get_object_or_404(User, pk=pk)
    initial = model_to_dict(found, CorrectForm.Meta.fields)
    form = CorrectForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and form.is_valid():
        with refusal_on(form):
            changed = {name: form.cleaned_data[name] for name in form.changed_by_person}
            verbs.correct(person=found, by=request.user, **changed)
            messages.success(request, _("Changes saved."))
            return redirect("person", pk=pk)
    context = {"form": form, "person": found}
    return render(request, "cases/people/correct.html", context, status=400 if form.is_bound else 200)


@require_POST
@administrators_only
@refusals_shown_by(refusal_above("person", "pk"))
def reinvite_person(request: PortalRequest, pk: int) -> HttpResponse:
    """Resend the link to set a password, to a person who has none yet."""
    found = get_object_or_404(User, pk=pk)
    with suppress(SentAlready):
        found = verbs.invite_again(person=found, by=request.user, form_token=form_tokens.sent_in(request))
    _say_invited(request, found)
    return redirect("person", pk=pk)


def _refused(request: PortalRequest, error: CaseError, pk: int) -> HttpResponse:
    """Show the page of the person, with what was refused above it."""
    return _page(request, get_object_or_404(User, pk=pk), status=error.status, problem=error.message)


@require_POST
@administrators_only
@refusals_shown_by(_refused)
def set_access(request: PortalRequest, pk: int) -> HttpResponse:
    """Deactivate the account (POST `access` off) or reactivate it (on). Anything else changes nothing."""
    found = get_object_or_404(User, pk=pk)
    verb = {"on": verbs.reactivate, "off": verbs.deactivate}.get(request.POST.get("access", ""))
    if verb is None:
        return _page(request, found, status=400, problem=_("Choose whether to deactivate or reactivate the account."))
    found = verb(person=found, by=request.user)
    messages.success(request, _("Account reactivated.") if found.is_active else _("The account is deactivated."))
    return redirect("person", pk=pk)


def _role_refused(request: PortalRequest, error: CaseError, pk: int) -> HttpResponse:
    """Do as `_refused`, with the role that was chosen."""
    found = get_object_or_404(User, pk=pk)
    return _page(request, found, status=error.status, problem=error.message, role_form=RoleForm(request.POST))


@require_POST
@administrators_only
@refusals_shown_by(_role_refused)
def change_role(request: PortalRequest, pk: int) -> HttpResponse:
    """Give the person the `role` (POST)."""
    found = get_object_or_404(User, pk=pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _page(request, found, status=400, open="role", role_form=form)
    found = verbs.change_role(person=found, role=form.cleaned_data["role"], by=request.user)
    said = _("%(name)s's role is now %(role)s.")
    messages.success(request, said % {"name": isolated(found.display_name), "role": found.get_role_display()})
    return redirect("person", pk=pk)


def _not_handed_over(request: PortalRequest, error: CaseError, pk: int) -> HttpResponse:
    """Answer the same, with the technician and the reason that were typed."""
    found = get_object_or_404(User, pk=pk)
    form = HandOverForm(request.POST, technician=found)
    add_refusal(form, error)
    return _page(request, found, status=error.status, problem=error.message, hand_over_form=form)


@require_POST
@administrators_only
@refusals_shown_by(_not_handed_over)
def hand_over(request: PortalRequest, pk: int) -> HttpResponse:
    """Hand all open cases of a person over to the technician with the id `to` (POST)."""
    technician = get_object_or_404(User, pk=pk)
    form = HandOverForm(request.POST, technician=technician)
    if not form.is_valid():
        return _page(request, technician, status=400, open="hand_over", hand_over_form=form)
    source = CaseEvent.Source.WEB
    count = assignment.hand_over_all(technician=technician, by=request.user, source=source, **form.cleaned_data)
    if not count:
        messages.info(request, _("%(name)s has no open cases.") % {"name": isolated(technician.display_name)})
        return redirect("person", pk=pk)
    said = ngettext("%(count)d case handed over to %(name)s.", "%(count)d cases handed over to %(name)s.", count)
    messages.success(request, said % {"count": count, "name": isolated(form.cleaned_data["to"].display_name)})
    return redirect("person", pk=pk)


@require_POST
@administrators_only
@refusals_shown_by(_refused)
def remove_second_factor(request: PortalRequest, pk: int) -> HttpResponse:
    """Let a person sign in with just the password from now on, for `reason` (POST)."""
    found = get_object_or_404(User, pk=pk)
    form = SecondFactorForm(request.POST)
    if not form.is_valid():
        return _page(request, found, status=400, open="second_factor", second_factor_form=form)
    verbs.remove_second_factor(person=found, by=request.user, reason=form.cleaned_data["reason"])
    messages.success(
        request, _("Two-factor authentication turned off for %(name)s.") % {"name": isolated(found.display_name)}
    )
    return redirect("person", pk=pk)


def _invite(request: PortalRequest, form: InviteForm) -> HttpResponse:
    try:
        found = verbs.invite(by=request.user, form_token=form_tokens.sent_in(request), **form.cleaned_data)
    except SentAlready as sent:
        return redirect("person", pk=sent.made)
    _say_invited(request, found)
    return redirect("person", pk=found.pk)


def _say_invited(request: PortalRequest, found: User) -> None:
    messages.success(request, _("Invitation sent to %(address)s.") % {"address": found.email})


def _page(request: PortalRequest, found: User, *, status: int = 200, **overrides: Any) -> HttpResponse:
    open_cases = assignment.count_open(found, by=request.user, most=MAX_COUNTED + 1)
    context: dict[str, Any] = {
        "person": found,
        "is_invited": not found.has_usable_password(),
        "open_cases": str(CappedCount(open_cases)),
        "open_count": open_cases,
        "has_second_factor": is_mfa_enabled(found),
        "events": latest_account_events(found, limit=MAX_EVENTS_SHOWN),
        "unsent_emails": waiting_for_address(found),
        "away": absence_today(found) if found.is_technician else None,
        "persons_cases": cases_of(found, to=request.user, most=MAX_CASES_SHOWN + 1),
        "most_cases": MAX_CASES_SHOWN,
        "pending": pending_of(found, to=request.user) if found.is_member else None,
        "role_form": RoleForm(initial={"role": found.role}),
        "second_factor_form": SecondFactorForm(),
    }
    # Others have some if a role was changed at the same moment as a case was accepted.
    if found.is_technician or open_cases:
        context["hand_over_form"] = HandOverForm(technician=found)
    return render(request, "cases/people/person.html", context | overrides, status=status)
