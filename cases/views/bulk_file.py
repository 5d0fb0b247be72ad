"""Schedules for many cases from a file."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from cases.core import limits
from cases.core.errors import CaseError
from cases.core.safe_csv import csv_headers, csv_lines
from cases.documents.upload_handlers import uploaded_file
from cases.releases import schedule_file, schedule_file_preview
from cases.views.decorators import staff_only
from cases.views.refusals import refusals_shown_by
from cases.views.requests import PortalRequest

# How many lines that cannot be used the page lists.
MAX_PROBLEMS_SHOWN = 200


def _not_read(request: PortalRequest, error: CaseError) -> HttpResponse:
    return _show(request, status=error.status, error=error.message)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
@refusals_shown_by(_not_read)
def bulk_file(request: PortalRequest) -> HttpResponse:
    """Ask for the file (GET). Make the preview of `file`, and list the lines that it leaves out (POST)."""
    if request.method != "POST":
        return _show(request)
    found = schedule_file_preview.preview(content=_content(uploaded_file(request)), by=request.user)
    if found.run and not found.problems:
        return redirect("bulk_run", pk=found.run.pk)
    is_usable = found.run is not None and found.run.to_do > 0
    problems = {"problems": found.problems[:MAX_PROBLEMS_SHOWN], "problem_count": len(found.problems)}
    return _show(request, status=200 if is_usable else 400, run=found.run, **problems)


@require_safe
@staff_only
def bulk_file_template(request: PortalRequest) -> HttpResponse:
    """Send a file that has the names of the columns, in the reader's language, and no lines yet."""
    return HttpResponse(csv_lines([schedule_file.TEMPLATE]), headers=csv_headers("release-dates.csv"))


def _content(file: UploadedFile[Any]) -> bytes:
    """Return the content of the file, but of a large one only enough to see that it is too large."""
    content: bytes = file.read(limits.SCHEDULE_FILE_BYTES + 1)
    return content


def _show(request: PortalRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    limits_shown = {
        "most_lines": limits.SCHEDULE_FILE_ROWS,
        "megabytes": limits.SCHEDULE_FILE_BYTES // 1_000_000,
    }
    return render(request, "cases/bulk/file.html", limits_shown | context, status=status)
