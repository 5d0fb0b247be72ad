"""What administrators do about bounced email: confirm the address, and resend what didn't arrive."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from cases.accounts import people as verbs
from cases.delivery.resend import resend_to
from cases.models import CaseEvent, User
from cases.views.decorators import administrators_only
from cases.views.refusals import refusal_above, refusals_shown_by
from cases.views.requests import PortalRequest


@require_POST
@administrators_only
@refusals_shown_by(refusal_above("person", "pk"))
def clear_bounce(request: PortalRequest, pk: int) -> HttpResponse:
    """Remove the mark from a person's address, which works again."""
    verbs.clear_bounce(person=get_object_or_404(User, pk=pk), by=request.user)
    messages.success(request, _("The address is no longer marked as bounced."))
    return redirect("person", pk=pk)


@require_POST
@administrators_only
@refusals_shown_by(refusal_above("person", "pk"))
def resend_to_person(request: PortalRequest, pk: int) -> HttpResponse:
    """Send again all email to a person that was given up."""
    found = get_object_or_404(User, pk=pk)
    rows = resend_to(person=found, by=request.user, source=CaseEvent.Source.WEB)
    said = ngettext("Resending %(count)s email to %(address)s.", "Resending %(count)s emails to %(address)s.", rows)
    messages.success(request, said % {"count": rows, "address": found.email})
    return redirect("person", pk=pk)
