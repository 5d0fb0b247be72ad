"""Pages for absences: a technician's own, and an administrator's for anyone."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases.accounts import absences as verbs
from cases.core.errors import CaseError
from cases.core.limits import is_key
from cases.forms.absences import AbsenceForm
from cases.lifecycle import deputies
from cases.models import Absence, User
from cases.views.decorators import administrators_only
from cases.views.refusals import refusal_on, refusals_shown_by
from cases.views.requests import PortalRequest


@require_http_methods(["GET", "HEAD", "POST"])
def absences(request: PortalRequest) -> HttpResponse:
    """Show a technician's own absences, and set one. Http404 for others, who have no deputy."""
    if not request.user.is_technician:
        raise Http404
    return _page(request, request.user)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def person_absences(request: PortalRequest, pk: int) -> HttpResponse:
    """Show the absences of a technician, who may have fallen ill, and set one."""
    return _page(request, get_object_or_404(User, pk=pk, role=User.Role.TECHNICIAN))


def _page(request: PortalRequest, technician: User) -> HttpResponse:
    today = deputies.today()
    form = AbsenceForm(request.POST if request.method == "POST" else None, technician=technician, today=today)
    if form.is_bound and form.is_valid():
        with refusal_on(form):
            verbs.set_absence(technician=technician, by=request.user, **form.cleaned_data)
            messages.success(request, _("Absence saved."))
            return _back(request, technician)
    is_own = technician.pk == request.user.pk
    context = {
        "form": form,
        "technician": technician,
        "is_own": is_own,
        "absences": verbs.absences_of(technician),
        "covered": deputies.covered_by(technician) if is_own else [],
        "today": today,
    }
    return render(request, "cases/absences.html", context, status=400 if form.is_bound else 200)


def _not_ended(request: PortalRequest, error: CaseError, pk: int) -> HttpResponse:
    messages.error(request, error.message)
    return _back(request, _whose(request, pk)[0])


@require_POST
@refusals_shown_by(_not_ended)
def end_absence(request: PortalRequest, pk: int) -> HttpResponse:
    """End one's own absence today, or as an administrator anyone's. `technician` says whose, as one that is ended
    before its first day leaves no row."""
    technician, absence = _whose(request, pk)
    if absence:
        verbs.end_absence(absence=absence, by=request.user)
    else:
        verbs.check_ended(pk, technician=technician, by=request.user)
    messages.success(request, _("Absence ended."))
    return _back(request, technician)


def _whose(request: PortalRequest, pk: int) -> tuple[User, Absence | None]:
    """Return the technician of the absence, and the absence if it is still there. Http404 without a technician whom the
    reader may know of."""
    technicians = User.objects.filter(role=User.Role.TECHNICIAN)
    if not request.user.is_administrator:
        technicians = technicians.filter(pk=request.user.pk)
    if absence := Absence.objects.select_related("technician").filter(pk=pk, technician__in=technicians).first():
        return absence.technician, absence
    key = request.POST.get("technician", "")
    return get_object_or_404(technicians, pk=int(key) if is_key(key) else 0), None


def _back(request: PortalRequest, technician: User) -> HttpResponse:
    if technician.pk == request.user.pk:
        return redirect("absences")
    return redirect("person_absences", pk=technician.pk)
