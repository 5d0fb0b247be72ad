"""The button *Undo* in the toast that says that a release date has changed."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.utils.translation import gettext as _

from cases.core.clock import portal_now
from cases.core.errors import CaseError
from cases.core.schedule import Schedule
from cases.middleware import toasts
from cases.models import Case
from cases.releases.schedule_policy import check_choice
from cases.views.requests import PortalRequest


def tell_moved(request: PortalRequest, text: str, *, url: str, case: Case, former: Schedule | None) -> None:
    """Say `text` in a toast. Where the person may set the `former` date of `case` again, offer to: a POST to `url`.

    Where `case` has its former date still, say that.
    """
    if former and former == case.schedule:
        messages.info(request, _("This case already has this date."))
        return
    fields = _fields(case, former, request) if former else {}
    toasts.success(request, text, undo=toasts.UndoButton(url, fields) if fields else None)


def _fields(case: Case, former: Schedule, request: PortalRequest) -> dict[str, Any]:
    reason = _("Undone") if request.user.is_administrator else ""
    try:
        check_choice(former, case=case, by=request.user, reason=reason, now=portal_now())
    except CaseError:
        return {}
    date, time = former.date.isoformat(), _text(former.time)
    return {"release_date": date, "release_time": time, "reason": reason, "version": case.version}


def _text(time: dt.time | None) -> str:
    return time.isoformat() if time else ""
