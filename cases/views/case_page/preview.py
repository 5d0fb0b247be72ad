"""The page of a case as its member sees it, for staff."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from cases.core import reader_timezones
from cases.lifecycle.member_preview import preview
from cases.models import User
from cases.views.case_page.case_detail import seen_context, visible_case
from cases.views.decorators import staff_only
from cases.views.requests import PortalRequest

AFTER = "after"


@require_safe
@staff_only
def preview_case(request: PortalRequest, pk: int) -> HttpResponse:
    """Show what the member of the case gets at its address now, or that they get nothing, and why. It changes nothing.

    With `when=after`: what they will get once it is released, made as their own page is. `messages_before` as there.
    """
    case = visible_case(request, pk)
    found = preview(case, after=request.GET.get("when") == AFTER)
    context: dict[str, Any] = {"preview": found, "record_pk": pk, "member_name": case.member.display_name}
    if found.case:
        before = request.GET.get("messages_before", "")
        context |= seen_context(found.case, case.member, can=set(), before=before) | _clock_of(case.member)
    return render(request, "cases/case_preview.html", context)


def _clock_of(member: User) -> dict[str, Any]:
    """Return the zone of the member, whose clock their page goes by. What is around it goes by the reader's."""
    zone = reader_timezones.zone_of(member)
    with timezone.override(zone):
        return {"members_zone": zone, "members_zone_name": reader_timezones.readers_zone()}
