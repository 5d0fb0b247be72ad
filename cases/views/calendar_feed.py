"""The feed of the release calendar, for calendar programs, and its secret address."""

from contextlib import suppress

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cases.accounts import calendar_feed as feeds
from cases.core import languages
from cases.core.errors import SentAlready
from cases.delivery.portal_links import portal_url
from cases.lifecycle import form_tokens
from cases.middleware import mfa
from cases.selectors import calendar_feed as contents
from cases.views import ical
from cases.views.decorators import staff_only
from cases.views.refusals import refusal_above, refusals_shown_by
from cases.views.requests import PortalRequest

# In the session, between creating an address and the page that shows it.
NEW_TOKEN = "new_feed_token"  # noqa: S105


@login_not_required
@require_safe
@never_cache
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """Send the iCalendar file of the owner of that token.

    Http404 for an unknown or former token, and until its owner has set up the second factor that the portal demands.
    """
    owner = feeds.owner_of(token)
    if owner is None or mfa.is_missing(owner):
        raise Http404
    # Requests from calendar programs do not express a person's choice.
    with translation.override(languages.language_of(owner)):
        content = ical.feed(contents.cases_of(owner), at=timezone.now())
    return HttpResponse(content, content_type="text/calendar; charset=utf-8")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
@never_cache
# The person has a different role now, or the session has ended. The dashboard is for everyone.
@refusals_shown_by(refusal_above("dashboard"))
def change_feed(request: PortalRequest) -> HttpResponse:
    """Make an address (POST `action` new) or take it back (off).

    Show a new address only this once (GET). Reloading that page must not create another one, which would end the first.
    400 for any other `action`.
    """
    user = request.user
    if request.method != "POST":
        return _new_address(request)
    match request.POST.get("action"):
        case "new":
            # A button that was pressed twice shows the address of the first press.
            with suppress(SentAlready):
                request.session[NEW_TOKEN] = feeds.make(user=user, form_token=form_tokens.sent_in(request))
            return redirect("change_feed")
        case "off":
            feeds.switch_off(user=user)
            messages.success(request, _("Calendar feed turned off. The link no longer works."))
            return redirect("calendar")
        case _unknown:
            raise BadRequest("Neither new nor off")


def _new_address(request: PortalRequest) -> HttpResponse:
    token = request.session.pop(NEW_TOKEN, None)
    if token is None:
        return redirect("calendar")
    address = portal_url("calendar_feed", token)
    # The scheme that calendar apps handle.
    webcal = f"webcal:{address.partition(':')[2]}"
    context = {"address": address, "webcal_address": webcal, "ahead": contents.DAYS_AHEAD, "back": contents.DAYS_BACK}
    return render(request, "cases/calendar_feed.html", context)
