"""An action on many cases, before its preview: what was selected, and what the action asks for."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.core import limits
from cases.core.errors import CaseError
from cases.forms.bulk import form_for
from cases.forms.bulk_form import BulkForm
from cases.forms.bulk_selection import Selection
from cases.models import BulkRun, User
from cases.releases import bulk
from cases.views.decorators import staff_only
from cases.views.refusals import add_refusal
from cases.views.requests import PortalRequest

# The fields that the address may fill in. No text is among them: addresses are logged.
PROPOSED = ("date", "time", "most_a_day", "days", "unit", "direction")
# Their forms choose a condition by its kind and name.
OF_CONDITIONS = {BulkRun.Action.MEET_CONDITION, BulkRun.Action.WAIVE_CONDITION}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def new_bulk_run(request: PortalRequest) -> HttpResponse:
    """Show the form of `action` for the selection (GET), or make the preview (POST). Neither changes a case.

    A selection that cannot be used redirects back to its list, which says why. A form that was sent is shown again with
    what was typed.
    """
    data = request.POST if request.method == "POST" else request.GET
    try:
        action = _action(data, request)
    except CaseError as error:
        return _back_to_list(request, data, error)
    selection, problem = _selection(data, by=request.user)
    options: dict[str, Any] = {"by": request.user, "keys": selection.keys}
    if request.method != "POST":
        if problem:
            return _back_to_list(request, data, problem)
        form = form_for(action, initial=_initial(data, action, by=request.user), **options)
        return _show(request, action, selection, form)
    form = form_for(action, data, **options)
    if problem:
        add_refusal(form, problem)
    elif form.is_valid():
        try:
            return redirect(_preview(request, action, selection, form))
        except CaseError as error:
            add_refusal(form, error)
    return _show(request, action, selection, form, status=400)


def _action(data: QueryDict, request: PortalRequest) -> str:
    action = data.get("action", "")
    if action not in bulk.actions_for(request.user):
        raise CaseError(_("Choose what to do with the selected cases."))
    return action


def _selection(data: QueryDict, *, by: User) -> tuple[Selection, CaseError | None]:
    """Return what is selected, and why that can't be used."""
    try:
        selection = Selection.of(data, by=by)
    except CaseError as error:
        return Selection.unread(data), error
    if len(selection.keys) > limits.BULK_CASES:
        return selection, bulk.TooManyCases()
    if not selection.keys:
        words = _("No case matches this list anymore. Select the cases again.") if data.get("all") else None
        return selection, CaseError(words or _("Select at least one case."))
    return selection, None


def _back_to_list(request: PortalRequest, data: QueryDict, error: CaseError) -> HttpResponse:
    messages.error(request, error.message)
    return redirect(_list_address(data.get("query", "")))


def _preview(request: PortalRequest, action: str, selection: Selection, form: BulkForm) -> str:
    """Create the preview. Return its address, which includes the list that the person came from."""
    run = bulk.preview(
        by=request.user,
        action=action,
        keys=selection.keys,
        parameters=form.parameters(),
        reason=form.cleaned_data["reason"],
    )
    return run_address(run, selection.query)


def run_address(run: BulkRun, query: str = "") -> str:
    """Return the address of the run's page, with the `query` of the list that its cases were selected in."""
    back = QueryDict(mutable=True)
    back["query"] = query
    return reverse("bulk_run", args=[run.pk]) + (f"?{back.urlencode()}" if query else "")


def _initial(data: QueryDict, action: str, *, by: User) -> dict[str, Any]:
    """Return what the fields begin with: what the address proposes, or what was chosen `again` for an own preview."""
    again = data.get("again", "")
    run = BulkRun.objects.filter(pk=again, by=by, action=action).first() if limits.is_key(again) else None
    return _chosen_for(run) if run else {name: data[name] for name in PROPOSED if name in data}


def _chosen_for(run: BulkRun) -> dict[str, Any]:
    """Return what was chosen for `run`, by the fields of its form."""
    chosen: dict[str, Any] = run.parameters | {"reason": run.reason}
    if run.action == BulkRun.Action.SHIFT:
        days = chosen["days"]
        chosen |= {"days": abs(days), "direction": "later" if days > 0 else "earlier"}
        chosen["unit"] = "working" if chosen.get("working_days") else "days"
    if run.action in OF_CONDITIONS:
        chosen["condition"] = f"{chosen['kind']}:{chosen.get('name', '')}"
    return chosen


def _list_address(query: str) -> str:
    """Return the address of the list. Anything that is not one of its queries is dropped."""
    wanted = QueryDict(query).urlencode()
    return reverse("case_list") + (f"?{wanted}" if wanted else "")


def _show(
    request: PortalRequest, action: str, selection: Selection, form: BulkForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "action": action,
        "selection": selection,
        "count": len(selection.keys),
        "back": _list_address(selection.query),
    }
    return render(request, "cases/bulk/new.html", context, status=status)
