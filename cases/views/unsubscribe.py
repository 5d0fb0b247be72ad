"""The page of the link that stops emails. The signature in the link is the credential: no session, no CSRF token."""

from allauth.core.ratelimit import consume_or_429
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from cases.accounts.notifications import stop_emails
from cases.core import languages
from cases.delivery import unsubscribe as links
from cases.lifecycle.notification_kinds import KINDS, choice_label
from cases.models import User
from cases.views.decorators import secret_address

PAGE = "cases/notifications/unsubscribe.html"


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@secret_address
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask without changing anything (GET).

    Stop the emails (POST), for a person or their mail program. 404 for any other link. Every call shows the same: which
    emails they are, in their reader's language, and nothing else about anyone.
    """
    too_often: HttpResponse | None = consume_or_429(request, action="unsubscribe", limit_get=True)
    if too_often:
        return too_often
    wanted = links.read(token)
    reader = User.objects.filter(pk=wanted.person).first() if wanted else None
    if wanted is None or reader is None:
        return render(request, PAGE, {"is_unknown": True}, status=404)
    return _ask_or_stop(request, reader, wanted.kinds)


def _ask_or_stop(request: HttpRequest, reader: User, kinds: list[str]) -> HttpResponse:
    is_done = request.method == "POST"
    if is_done:
        stop_emails(person=reader.pk, kinds=kinds)
    with translation.override(languages.chosen_by(reader) or translation.get_language()):
        named = [choice_label(kind, reader) for kind in KINDS if kind in kinds]
        answer = render(request, PAGE, {"is_done": is_done, "kinds": named})
        answer["Content-Language"] = translation.get_language()
    return answer
