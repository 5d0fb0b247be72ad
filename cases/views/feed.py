"""The feed of the release calendar, for calendar programs, and its secret address."""

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cases import feeds, ics, languages
from cases.models import User
from cases.views.staff import staff_only


@login_not_required
@require_safe
@never_cache
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The iCalendar file of whoever has that token. 404 for a token that is nobody's, or not any more."""
    owner = feeds.owner_of(token)
    if owner is None:
        raise Http404
    # What calendar programs ask for is no person's wish.
    with translation.override(languages.language_of(owner)):
        content = ics.feed(feeds.cases_of(owner), at=timezone.now())
    return HttpResponse(content, content_type="text/calendar; charset=utf-8")


@require_POST
@staff_only
@never_cache
def change_feed(request: HttpRequest) -> HttpResponse:
    """POST `action`: `new` makes an address and shows it this once, `off` takes it back. Anything else is a 400."""
    user = cast(User, request.user)
    match request.POST.get("action"):
        case "new":
            address = settings.PORTAL_URL + reverse("calendar_feed", args=[feeds.make(user=user)])
            context = {"address": address, "ahead": feeds.DAYS_AHEAD, "back": feeds.DAYS_BACK}
            return render(request, "cases/calendar_feed.html", context)
        case "off":
            feeds.switch_off(user=user)
            messages.success(request, _("Your calendar feed is switched off. Its address shows nothing any more."))
            return redirect("calendar")
        case _unknown:
            raise BadRequest(_("The action is either new or off."))
