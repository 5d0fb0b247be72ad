"""A person's notifications: the page that lists them, marking them read, and how to be notified."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.accounts import notifications as verbs
from cases.core import limits
from cases.forms.notifications import NotificationChoicesForm
from cases.lifecycle.notification_texts import path
from cases.models import Notification
from cases.selectors import notifications as selectors
from cases.views.requests import PortalRequest


@require_safe
def notifications(request: PortalRequest) -> HttpResponse:
    """List what the person has not read, by case, and below it what they have."""
    unread = selectors.unread(request.user)
    context = {
        "unread": unread,
        "grouped": selectors.grouped_in_words(unread),
        "read": selectors.read(request.user),
        "newest": max((group.key for group in unread), default=0),
        "most": selectors.MAX_COUNTED,
    }
    return render(request, "cases/notifications/list.html", context)


@require_POST
def open_notification(request: PortalRequest, pk: int) -> HttpResponse:
    """Mark read what is told of that case, and go there. A link would change something by GET (docs/rules.md, 11)."""
    told = _visible(request, pk)
    verbs.mark_read(by=request.user, about=told)
    return redirect(path(told))


@require_POST
def read_notification(request: PortalRequest, pk: int) -> HttpResponse:
    """Mark read what is told of that case. With `these` the notifications with those keys instead, of many cases."""
    told = _visible(request, pk)
    if these := [int(key) for key in request.POST.getlist("these") if limits.is_key(key)]:
        verbs.mark_these_read(by=request.user, keys=these)
    else:
        verbs.mark_read(by=request.user, about=told)
    return redirect("notifications")


@require_POST
def read_all_notifications(request: PortalRequest) -> HttpResponse:
    """Mark read all up to the notification `upto`, the newest one of the page. 400 for anything else."""
    upto = request.POST.get("upto", "")
    if not limits.is_key(upto):
        return HttpResponse(status=400)
    verbs.mark_all_read(by=request.user, upto=int(upto))
    return redirect("notifications")


@require_http_methods(["GET", "HEAD", "POST"])
def notification_settings(request: PortalRequest) -> HttpResponse:
    """Let the person choose how to be notified of each kind."""
    form = NotificationChoicesForm(request.POST if request.method == "POST" else None, by=request.user)
    if form.is_bound and form.is_valid():
        verbs.choose(by=request.user, channels=form.cleaned_data)
        messages.success(request, _("Notification settings saved."))
        return redirect("notification_settings")
    context = {"form": form, "digest_time": settings.NOTIFICATION_DIGEST_TIME}
    return render(request, "cases/notifications/settings.html", context, status=400 if form.is_bound else 200)


def _visible(request: PortalRequest, pk: int) -> Notification:
    """Return the notification. Http404 where it is another person's, or they may no longer know of its case."""
    return get_object_or_404(selectors.visible_to(request.user), pk=pk)
