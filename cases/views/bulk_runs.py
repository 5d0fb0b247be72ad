"""Bulk runs: the list, the page of one (preview, progress, result), starting it, and taking it back."""

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from cases.core.errors import CaseError
from cases.core.safe_csv import csv_headers, csv_lines
from cases.forms.bulk_form import UndoForm
from cases.models import BulkRow, BulkRun
from cases.releases import bulk
from cases.selectors import bulk_rows
from cases.selectors import bulk_runs as selectors
from cases.selectors.pagination import page_numbers
from cases.views.bulk_new import run_address
from cases.views.decorators import staff_only
from cases.views.refusals import add_refusal, refusals_shown_by
from cases.views.requests import PortalRequest

State = BulkRun.State
# "Spread over 3 days" is offered next to a crowded day.
SPREAD_DAYS = 3
DATED = (BulkRun.Action.SCHEDULE, BulkRun.Action.SHIFT, BulkRun.Action.SPREAD, BulkRun.Action.SCHEDULE_EACH)


@require_safe
@staff_only
def bulk_runs(request: PortalRequest) -> HttpResponse:
    """List the person's runs, or for administrators everyone's, and above the first ones the person's own previews."""
    page = selectors.pages_of_runs(request.user).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "pages": page_numbers(page),
        "runs": page.object_list,
        "previews": [] if page.has_previous() else selectors.previews_of(request.user),
    }
    return render(request, "cases/bulk/runs.html", context)


@require_safe
@staff_only
@vary_on_headers("HX-Request")
def bulk_run(request: PortalRequest, pk: int) -> HttpResponse:
    """Show the preview of a run, its progress or its result.

    HTMX gets only the progress, and the whole page once the run is done.
    """
    run = _visible_run(request, pk)
    if not request.htmx:
        return _show(request, run)
    response = render(request, "cases/bulk/progress.html", {"run": run, "tabs": selectors.tabs(run)})
    if not run.is_open:
        response["HX-Refresh"] = "true"
    return response


def _not_started(request: PortalRequest, error: CaseError, pk: int) -> HttpResponse:
    return _show(request, _visible_run(request, pk), status=error.status, problem=error.message)


@require_POST
@staff_only
@refusals_shown_by(_not_started)
def start_bulk_run(request: PortalRequest, pk: int) -> HttpResponse:
    """Start a previewed run (POST). If sent twice, it starts once, and both requests lead to its page."""
    run = _visible_run(request, pk)
    if run.state == State.PREVIEWED:
        bulk.start(by=request.user, run=run)
    return redirect(run_address(run, request.GET.get("query", "")))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def undo_bulk_run(request: PortalRequest, pk: int) -> HttpResponse:
    """Ask for the reason (GET). Make the preview of the run that takes this one back, for `reason` (POST)."""
    run = _visible_run(request, pk)
    form = UndoForm(request.POST if request.method == "POST" else None, run=run)
    status = 400 if form.errors else 200
    if form.is_valid():
        try:
            undo = bulk.preview_undo(by=request.user, run=run, reason=form.cleaned_data["reason"])
            return redirect(run_address(undo, request.GET.get("query", "")))
        except CaseError as error:
            status = error.status
            add_refusal(form, error)
    return render(request, "cases/bulk/undo.html", {"run": run, "form": form, "place": _place(request)}, status=status)


@require_safe
@staff_only
def bulk_run_file(request: PortalRequest, pk: int) -> HttpResponse:
    """Send the result of a run, row by row, as a file for spreadsheet programs."""
    run = _visible_run(request, pk)
    heading = (_("Case"), _("Title"), _("Member"), _("Result"), _("Details"))
    lines = (
        (row.case.external_case_id, row.case.title, row.case.member.display_name, label, told)
        for row, label, told in selectors.told_rows(run)
    )
    return HttpResponse(csv_lines([heading, *lines]), headers=csv_headers(f"bulk-run-{run.pk}.csv"))


def _visible_run(request: PortalRequest, pk: int) -> BulkRun:
    return get_object_or_404(selectors.runs_for(request.user), pk=pk)


def _place(request: PortalRequest) -> str:
    """Return what the links and forms of a run pass on: the query of the list in which its cases were selected."""
    query = _query(query=request.GET.get("query", ""))
    return f"?{query}" if query else ""


def _show(request: PortalRequest, run: BulkRun, *, status: int = 200, **overrides: Any) -> HttpResponse:
    tabs = selectors.tabs(run)
    tab = next((each for each in tabs if each.key == request.GET.get("show", "")), None)
    if tab is None:
        return redirect(run_address(run, request.GET.get("query", "")))
    reasons = selectors.reasons(run)
    why = next((each.code for each in reasons if each.code == request.GET.get("why")), "")
    page = selectors.pages_of_rows(run, tab, why=why).get_page(request.GET.get("page"))
    context = {
        "run": run,
        "tabs": tabs,
        "tab": tab,
        "reasons": reasons,
        "why": why,
        "page": page,
        "pages": page_numbers(page),
        "rows": _described(list(page.object_list), run),
        "back": QueryDict(request.GET.get("query", "")).urlencode(),
        "place": _place(request),
        "query": _query(show=tab.key, why=why, query=request.GET.get("query", "")),
        "undone_by": list(run.undone_by.exclude(state=State.PREVIEWED)) if run.state == State.DONE else [],
        "may_start": run.by_id == request.user.pk,
        "spread": _spread(run),
        "edit": _edit_address(request, run),
        "lapsing": bulk_rows.count_lapsing(run) if run.state == State.PREVIEWED else 0,
    }
    return render(request, "cases/bulk/run.html", context | overrides, status=status)


def _described(rows: list[BulkRow], run: BulkRun) -> list[dict[str, Any]]:
    """Return each row with what is told of it."""
    return [
        {"case": row.case, "told": row.words or bulk.told(row, run), "drawn": selectors.drawn_as(row, run)}
        for row in rows
    ]


def _query(**values: str) -> str:
    kept = QueryDict(mutable=True)
    kept.update({name: value for name, value in values.items() if value})
    return kept.urlencode()


def _edit_address(request: PortalRequest, run: BulkRun) -> str:
    """Return the address of the form with the cases and choices of a preview. Empty if it can't be made again."""
    if run.state != State.PREVIEWED or run.by_id != request.user.pk or run.undoes_id:
        return ""
    if run.action not in bulk.actions_for(request.user):
        return ""
    asked = _query(action=run.action, again=str(run.pk), query=request.GET.get("query", ""))
    return f"{reverse('new_bulk_run')}?{asked}"


def _spread(run: BulkRun) -> dict[str, Any] | None:
    """Return what the link fills in that spreads the cases of a crowded preview over SPREAD_DAYS.

    None without a crowd.
    """
    if run.state != State.PREVIEWED or not run.crowded or run.action not in DATED:
        return None
    count = bulk_rows.changeable(run).count()
    if count < SPREAD_DAYS:
        return None
    first = run.crowded_days[0].date
    return {"days": SPREAD_DAYS, "date": first.isoformat(), "most": -(-count // SPREAD_DAYS)}
